"""Why the journal could not be opened, read or written, and what the operator does about it.

A step that the journal refuses has not happened.
"""

from __future__ import annotations

import sqlite3

from ground.error import TramError
from ground.text import N_

_OF_THE_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
"""Primary result codes (https://www.sqlite.org/rescode.html) that tell of the disk."""


FULL = N_(
    "The station's disk is full: the last step was not recorded and has not happened. Stop here, "
    "call a technician to free space, and then do the step again."
)
REFUSED = N_(
    "The station's disk refuses to store: the last step was not recorded and has not happened. "
    "Stop here and call a technician; what was recorded before is safe."
)
DAMAGED = N_(
    "The station's journal cannot be read. Call a technician: “tram journal verify” names the "
    "first bad row. Do not delete the file."
)
BUSY = N_("Another program writes the station's journal. Stop it first.")
FOREIGN = N_(
    "This journal belongs to station {owner}, not to {station}. Put the right disk in, or correct "
    "the station's code in its configuration. If it is of a trial only, discard it: sudo -u tram "
    "/opt/tram/.venv/bin/tram journal discard {path}"
)
MISSING = N_("There is no journal at {path}. Check the path.")
UNBEGUN = N_(
    "The journal at {path} holds no row yet: the station was stopped before it wrote one. Start "
    "the station; if it had worked here before, call a technician."
)
UNTOLD = N_(
    "The station's program tried to record something that its journal must never hold; nothing "
    "was recorded. Call a technician."
)


UNREADABLE = (sqlite3.Error, UnicodeError)
"""What SQLite raises for a bad file; its message may quote damaged bytes that are no text."""


class JournalError(TramError):
    """The journal cannot be opened, read or written, or a body breaks the vocabulary's rules."""

    about = "journal"

    def __init__(self, log_text: str, advice: str = DAMAGED, **params: object) -> None:
        super().__init__(log_text, advice, **params)


class DiskRefuses(JournalError):
    """Because the disk is full, read-only or broken: a later try may be accepted."""


def unwritten(path: object, error: sqlite3.Error) -> JournalError:
    """The disk said no to a row."""
    log_text = f"{path} cannot be written: {error}"
    if primary_code(error) == sqlite3.SQLITE_BUSY:
        return JournalError(log_text, BUSY)
    full = primary_code(error) == sqlite3.SQLITE_FULL
    return DiskRefuses(log_text, FULL if full else REFUSED)


def unreadable(path: object, error: Exception) -> JournalError:
    """The file is no journal, is damaged, or may not be read."""
    log_text = f"{path} cannot be read: {error}"
    if primary_code(error) in _OF_THE_DISK:
        return DiskRefuses(log_text, REFUSED)
    return JournalError(log_text, DAMAGED)


def primary_code(error: Exception) -> int:
    """Low byte of SQLite's (extended) result code, 0 when the error does not come from SQLite."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
