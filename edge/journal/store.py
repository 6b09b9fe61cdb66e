"""Durable, hash-chained append and replay on SQLite (WAL, synchronous=FULL).

``append`` returns when the row is on the disk: only then may a screen, a light or a printer show
it. The file has one writer, the station; the uplink and the verifier read it.

Hash of a row = SHA-256(hash of the row before ‖ canonical row), where the canonical row is the
UTF-8 JSON array ``[seq, at, mono, boot, trusted, kind, dossier, body]`` with ``body`` as the very
text that is stored. The first row is chained to ``genesis(station)``.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.journal.events import AnyBody, Event

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

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(AnyBody).decode

Row = tuple[int, int, int, str, int, str, str | None, str, bytes]


class JournalError(Exception):
    """The journal cannot be opened or written, or a body breaks the vocabulary's rules."""


def genesis(station: str) -> bytes:
    """Hash before the first row; binds the chain to its station."""
    return hashlib.sha256(f"tram journal 1 {station}".encode()).digest()


def row_hash(previous: bytes, row: Row | tuple[object, ...]) -> bytes:
    """SHA-256(previous ‖ canonical row); ``row`` in column order, its hash not looked at."""
    seq, at, mono, boot, trusted, kind, dossier, body = row[:8]
    canonical = _encode([seq, at, mono, boot, bool(trusted), kind, dossier, body])
    return hashlib.sha256(previous + canonical).digest()


def to_event(row: Row) -> Event:
    """Decode a row. Raises ``msgspec.ValidationError``/``DecodeError`` on a bad body."""
    seq, at, mono, boot, trusted, _kind, dossier, body, _hash = row
    return Event(seq, at, mono, boot, bool(trusted), dossier, _decode(body))


class Journal:
    """The writer. Open one per station; a second one on the same file is refused."""

    def __init__(self, path: Path, station: str, clock: Clock) -> None:
        """Open or create. Raises ``JournalError`` when it belongs to another station."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._clock = clock
        created = not path.exists()
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            owner = self._db.execute("SELECT code FROM station").fetchone()
            if owner is None:
                self._db.execute("INSERT INTO station VALUES (?)", (station,))
            elif owner[0] != station:
                raise JournalError(f"{path} belongs to station {owner[0]}, not to {station}")
            last: tuple[int, bytes] | None = self._db.execute(
                "SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        except sqlite3.DatabaseError as error:
            raise JournalError(f"{path} cannot be read: {error}") from error
        self.seq: int = last[0] if last else 0
        self.hash: bytes = last[1] if last else genesis(station)
        if created:
            os.chmod(path, 0o600)
            _sync_folder(path.parent)

    def append(self, *bodies: AnyBody, dossier: str | None = None) -> list[Event]:
        """Append all ``bodies`` in one durable transaction; all of them or none.

        Raises ``JournalError`` when a body breaks the vocabulary (a name, a long number) or the
        disk refuses; nothing is written then.
        """
        at, mono = self._clock.now_ms(), self._clock.mono_ms()
        boot, trusted = self._clock.boot, self._clock.trusted()
        seq, chain = self.seq, self.hash
        rows, events = [], []
        for body in bodies:
            seq += 1
            text = _encode(body)
            try:
                checked = _decode(text)
            except msgspec.ValidationError as error:
                kind = type(body).__struct_config__.tag
                raise JournalError(f"{kind} breaks the vocabulary: {error}") from error
            kind = type(body).__struct_config__.tag
            row = (seq, at, mono, boot, int(trusted), kind, dossier, text.decode())
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
            raise JournalError(f"{self.path} cannot be written: {error}") from error
        self.seq, self.hash = seq, chain
        return events

    def replay(self) -> Iterator[Event]:
        """All events in order."""
        yield from map(to_event, self._db.execute(f"SELECT {_COLUMNS} FROM event ORDER BY seq"))

    def close(self) -> None:
        self._db.close()


def read_rows(path: Path) -> Iterator[Row]:
    """Raw rows in order, read-only, while the station may be writing."""
    with _read_only(path) as db:
        yield from db.execute(f"SELECT {_COLUMNS} FROM event ORDER BY seq")


def read_events(path: Path) -> Iterator[Event]:
    """All events in order, read-only, while the station may be writing."""
    yield from map(to_event, read_rows(path))


def hash_at(path: Path, seq: int) -> str | None:
    """Hex hash of row ``seq``, or None when there is no such row."""
    with _read_only(path) as db:
        row = db.execute("SELECT hash FROM event WHERE seq = ?", (seq,)).fetchone()
    return row[0].hex() if row else None


def station_of(path: Path) -> str:
    """Code of the station that owns the journal."""
    with _read_only(path) as db:
        owners: Sequence[tuple[str]] = db.execute("SELECT code FROM station").fetchall()
    if len(owners) != 1:
        raise JournalError(f"{path} does not say whose it is")
    return owners[0][0]


@contextmanager
def _read_only(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise JournalError(f"{path} does not exist")
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        yield db
    finally:
        db.close()


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
