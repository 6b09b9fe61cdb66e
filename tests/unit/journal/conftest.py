"""A journal with a few rows of several kinds, as every test of this folder starts from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SteppedClock
from tests.unit.journal.journal_rows import DOSSIER, STATION


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def journal(tmp_path: Path, clock: SteppedClock) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db", STATION, clock)
    yield opened
    opened.close()


@pytest.fixture
def written(tmp_path: Path, clock: SteppedClock) -> Path:
    """A closed journal of ten rows."""
    journal = Journal(tmp_path / "journal.db", STATION, clock)
    journal.append(e.StationStarted("0.1.0"), e.OperatorUnlocked("OP1"))
    for number in range(1, 5):
        clock.advance(30)
        journal.append(
            e.TicketNumbered(number, 20261122, e.TicketKind.WALK_IN, e.TicketSource.BUTTON, 0, 0),
            e.PrintRequested(e.Paper.TICKET, number, 20261122),
            dossier=DOSSIER if number % 2 else None,
        )
    journal.close()
    return journal.path
