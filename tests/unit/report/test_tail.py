"""Reading behind a known row while the station writes: real journals, real writers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.journal.store import Journal, JournalError, read_rows
from edge.report.fold import Fold
from ground.clock import SteppedClock
from tests.unit.report.station_days import STATION, ZONE, Diced, folded, rows_of

MANY = 1_200
"""More than two chunks."""


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db", STATION, SteppedClock())
    yield opened
    opened.close()


def write(journal: Journal, rows: int) -> None:
    journal.append(*[e.RosterLoaded(n) for n in range(rows)])


def test_rows_of_a_real_journal_fold(journal: Journal) -> None:
    booth = Diced(7).run(300)
    for event in booth.events:
        journal.append(event.body, dossier=event.dossier)
    fold = Fold(STATION, ZONE)
    told = folded(read_rows(journal.path), fold)
    assert fold.seq == len(booth.events)
    assert fold.row_hash == journal.hash
    assert told[0][1].first == 1


def test_a_booth_made_by_hand_has_the_rows_that_a_real_journal_writes(journal: Journal) -> None:
    journal.append(e.StationStarted("0.1.0"), e.TicketNoShow(1, 20251010))
    made = list(journal.replay())
    assert rows_of(made) == list(read_rows(journal.path))


@pytest.mark.parametrize("after", [0, 1, 499, 500, 501, 1_000, MANY - 1, MANY, MANY + 5])
def test_rows_behind_a_row_come_in_order_over_all_chunks(journal: Journal, after: int) -> None:
    write(journal, MANY)
    assert [row[0] for row in read_rows(journal.path, after)] == list(range(after + 1, MANY + 1))


@pytest.mark.parametrize("rows", [499, 500, 501, 1_000])
def test_no_row_is_lost_or_doubled_at_the_end_of_a_chunk(journal: Journal, rows: int) -> None:
    write(journal, rows)
    assert [row[0] for row in read_rows(journal.path)] == list(range(1, rows + 1))


def test_rows_written_while_a_reader_is_half_way_come_in_their_turn(journal: Journal) -> None:
    write(journal, MANY)
    reader = read_rows(journal.path)
    first = [next(reader) for _ in range(700)]
    write(journal, 100)
    rest = list(reader)
    assert [row[0] for row in first + rest] == list(range(1, MANY + 101))


def test_a_reader_that_pauses_keeps_no_old_snapshot_open(journal: Journal) -> None:
    """Whoever does one keeps the station's write-ahead log from being reset: it grows for ever."""
    write(journal, MANY)
    reader = read_rows(journal.path)
    next(reader)
    write(journal, 10)
    with sqlite3.connect(journal.path) as other:
        busy, logged, checkpointed = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    other.close()
    assert (busy, logged, checkpointed) == (0, 0, 0)
    assert len(list(reader)) == MANY + 10 - 1


def test_a_tail_that_calls_again_gets_what_was_written_since(journal: Journal) -> None:
    fold = Fold(STATION, ZONE)
    for written in (3, 0, 700, 1):
        if written:
            write(journal, written)
        folded(read_rows(journal.path, fold.seq), fold)
        assert fold.seq == journal.seq
    assert fold.row_hash == journal.hash


def test_a_damaged_file_whose_rows_go_round_in_a_circle_does_not_hold_a_reader_for_ever(
    journal: Journal,
) -> None:
    """Row 1,000, the last of a chunk, says it were row 500: asked for what is behind it, SQLite
    would give the same chunk again and again."""
    write(journal, MANY)
    path, (row,) = journal.path, [row for row in read_rows(journal.path, 999) if row[0] == 1_000]
    journal.close()
    content = bytearray(path.read_bytes())
    # A cell of a table leaf: payload size, rowid as a varint, columns, the hash last.
    # https://www.sqlite.org/fileformat2.html#b_tree_pages
    rowid = content.rfind(b"\x87\x68", 0, content.find(row[8]))
    content[rowid : rowid + 2] = b"\x83\x74"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="out of order"):
        list(islice(read_rows(path), 5 * MANY))
