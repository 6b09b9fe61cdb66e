"""Durable, hash-chained append and replay on SQLite (WAL, synchronous=FULL).

``append`` returns when the row is on the disk: only then may a screen, a light or a printer show
it. The file has one writer, the station; the uplink and the verifier read it.

Hash of a row = SHA-256(hash of the row before ‖ canonical row), where the canonical row is the
UTF-8 JSON array ``[seq, at, mono, boot, trusted, kind, dossier, body]`` with ``body`` as the very
text that is stored. The first row is chained to ``genesis(station)``.

Durability of WAL commits: https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import msgspec

from edge.journal.error import (
    BUSY,
    FOREIGN,
    MISSING,
    REFUSED,
    UNBEGUN,
    UNREADABLE,
    UNTOLD,
    DiskRefuses,
    JournalError,
    unreadable,
    unwritten,
)
from edge.journal.events import Body, BootId, DossierId, Event
from edge.journal.kinds import decode
from ground.clock import Clock
from ground.decode import Malformed, convert

__all__ = [
    "Journal",
    "JournalError",
    "Row",
    "genesis",
    "hash_at",
    "held",
    "read_events",
    "read_rows",
]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS station (code TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    mono    INTEGER NOT NULL,
    boot    TEXT    NOT NULL,
    trusted INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    dossier TEXT,
    body    TEXT    NOT NULL,
    hash    BLOB    NOT NULL
);
"""
_COLUMNS = "seq, at, mono, boot, trusted, kind, dossier, body, hash"

_FIRST = -(2**63)
"""Below every seq, also those below 1 that only a tamperer writes."""
_EMPTY_PAGES = 3
"""The schema's own page and one for each table."""
_CHUNK = 500
"""Rows read at a time."""

_encode = msgspec.json.Encoder().encode

Row = tuple[int, int, int, str, int, str, str | None, str, bytes]

BAD_BODY = (Malformed, msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError)
"""What encoding or decoding something that is not of the vocabulary may raise."""


def genesis(station: str) -> bytes:
    """Hash before the first row; binds the chain to its station."""
    return hashlib.sha256(f"tram journal 1 {station}".encode()).digest()


def row_hash(previous: bytes, row: Row | tuple[object, ...]) -> bytes:
    """SHA-256(previous ‖ canonical row); ``row`` in column order, its hash not looked at."""
    seq, at, mono, boot, trusted, kind, dossier, body = row[:8]
    canonical = _encode([seq, at, mono, boot, bool(trusted), kind, dossier, body])
    return hashlib.sha256(previous + canonical).digest()


def to_event(row: Row) -> Event:
    """Decode a row. Raises one of ``BAD_BODY`` when its body is not of the vocabulary."""
    seq, at, mono, boot, trusted, _kind, dossier, body, _hash = row
    return Event(seq, at, mono, boot, bool(trusted), dossier, decode(body))


def check_ids(boot: object, dossier: object) -> None:
    """Raises ``Malformed`` when a column beside the body is no id."""
    convert((boot, dossier), tuple[BootId, DossierId | None])


class Journal:
    """The writer. Open one per station; a second one on the same file is refused."""

    def __init__(self, path: Path, station: str, clock: Clock) -> None:
        """Open or create. Raises ``JournalError``: in use, another station's, damaged, refused."""
        self.path = path
        self._clock = clock
        self._lock = _lock(path)
        try:
            self._db = sqlite3.connect(path, isolation_level=None)
            try:
                self.seq, self.hash = self._opened(station)
            except BaseException:
                self._db.close()
                raise
        except UNREADABLE as error:
            self._lock.close()
            raise unreadable(path, error) from error
        except BaseException:
            self._lock.close()
            raise
        _sync_folder(path.parent)

    def _opened(self, station: str) -> tuple[int, bytes]:
        """Seq and hash that the next row is chained to."""
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        owner = self._db.execute("SELECT code FROM station").fetchone()
        last: tuple[int, bytes] | None = self._db.execute(
            "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        if owner is None and last is None:
            self._db.execute("INSERT INTO station VALUES (?)", (station,))
        elif owner is None:
            raise JournalError(f"{self.path} does not say whose it is")
        elif owner[0] != station:
            raise JournalError(
                f"{self.path} belongs to station {owner[0]}, not to {station}",
                FOREIGN,
                owner=owner[0],
                station=station,
                path=self.path,
            )
        return last or (0, genesis(station))

    def append(self, *bodies: Body, dossier: str | None = None) -> list[Event]:
        """Append all ``bodies`` in one durable transaction; all of them or none.

        Raises ``JournalError`` when a body breaks the vocabulary (a name, a long number) or the
        disk refuses; nothing is written then, and the next append goes on from the row before.
        """
        at, mono = self._clock.now_ms(), self._clock.mono_ms()
        boot, trusted = self._clock.boot, self._clock.trusted()
        seq, chain = self.seq, self.hash
        rows, events = [], []
        for body in bodies:
            seq += 1
            kind, text, checked = _vouched(body, boot, dossier)
            row = (seq, at, mono, boot, int(trusted), kind, dossier, text)
            chain = row_hash(chain, row)
            rows.append((*row, chain))
            events.append(Event(seq, at, mono, boot, trusted, dossier, checked))
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany(
                    f"INSERT INTO event ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", rows
                )
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise unwritten(self.path, error) from error
        self.seq, self.hash = seq, chain
        return events

    def replay(self, after: int = _FIRST) -> Iterator[Event]:
        """Events behind row ``after`` in order. Raises ``JournalError`` naming a bad row."""
        return _decoded(self.path, _rows(self._db, self.path, after))

    def hash_at(self, seq: int) -> str | None:
        """Hex hash of row ``seq``, or None when there is no such row."""
        row = self._db.execute("SELECT hash FROM event WHERE seq = ?", (seq,)).fetchone()
        return row[0].hex() if row else None

    def close(self) -> None:
        self._db.close()
        self._lock.close()


def read_rows(path: Path, after: int = _FIRST) -> Iterator[Row]:
    """Raw rows behind row ``after`` in order, read-only, while the station may be writing.

    Ends behind the newest row: a reader that tails the journal calls again.
    """
    with _read_only(path) as db:
        yield from _rows(db, path, after)


def read_events(path: Path) -> Iterator[Event]:
    """All events in order, read-only, while the station may be writing."""
    return _decoded(path, read_rows(path))


def hash_at(path: Path, seq: int) -> str | None:
    """Hex hash of row ``seq``, or None when there is no such row."""
    with _read_only(path) as db:
        row = db.execute("SELECT hash FROM event WHERE seq = ?", (seq,)).fetchone()
    return row[0].hex() if row else None


def station_of(path: Path) -> str:
    """Code of the station that owns the journal."""
    with _read_only(path) as db:
        owners: list[tuple[str]] = db.execute("SELECT code FROM station").fetchall()
    if len(owners) != 1 or not isinstance(owners[0][0], str):
        raise JournalError(f"{path} does not say whose it is")
    return owners[0][0]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """No station opens the journal meanwhile. Raises ``JournalError`` when one has."""
    lock = _lock(path)
    try:
        yield
    finally:
        lock.close()


def _vouched(body: Body, boot: str, dossier: str | None) -> tuple[str, str, Body]:
    """(kind, text, body) as the journal will read them back, or JournalError.

    The values are personal data for all we know, so the error names their place alone.
    """
    kind = str(type(body).__struct_config__.tag) if isinstance(body, Body) else "body"
    try:
        check_ids(boot, dossier)
        text = _encode(body)
        return kind, text.decode(), decode(text)
    except BAD_BODY as error:
        place = (isinstance(error, Malformed) and error.place) or "its values"
    raise JournalError(f"{kind} breaks the vocabulary at {place}", UNTOLD)


def _decoded(path: Path, rows: Iterator[Row]) -> Iterator[Event]:
    for row in rows:
        try:
            event = to_event(row)
        except BAD_BODY:
            raise JournalError(f"{path}: row {row[0]} is not of the vocabulary") from None
        yield event


def _rows(db: sqlite3.Connection, path: Path, after: int = _FIRST) -> Iterator[Row]:
    """A chunk a query: a slow reader neither holds weeks of rows in memory nor keeps an old WAL
    snapshot open, which would keep the station's checkpoints from ending.
    https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files
    """
    query = f"SELECT {_COLUMNS} FROM event WHERE seq > ? ORDER BY seq LIMIT {_CHUNK}"
    while True:
        chunk: list[Row] = []
        try:
            chunk.extend(db.execute(query, (after,)))
        except UNREADABLE as error:
            yield from chunk  # the good ones before a damaged one
            raise unreadable(path, error) from error
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        if chunk[-1][0] <= after:
            raise JournalError(f"{path} is damaged: its rows are out of order")
        after = chunk[-1][0]


@contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise JournalError(f"{path} does not exist", MISSING, path=path)
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            if _is_unbegun(db):
                raise _unbegun(path)
            yield db
        finally:
            db.close()
    except UNREADABLE as error:
        # Only the making of the file, before its first row, is rolled back by a journal of its own
        # (later it is the WAL's), and only a writer may do so: the station's next start.
        # https://www.sqlite.org/rescode.html#readonly_rollback
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY_ROLLBACK:
            raise _unbegun(path) from error
        raise unreadable(path, error) from error


def _is_unbegun(db: sqlite3.Connection) -> bool:
    """The tables are made first, then the owner is entered, then the first row."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    owned = "station" in tables and db.execute("SELECT 1 FROM station").fetchone()
    used = "event" in tables and db.execute("SELECT 1 FROM event").fetchone()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    return not owned and not used and pages <= _EMPTY_PAGES


def _unbegun(path: Path) -> JournalError:
    """Killed between opening the file and the first row."""
    return JournalError(f"{path} holds no row yet", UNBEGUN, path=path)


def _lock(path: Path) -> IO[str]:
    """Keep other writers out for as long as this process lives (flock ends with it).

    A file of its own: SQLite's POSIX locks on the database would end with any close of it.
    https://www.sqlite.org/howtocorrupt.html (2.2)
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            lock = stack.enter_context(open(f"{path}.lock", "a", opener=_private))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            open(path, "a", opener=_private).close()
            stack.pop_all()
            return lock
    except BlockingIOError as error:
        raise JournalError(f"{path} has a writer already", BUSY) from error
    except OSError as error:
        raise DiskRefuses(f"{path} cannot be opened: {error.strerror}", REFUSED) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
