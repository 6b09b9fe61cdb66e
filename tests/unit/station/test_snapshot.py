"""The snapshot gives the state that the journal folds into, or is not used at all."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path

import msgspec
import pytest

from controller.policy import CapturePolicy
from controller.snapshot import restore
from controller.state import State, fold
from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SteppedClock
from tests.unit.station.hand_made import HandMade

POLICY = CapturePolicy()


def lived_in() -> HandMade:
    """A booth with something in every corner of its state."""
    booth = HandMade()
    booth.record(e.GroupScheduled("G1", booth.today, 600, 40), e.UnlockFailed(1, 0))
    booth.record(e.LidChanged(True, "0a0b0c0d", 3))
    for number in range(4):
        ticket = booth.ticket()
        booth.record(e.TicketCalled(ticket, booth.today, 1))
        booth.clock.advance(30)
        new = booth.open(ticket)
        booth.clock.advance(5)
        booth.record(e.DeviceTaken(e.Device.FINGERPRINT), dossier=new)
        booth.clock.advance(40)
        booth.record(e.DeviceReleased(e.Device.FINGERPRINT), dossier=new)
        booth.finish(new, f"{number:064x}")
    half = booth.open(booth.ticket(e.TicketKind.PRIORITY))
    booth.identify(half, "d" * 64)
    low = e.FingerProblem.LOW_QUALITY
    booth.record(e.FingerRejected(e.Position.LEFT_RING, low, 30, "e" * 64), dossier=half)
    booth.record(e.PortraitTaken("f" * 64, 80, 4, e.ForcedReason.MEDICAL), dossier=half)
    booth.record(e.DeviceTaken(e.Device.CAMERA), dossier=half)
    booth.clock.advance(10)
    booth.record(
        e.TicketNumbered(
            7, booth.today, e.TicketKind.WALK_IN, e.TicketSource.BUTTON, 1, 2, None, "0a0b0c0d", 9
        ),
        e.PrintRequested(e.Paper.TICKET, 7, booth.today),
    )
    return booth


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    journal = Journal(tmp_path / "journal.db", "TH0417", SteppedClock())
    for event in lived_in().events:
        journal.append(event.body, dossier=event.dossier)
    return journal


def restored(journal: Journal, path: Path, policy: CapturePolicy = POLICY) -> State:
    """Often enough taken that short journals show it."""
    return restore(journal, path, policy, tail=5)


def test_the_state_comes_back_to_the_last_detail(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "state.snapshot"
    folded = fold(journal.replay(), POLICY)
    assert restored(journal, path) == folded  # takes it
    assert path.stat().st_mode & 0o077 == 0
    again = restored(journal, path)  # uses it
    assert again == folded
    assert again.arrival_s.maxlen == folded.arrival_s.maxlen


def test_the_rows_behind_it_are_folded(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "state.snapshot"
    restored(journal, path)
    taken = path.read_bytes()
    journal.append(e.DossierAbandoned(e.AbandonReason.LEFT), dossier="TH0417-000005-9")
    assert restored(journal, path) == fold(journal.replay(), POLICY)
    assert path.read_bytes() == taken  # not worth another yet
    for _ in range(6):
        journal.append(e.LidChanged(False, "0a0b0c0d", journal.seq))
    assert restored(journal, path) == fold(journal.replay(), POLICY)
    assert path.read_bytes() != taken


def test_only_the_rows_behind_it_are_read(journal: Journal, tmp_path: Path) -> None:
    """Shown on a row that no longer decodes: with the snapshot it does not matter."""
    path = tmp_path / "state.snapshot"
    whole = restored(journal, path)
    with sqlite3.connect(journal.path) as db:
        db.execute("UPDATE event SET body = '{}' WHERE seq = 2")
    db.close()
    assert restored(journal, path) == whole


@pytest.mark.parametrize("cut", [0, 10, 32, 200, -1])
def test_a_damaged_one_is_passed_over(journal: Journal, tmp_path: Path, cut: int) -> None:
    path = tmp_path / "state.snapshot"
    folded = restored(journal, path)
    path.write_bytes(path.read_bytes()[:cut])
    assert restored(journal, path) == folded


def test_one_of_another_journal_is_passed_over(journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other" / "journal.db", "TH0418", SteppedClock())
    other.append(*[e.OperatorUnlocked("OP1")] * journal.seq)
    path = tmp_path / "state.snapshot"
    restored(other, path)
    assert restored(journal, path) == fold(journal.replay(), POLICY)
    other.close()


def test_one_ahead_of_the_journal_is_passed_over(journal: Journal, tmp_path: Path) -> None:
    """The journal was put back to an older copy."""
    path = tmp_path / "state.snapshot"
    restored(journal, path)
    with sqlite3.connect(journal.path) as db:
        db.execute("DELETE FROM event WHERE seq > 20")
    db.close()
    assert restored(journal, path) == fold(journal.replay(), POLICY)


def test_one_by_another_policy_is_passed_over(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "state.snapshot"
    restored(journal, path)
    short = CapturePolicy(finger_order=POLICY.finger_order[:2])
    assert restored(journal, path, short) == fold(journal.replay(), short)


def test_one_by_another_program_is_passed_over(journal: Journal, tmp_path: Path) -> None:
    path = tmp_path / "state.snapshot"
    restored(journal, path)
    older = msgspec.msgpack.decode(path.read_bytes()[32:])
    older["program"] = "0" * 64
    older["state"]["last_dossier"] = 77
    content = msgspec.msgpack.encode(older)
    path.write_bytes(hashlib.sha256(content).digest() + content)
    assert restored(journal, path) == fold(journal.replay(), POLICY)


def test_a_disk_that_refuses_it_stops_nothing(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "state.snapshot"
    assert restored(journal, path) == fold(journal.replay(), POLICY)
