"""Stations as programs of their own, killed while they obey the region."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from edge.journal import events as e
from edge.journal.store import JournalError, read_events
from tests.patience import CEILING_S

ROOT = Path(__file__).parents[3]


def answers(events: Iterable[e.Event]) -> list[tuple[str, e.CommandOutcome]]:
    """(command, outcome) of each answer, in order."""
    return [
        (event.body.command, event.body.outcome)
        for event in events
        if isinstance(event.body, e.CommandRun)
    ]


def killed_after(
    program: Sequence[str], journal: Path, count: int, until: Callable[[], bool] = lambda: True
) -> int:
    """Start a station, ``python`` with the arguments ``program``; SIGKILL it once ``count``
    commands are answered and ``until()``. How many are answered then."""
    with TemporaryFile("w+") as log:  # a pipe that nobody reads stops a station once it is full
        station = subprocess.Popen(
            [sys.executable, *program], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log
        )
        deadline = time.monotonic() + CEILING_S
        try:
            while (answered := _how_many(journal)) < count or not until():
                assert station.poll() is None, f"it ended by itself:\n{_all(log)}"
                assert time.monotonic() < deadline, f"{answered} of {count} commands were answered"
                time.sleep(0.001)
        finally:
            station.kill()
            station.wait()
        said = _all(log)
    assert "Traceback" not in said, said
    return _how_many(journal)


def _how_many(journal: Path) -> int:
    """Answers in the journal; none while it is being made."""
    try:
        return len(answers(read_events(journal)))
    except JournalError:
        return 0


def _all(log: IO[str]) -> str:
    log.seek(0)
    return log.read()
