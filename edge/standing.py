"""How the booth stands with its region: a row of ``edge.db`` that the uplink writes and the station
shows, so that a technician reads on the console what the uplink's log says.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Self

import msgspec

from edge.refused import Refused
from ground.decode import Malformed, from_json
from ground.text import N_

log = logging.getLogger("tram.edge")

SCHEMA = """
CREATE TABLE IF NOT EXISTS standing (one INTEGER PRIMARY KEY CHECK (one = 1), body BLOB NOT NULL);
"""

CONNECTED = N_("Connected to the region's broker {host}.")
STOPPED = N_("The uplink has been stopped, so nothing is reported to the region.")
START = N_("Start it again: sudo systemctl start tram-edge")


class Standing(msgspec.Struct, frozen=True):
    """``state`` and ``remedy`` ("": none is needed) are message ids, ``params`` fills both."""

    connected: bool
    state: str
    remedy: str = ""
    params: dict[str, str] = {}

    @classmethod
    def of(cls, why: Refused) -> Self:
        """Not connected, and why."""
        return cls(False, why.problem, why.remedy, dict(why.params))


_encode = msgspec.json.Encoder().encode
_decode = from_json(Standing)


def write(db: sqlite3.Connection, standing: Standing) -> None:
    """A disk that refuses costs the message, nothing else."""
    try:
        db.execute("INSERT OR REPLACE INTO standing VALUES (1, ?)", (_encode(standing),))
    except sqlite3.Error as error:
        log.debug("how the booth stands could not be stored: %s", error)


def read(path: Path) -> Standing | None:
    """From the ``edge.db`` at ``path``. None: nothing was ever said, or it cannot be read now."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT body FROM standing").fetchone()
        standing = None if row is None else _decode(row[0])
        if standing is not None:
            f"{standing.state}{standing.remedy}".format(**standing.params)
    except (sqlite3.Error, Malformed, LookupError, ValueError) as error:
        log.debug("how the booth stands cannot be read now: %s", error)
        return None
    return standing
