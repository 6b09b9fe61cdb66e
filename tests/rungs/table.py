"""The table test × rung from the rungs' records: always the same for the same records."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tests.rungs import RUNGS
from tests.rungs.record import Outcome, Record

BY_TEST = ("tests/hil/", "tests/rp2040/", "tests/vm/", "tests/vm_cuts/", "tests/arm64/")
"""Suites whose tests have a row each; of others (the unit tests on arm64) each folder has one."""


def row_of(test: str) -> tuple[str, str]:
    """Heading and name of the row that ``test`` is counted in."""
    file, _, name = test.partition("::")
    if test.startswith(BY_TEST):
        return file, name.partition("[")[0].rpartition("::")[2]
    folder = "/".join(file.split("/")[:3]) if file.count("/") > 2 else file
    return "whole folders", folder


def cell(outcomes: Sequence[Outcome]) -> str:
    """``green``, with a count where it is of several; what is red is said first and loudly."""
    ran = [outcome for outcome in outcomes if outcome != "skipped"]
    if not outcomes:
        return ""
    if not ran:
        return "–"
    if red := ran.count("red"):
        return f"**red {red} of {len(ran)}**"
    return "green" if len(ran) == len(outcomes) == 1 else f"green {len(ran)} of {len(outcomes)}"


def table(records: Sequence[Record]) -> list[str]:
    """Lines of Markdown, a column for every rung. A test's order is that of its name."""
    rows: dict[tuple[str, str], dict[str, list[Outcome]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        for test, outcome in record.outcomes.items():
            rows[row_of(test)][record.rung].append(outcome)
    lines: list[str] = []
    heading = ""
    for (file, name), by_rung in sorted(rows.items()):
        if file != heading:
            heading = file
            lines += ["", f"### {file}", "", f"| test | {' | '.join(RUNGS)} |"]
            lines.append("|---|" + "---|" * len(RUNGS))
        cells = " | ".join(cell(by_rung[rung]) for rung in RUNGS)
        lines.append(f"| {name.removeprefix('test_').replace('_', ' ')} | {cells} |")
    return lines


def counts(records: Sequence[Record]) -> list[str]:
    """One line a rung: commit, and how many were green, red, skipped."""
    lines = ["| rung | commit | green | red | skipped |", "|---|---|---|---|---|"]
    for rung in RUNGS:
        for record in records:
            if record.rung == rung:
                found = list(record.outcomes.values())
                numbers = " | ".join(str(found.count(o)) for o in ("green", "red", "skipped"))
                lines.append(f"| {rung} | {record.commit} | {numbers} |")
        if all(record.rung != rung for record in records):
            lines.append(f"| {rung} | not run | | | |")
    return lines


def reasons(records: Sequence[Record]) -> list[str]:
    """Why tests were skipped, by rung, the reason that held most of them first."""
    lines = []
    for rung in RUNGS:
        number: dict[str, int] = defaultdict(int)
        for record in records:
            if record.rung == rung:
                for reason in record.reasons.values():
                    number[reason] += 1
        for reason, count in sorted(number.items(), key=lambda item: (-item[1], item[0])):
            lines.append(f"- {rung}: {count} × {reason}")
    return lines
