"""What the uplink remembers: ``edge.db`` (SQLite, WAL, synchronous=FULL), written by it alone.

bdSeq, the newest acknowledged fact with the fold's state right behind it, the commands it knows,
the ring of health samples. Every method is one transaction, so the file is good at any crash. If
the file is lost or damaged nothing else is: the region says what it holds, and the journal has all
facts.
"""

from __future__ import annotations

import fcntl
import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from edge import mailbox, standing
from ground.error import TramError
from ground.text import N_

log = logging.getLogger("tram.edge")

_SCHEMA = (
    mailbox.SCHEMA
    + standing.SCHEMA
    + """
CREATE TABLE IF NOT EXISTS session (one INTEGER PRIMARY KEY CHECK (one = 1), bd_seq INTEGER);
CREATE TABLE IF NOT EXISTS watermark (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    epoch    TEXT    NOT NULL,
    through  INTEGER NOT NULL,
    snapshot BLOB    NOT NULL
);
CREATE TABLE IF NOT EXISTS health (
    row     INTEGER PRIMARY KEY,
    boot    TEXT    NOT NULL,
    mono    INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    trusted INTEGER NOT NULL,
    tier    INTEGER NOT NULL DEFAULT 0,
    body    BLOB    NOT NULL
);
CREATE TABLE IF NOT EXISTS dropped (one INTEGER PRIMARY KEY CHECK (one = 1), samples INTEGER);
"""
)

BD_SEQ_LAST = 255

ALREADY = N_("The uplink is running on {data} already. Stop it first.")


class EdgeBusy(TramError):
    """Another uplink has this folder: two would throw each other off the broker for ever."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"{data} has an uplink already", ALREADY, data=str(data))


@dataclass(frozen=True)
class Watermark:
    """The region has facts 1…``through`` of ``epoch``; ``snapshot``: the fold right behind them."""

    epoch: str
    through: int
    snapshot: bytes


class EdgeDb:
    """Open one per station. Raises ``EdgeBusy``, or ``OSError`` when the folder refuses."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = open(f"{path}.lock", "a")  # noqa: SIM115  (held for as long as we live)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise EdgeBusy(path.parent) from None
        try:
            self.db = _opened(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):  # the disk, not the file
                self._lock.close()
                raise OSError(error.sqlite_errorcode, str(error), str(path)) from None
            log.warning("edge.db is damaged and set aside (%s); asking the region instead", error)
            _set_aside(path)
            self.db = _opened(path)
        row = self.db.execute("SELECT bd_seq FROM session").fetchone()
        self._bd_seq: int = row[0] if row else -1

    def next_bd_seq(self) -> int:
        """The next session's bdSeq, on the disk before it is returned: 0, then one more, 255 → 0.

        A disk that refuses does not silence the booth: the number goes on in memory.
        """
        self._bd_seq = (self._bd_seq + 1) % (BD_SEQ_LAST + 1)
        try:
            self.db.execute("INSERT OR REPLACE INTO session VALUES (1, ?)", (self._bd_seq,))
        except sqlite3.Error as error:
            log.warning("bdSeq %d could not be stored: %s", self._bd_seq, error)
        return self._bd_seq

    def watermark(self) -> Watermark | None:
        """What was acknowledged; None: this uplink knows of nothing."""
        row = self.db.execute("SELECT epoch, through, snapshot FROM watermark").fetchone()
        return Watermark(*row) if row else None

    def acknowledge(self, mark: Watermark) -> None:
        """Remember ``mark``; the one before is forgotten. Raises ``sqlite3.Error``."""
        self.db.execute(
            "INSERT OR REPLACE INTO watermark VALUES (1, ?, ?, ?)",
            (mark.epoch, mark.through, mark.snapshot),
        )

    def close(self) -> None:
        self.db.close()
        self._lock.close()


def _opened(path: Path) -> sqlite3.Connection:
    new = not path.exists()
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    # One user at a time, but not always the same thread: a fleet connects its stations in several.
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check found damage")
        db.executescript(_SCHEMA)
        if new:
            # The station reads behind the row it knows: a new mailbox counts on behind an old one.
            db.execute("INSERT INTO sqlite_sequence VALUES ('command', ?)", (int(time.time()),))
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        file = Path(f"{path}{ending}")
        if file.exists():
            file.replace(f"{path}.damaged{ending}")
