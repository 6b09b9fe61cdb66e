"""Commands of the region on their way to the station: rows the edge writes and the station reads.

The mailbox is a table of ``edge.db``. The edge has verified the signature before it puts a command
in; the station reads without ever writing, judges expiry and role by ``verdict`` when it gets to
it, runs it once and answers in its journal. If the uplink is not there, the mailbox is empty.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.journal.terms import CommandOutcome
from edge.report.orders import Command, Signed, allowed
from ground.decode import Malformed, from_msgpack

log = logging.getLogger("tram.mailbox")

SCHEMA = """
CREATE TABLE IF NOT EXISTS command (
    row         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT    NOT NULL UNIQUE,
    wire        BLOB    NOT NULL,
    expires_at  INTEGER NOT NULL,
    received_at INTEGER NOT NULL
);
"""
KEPT_MS = 90 * 86_400_000
"""How long after its expiry a command's id is remembered. A replay after that is expired."""

_signed = from_msgpack(Signed)
_command = from_msgpack(Command)


def verdict(command: Command, now_ms: int) -> CommandOutcome | None:
    """Why ``command`` must not be run at ``now_ms`` (wall time), or None: run it."""
    if not allowed(command):
        return CommandOutcome.NOT_ALLOWED
    if now_ms > command.expires_at:
        return CommandOutcome.EXPIRED
    return None


class Mailbox:
    """The edge's end. ``db`` is the open ``edge.db``, autocommitting."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, command: Command, wire: bytes, now_ms: int) -> bool:
        """Keep a verified command. False: it is known already, and must not be run again.

        Raises ``sqlite3.Error`` when the disk refuses; the command is not known then.
        """
        self._db.execute(
            "DELETE FROM command WHERE max(expires_at, received_at) < ?", (now_ms - KEPT_MS,)
        )
        done = self._db.execute(
            "INSERT OR IGNORE INTO command (id, wire, expires_at, received_at) VALUES (?, ?, ?, ?)",
            (command.id, wire, command.expires_at, now_ms),
        )
        return done.rowcount == 1


def read(path: Path, after_row: int = 0) -> list[tuple[int, Command]]:
    """Commands behind row ``after_row`` of the mailbox in the ``edge.db`` at ``path``, in order.

    Empty when there is no ``edge.db``, when it cannot be read now, or when it holds no command that
    this version understands. The station remembers in its journal which ids it has run.
    """
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            rows = db.execute(
                "SELECT row, wire FROM command WHERE row > ? ORDER BY row", (after_row,)
            ).fetchall()
    except sqlite3.Error as error:
        log.debug("the mailbox cannot be read now: %s", error)
        return []
    found = []
    for row, wire in rows:
        try:
            found.append((int(row), _command(_signed(wire).command)))
        except Malformed:
            log.debug("row %d of the mailbox is of a newer vocabulary", row)
    return found
