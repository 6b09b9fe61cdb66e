"""Append is durable and all-or-nothing; the chain goes on; one writer, many readers."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import sqlite3
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.journal.error import BUSY, DAMAGED, FOREIGN, FULL, REFUSED, UNBEGUN
from edge.journal.store import (
    Journal,
    JournalError,
    hash_at,
    read_events,
    read_rows,
    row_hash,
    station_of,
)
from edge.journal.verify import verify
from ground.clock import SteppedClock
from tests.unit.journal.journal_rows import DOSSIER, STATION, until_refused

TAKEN = e.DeviceTaken(e.Device.CAMERA)


def test_events_come_back_as_they_were_appended(journal: Journal, clock: SteppedClock) -> None:
    clock.is_trusted = False
    appended = journal.append(e.OperatorUnlocked("OP1"), TAKEN, dossier=DOSSIER)
    assert [event.seq for event in appended] == [1, 2]
    assert appended[1].dossier == DOSSIER
    assert not appended[1].trusted
    assert list(journal.replay()) == appended
    assert list(read_events(journal.path)) == appended
    assert list(journal.replay(after=1)) == appended[1:]


def test_every_row_is_chained_to_the_one_before(journal: Journal) -> None:
    for _ in range(5):
        journal.append(TAKEN, e.DeviceReleased(e.Device.CAMERA), dossier=DOSSIER)
    rows = list(read_rows(journal.path))
    assert [row[0] for row in rows] == list(range(1, 11))
    for before, row in itertools.pairwise(rows):
        assert row[8] == row_hash(before[8], row)
    assert journal.hash == rows[-1][8]
    assert hash_at(journal.path, 10) == journal.hash_at(10) == journal.hash.hex()
    assert hash_at(journal.path, 11) is journal.hash_at(11) is None
    assert verify(journal.path).rows == 10


def test_an_opened_again_journal_goes_on_where_it_was(written: Path, clock: SteppedClock) -> None:
    journal = Journal(written, STATION, clock)
    (event,) = journal.append(TAKEN, dossier=DOSSIER)
    journal.close()
    assert event.seq == 11
    assert verify(written).bad_row is None


def test_an_append_is_on_the_disk_when_it_returns(journal: Journal) -> None:
    assert journal._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_one_bad_body_keeps_all_of_its_transaction_out(journal: Journal) -> None:
    journal.append(TAKEN)
    with pytest.raises(JournalError):
        journal.append(TAKEN, e.OperatorUnlocked("Nguyễn Văn An"), TAKEN)
    assert journal.seq == 1
    (event,) = journal.append(TAKEN)
    assert event.seq == 2
    assert verify(journal.path).rows == 2


def test_a_second_writer_is_refused_and_the_first_goes_on(journal: Journal) -> None:
    for _ in range(2):
        with pytest.raises(JournalError) as refused:
            Journal(journal.path, STATION, SteppedClock())
        assert refused.value.advice == BUSY
    journal.append(TAKEN)
    assert verify(journal.path).rows == 1


def test_the_lock_ends_with_the_writer(journal: Journal) -> None:
    journal.close()
    Journal(journal.path, STATION, SteppedClock()).close()


def test_another_stations_journal_is_refused(written: Path) -> None:
    for _ in range(2):  # and the refusal leaves nothing locked behind
        with pytest.raises(JournalError) as refused:
            Journal(written, "HN0001", SteppedClock())
        assert refused.value.advice == FOREIGN
        assert refused.value.params == {
            "owner": STATION,
            "station": "HN0001",
            "path": written,
        }
    assert station_of(written) == STATION


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database, but somebody's holiday pictures" * 100)
    before = path.read_bytes()
    with pytest.raises(JournalError) as refused:
        Journal(path, STATION, SteppedClock())
    assert refused.value.advice == DAMAGED
    assert path.read_bytes() == before
    with pytest.raises(JournalError):
        list(read_events(path))


def test_rows_whose_owner_was_erased_are_not_adopted(written: Path) -> None:
    with sqlite3.connect(written) as db:
        db.execute("DELETE FROM station")
    db.close()
    with pytest.raises(JournalError):
        Journal(written, STATION, SteppedClock())


def test_a_folder_that_cannot_be_written_is_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError) as refused:
        Journal(tmp_path / "file" / "journal.db", STATION, SteppedClock())
    assert refused.value.advice == REFUSED


def test_a_power_cut_while_the_file_is_made_leaves_a_journal_without_rows(
    tmp_path: Path, clock: SteppedClock
) -> None:
    """SQLite then owes a rollback that only a writer may do: readers wait for the station."""
    making = sqlite3.connect(tmp_path / "making.db", isolation_level=None)
    making.executescript("PRAGMA cache_size=1; CREATE TABLE station (code TEXT NOT NULL); BEGIN")
    making.executemany("INSERT INTO station VALUES (?)", [("x" * 4000,)] * 20)
    for ending in ("", "-journal"):  # what the disk holds at this very moment
        shutil.copy(tmp_path / f"making.db{ending}", tmp_path / f"journal.db{ending}")
    making.close()
    path = tmp_path / "journal.db"

    with pytest.raises(JournalError) as refused:
        list(read_rows(path))
    assert refused.value.advice == UNBEGUN
    assert verify(path).bad_row is None
    journal = Journal(path, STATION, clock)
    journal.append(TAKEN)
    journal.close()
    assert verify(path).rows == 1


def test_nobody_else_may_read_the_files(journal: Journal) -> None:
    journal.append(TAKEN)
    for file in journal.path.parent.glob("journal.db*"):
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    path = tmp_path / "đĩa #1?mode=rw%20" / "journal.db"
    journal = Journal(path, STATION, SteppedClock())
    journal.append(TAKEN)
    assert verify(path).rows == 1
    journal.close()


def test_a_replay_names_the_row_that_is_not_of_the_vocabulary(written: Path) -> None:
    with sqlite3.connect(written) as db:
        db.execute("""UPDATE event SET body = '{"kind":"nothing"}' WHERE seq = 4""")
    db.close()
    with pytest.raises(JournalError, match="row 4"):
        list(read_events(written))


def test_a_full_disk_is_told_and_the_journal_goes_on_when_there_is_room(
    journal: Journal,
) -> None:
    """The kernel's limit on file size stands for the full disk: SQLite gets a short write."""
    journal.append(TAKEN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = os.path.getsize(f"{journal.path}-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10_000, hard))
    try:
        refused = until_refused(journal, TAKEN, TAKEN)
        written = journal.seq
        with pytest.raises(JournalError):
            journal.append(TAKEN)
        assert journal.seq == written
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refused.advice in (FULL, REFUSED)
    (event,) = journal.append(TAKEN)
    assert event.seq == written + 1
    verdict = verify(journal.path)
    assert (verdict.rows, verdict.bad_row) == (written + 1, None)
