"""What the uplink remembers: over restarts, damage and a full disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from edge.uplink.db import EdgeBusy, EdgeDb, Watermark


def test_bd_seq_begins_at_zero_and_goes_round(tmp_path: Path) -> None:
    db = EdgeDb(tmp_path / "edge.db")
    assert [db.next_bd_seq() for _ in range(258)] == [*range(256), 0, 1]
    db.close()
    again = EdgeDb(tmp_path / "edge.db")
    assert again.next_bd_seq() == 2
    again.close()


def test_a_second_uplink_is_refused(tmp_path: Path) -> None:
    first = EdgeDb(tmp_path / "edge.db")
    with pytest.raises(EdgeBusy):
        EdgeDb(tmp_path / "edge.db")
    first.close()
    EdgeDb(tmp_path / "edge.db").close()


@pytest.mark.parametrize("damage", [b"", b"no database " * 400])
def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "edge.db"
    path.write_bytes(damage)
    db = EdgeDb(path)
    assert db.watermark() is None
    db.acknowledge(Watermark("0a1b2c3d", 7, b"state"))
    db.close()
    again = EdgeDb(path)
    assert again.watermark() == Watermark("0a1b2c3d", 7, b"state")
    again.close()


def test_a_full_disk_costs_the_booth_no_session(tmp_path: Path) -> None:
    db = EdgeDb(tmp_path / "edge.db")
    assert db.next_bd_seq() == 0
    pages = db.db.execute("PRAGMA page_count").fetchone()[0]
    db.db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        db.acknowledge(Watermark("0a1b2c3d", 7, b"x" * 100_000))
    assert db.next_bd_seq() == 1
    db.db.execute("PRAGMA max_page_count=100000")
    db.acknowledge(Watermark("0a1b2c3d", 7, b"x" * 100_000))
    db.close()
