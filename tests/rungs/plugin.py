"""The run's side: pytest's reports become records, and the summary says what is green where."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace

import pytest

from tests.hil.rig import RigError, load
from tests.rungs import RUNGS
from tests.rungs.record import FOLDER, Outcome, Record, add, commit, path_of, rung_of


class Recorder:
    """Registered where reports arrive: in a run of several processes, in the first one alone."""

    def __init__(self, config: pytest.Config) -> None:
        self._rig = self._kind = self._commit = ""
        with contextlib.suppress(
            RigError
        ):  # the fixture that opens the rig says so, and ends the run
            rig = load(config.getoption("rig"))
            self._rig, self._kind = rig.name, str(rig.kind)
        self._records: dict[str, Record] = {}

    def pytest_sessionstart(self) -> None:
        self._commit = commit()  # of what is loaded; the tree may move on meanwhile

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        rung = rung_of(report.nodeid, self._rig, self._kind)
        if not rung:
            return
        record = self._records.setdefault(rung, Record(rung, ""))
        if (outcome := _outcome(report)) is not None and (
            outcome != "green" or report.nodeid not in record.outcomes
        ):
            record.outcomes[report.nodeid] = outcome
            if outcome == "skipped" and isinstance(report.longrepr, tuple):
                reason = report.longrepr[2].removeprefix("Skipped: ")
                record.reasons[report.nodeid] = reason.replace(f" {self._rig} ", " ")

    def pytest_sessionfinish(self) -> None:
        for record in self._records.values():
            add(replace(record, commit=self._commit))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """How many of this run's tests are green on which rungs; with -v each of them."""
        tests = sorted({test for record in self._records.values() for test in record.outcomes})
        if not tests:
            return
        now = self._commit
        green: dict[str, list[str]] = {test: [] for test in tests}
        for rung in RUNGS:
            if (path := path_of(rung)).exists() and (known := Record.read(path)).commit == now:
                for test in tests:
                    if known.outcomes.get(test) == "green":
                        green[test].append(rung)
        sets = Counter(", ".join(rungs) or "no rung yet" for rungs in green.values())
        for rungs, count in sorted(sets.items()):
            terminalreporter.write_line(f"green on {rungs}: {count} tests")
        if terminalreporter.verbosity > 0:
            for test in tests:
                terminalreporter.write_line(f"  {test}: {', '.join(green[test]) or 'no rung yet'}")
        terminalreporter.write_line(f"rungs at {now}: {FOLDER.relative_to(FOLDER.parents[1])}")


def _outcome(report: pytest.TestReport) -> Outcome | None:
    """None for what says nothing: a set-up or an end that went well."""
    if report.failed:
        return "red"
    if report.skipped:
        return "skipped"
    return "green" if report.when == "call" else None
