"""What a screen has shown is compared with a journal written by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SteppedClock
from tests.vm_cuts.witness import what_was_told_is_there

DAY = 20260301
DOSSIER = "QT0001-000001"


def journal(data: Path, tickets: int) -> None:
    """So many people have a number."""
    written = Journal(data / "journal.db", "QT0001", SteppedClock())
    for number in range(1, tickets + 1):
        numbered = e.TicketNumbered(
            number, DAY, e.TicketKind.WALK_IN, e.TicketSource.CONSOLE, ahead=0, wait_s=0
        )
        written.append(numbered)
        written.append(e.TicketIssued(number, DAY, e.IssuedHow.HANDED))
    written.close()


def waiting(*numbers: int) -> dict[str, object]:
    return {"dossiers": {}, "waiting": list(numbers)}


def test_a_journal_that_went_through_every_state_shown_has_lost_nothing(tmp_path: Path) -> None:
    journal(tmp_path, 3)
    what_was_told_is_there(tmp_path, [waiting(), waiting(1), waiting(1), waiting(1, 2, 3)])


def test_a_state_behind_the_journals_end_is_lost(tmp_path: Path) -> None:
    journal(tmp_path, 2)
    with pytest.raises(AssertionError, match="screen 1 of 2"):
        what_was_told_is_there(tmp_path, [waiting(1, 2), waiting(1, 2, 3)])


def test_states_in_another_order_are_not_what_was_shown(tmp_path: Path) -> None:
    journal(tmp_path, 2)
    with pytest.raises(AssertionError, match="screen 1 of 2"):
        what_was_told_is_there(tmp_path, [waiting(1, 2), waiting(1)])


def test_a_screen_that_had_nobody_yet_needs_no_journal(tmp_path: Path) -> None:
    what_was_told_is_there(tmp_path, [waiting()])
    with pytest.raises(AssertionError):
        what_was_told_is_there(tmp_path, [waiting(1)])
