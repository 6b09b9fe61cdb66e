"""Why the store cannot be written: the database's own words, and what to do.

Logged when it begins, when the reason changes, and then rarely: one line a second would bury what
a person has to read. SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html;
SQLite: https://www.sqlite.org/rescode.html
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from sqlalchemy.exc import DBAPIError

from ground.error import TramError
from ground.text import N_, text

REMIND_S = 600.0
"""The same reason again after so long."""
_MAX = 300
"""Signs of the database's own words."""

NOT_REACHED = N_(
    "The database's server is not reached: see that it runs (systemctl status postgresql), and "
    "that db names its address and port."
)
NOT_LET_IN = N_(
    "The database's server does not let this user in: correct user and password in db, or let the "
    "user in by pg_hba.conf (docs/region.md, PostgreSQL)."
)
NO_DATABASE = N_(
    "The server has no such database: correct its name in db, or make it with "
    "provisioning/region/postgresql.sql."
)
NO_RIGHTS = N_(
    "The user may not use this database's tables: let it own the database, as "
    "provisioning/region/postgresql.sql makes it."
)
READ_ONLY = N_(
    "The database is read-only, as a standby is: let db name the server that accepts writes, or "
    "make this one the primary."
)
CROWDED = N_(
    "The server has no connection left for this user: raise max_connections (or the user's own "
    "limit), or end programs that hold some."
)
FULL = N_(
    "The disk of the database is full or refuses to write: free space, or put a good disk in."
)
NOT_OWNED = N_(
    "The file of the database cannot be opened or written: it and its folder must belong to the "
    "user who runs the region (docs/region.md, Setting it up)."
)
BUSY = N_("Another program holds the database: end it, or wait until it is done.")
DAMAGED = N_(
    "The database file is damaged, or not a database: stop the region and bring the newest copy "
    "back (docs/region.md, Copies)."
)
UNKNOWN = N_("See the database's own log; the region goes on by itself when it answers again.")

_BY_STATE = {
    "25006": READ_ONLY,
    "28000": NOT_LET_IN,
    "28P01": NOT_LET_IN,
    "3D000": NO_DATABASE,
    "3F000": NO_RIGHTS,
    "42501": NO_RIGHTS,
    "53100": FULL,
    "53300": CROWDED,
}
_BY_WORDS = (
    ("authentication failed", NOT_LET_IN),
    ("no password supplied", NOT_LET_IN),
    ("no pg_hba.conf entry", NOT_LET_IN),
    ("is not permitted to log in", NOT_LET_IN),
    ("role ", NOT_LET_IN, "does not exist"),
    ("database ", NO_DATABASE, "does not exist"),
    ("permission denied for database", NO_RIGHTS),
    ("too many connections", CROWDED),
    ("connection slots are reserved", CROWDED),
    ("too many clients", CROWDED),
    ("connection refused", NOT_REACHED),
    ("no such file or directory", NOT_REACHED),
    ("could not translate host name", NOT_REACHED),
    ("failed to resolve host", NOT_REACHED),
    ("timeout expired", NOT_REACHED),
    ("network is unreachable", NOT_REACHED),
)
"""A refused connection has no SQLSTATE in libpq, only words: of the server's language, so that in
another one the advice is ``UNKNOWN``'s; the server's words are always told."""
_BY_CODE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: FULL,
    sqlite3.SQLITE_READONLY: NOT_OWNED,
    sqlite3.SQLITE_CANTOPEN: NOT_OWNED,
    sqlite3.SQLITE_PERM: NOT_OWNED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


@dataclass(frozen=True)
class Reason:
    """``said``: the database's own words, one line; ``advice``: a message id of the catalogs."""

    said: str
    advice: str

    def __str__(self) -> str:
        """For the log, in both languages."""
        return f"{self.said}. {text('en', self.advice)} {text('vi', self.advice)}"


class StoreRefuses(TramError):
    """The database does not answer, or not as it should; raised where nobody waits for it."""

    about = "db"

    def __init__(self, why: Reason) -> None:
        super().__init__(why.said, why.advice)


def reason(error: DBAPIError) -> Reason:
    """Why a statement or a connection failed that ``is_away`` calls an absence.

    No value of a statement is in it: PostgreSQL names those in DETAIL, which is left out.
    """
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0)  # none when Python itself refuses
        return Reason(_line(str(cause)), _BY_CODE.get(code & 0xFF, UNKNOWN))
    # psycopg's errors, without loading it for a region on SQLite
    said = _line(getattr(getattr(cause, "diag", None), "message_primary", None) or str(cause))
    return Reason(said, _BY_STATE.get(getattr(cause, "sqlstate", None) or "") or _by_words(said))


def _line(words: str) -> str:
    return " ".join(words.split())[:_MAX].rstrip(".")


def _by_words(said: str) -> str:
    low = said.lower()
    for first, advice, *more in _BY_WORDS:
        if first in low and all(word in low for word in more):
            return advice
    return UNKNOWN


class Absence:
    """What the log has been told of the store; one for each program that uses it."""

    def __init__(self, log: logging.Logger, now: Callable[[], float] = monotonic) -> None:
        self._log, self._now = log, now
        self._told: Reason | None = None
        self._told_at = self._since = 0.0

    def note(self, why: Reason) -> None:
        """The store refused once more."""
        now = self._now()
        if self._told is None:
            self._since = now
        if why != self._told or now - self._told_at >= REMIND_S:
            self._told, self._told_at = why, now
            self._log.error("the store is away: %s", why)

    def over(self) -> None:
        """The store took something."""
        if self._told is not None:
            self._log.info("the store answers again after %.0f s", self._now() - self._since)
            self._told = None
