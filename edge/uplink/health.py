"""The ring of health samples for the hours without a link: bounded, thinned, counted.

A sample a minute is kept for a day, one of ten minutes for a week, one an hour behind that; when
the ring may take no more of the disk, the oldest go. Facts are not in it: they are in the journal.
A Pi has no battery-backed clock, so a sample keeps boot id and monotonic time and is dated when
the clock of its boot becomes trusted; one of a boot that never learnt the time cannot be told.
"""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress

import msgspec

from edge.uplink.host import Sample
from ground.decode import Malformed, from_msgpack

log = logging.getLogger("tram.edge")

EVERY_S = 60.0
_TIERS = ((1_440, 600_000), (1_008, 3_600_000))
"""(samples kept of the tier: a day of minutes, a week of ten minutes; step of the next tier, ms)"""
_THIN_EVERY = 60
_ROW_BYTES = 128
"""What a sample takes of the disk, indexes and slack of pages included."""

_encode = msgspec.msgpack.Encoder().encode
_decode = from_msgpack(Sample)


class HealthRing:
    """``db`` is the open ``edge.db``, autocommitting. A full disk costs samples, nothing else."""

    def __init__(self, db: sqlite3.Connection, spool_mb: int) -> None:
        self._db = db
        self._room = spool_mb * 1_000_000 // _ROW_BYTES
        self._since_thinned = 0
        row = db.execute("SELECT samples FROM dropped").fetchone()
        self.dropped: int = row[0] if row else 0
        """Samples that the region will never see, since the ring began."""

    def put(self, sample: Sample) -> None:
        """Keep ``sample``, or count it as dropped."""
        try:
            self._db.execute(
                "INSERT INTO health (boot, mono, at, trusted, body) VALUES (?, ?, ?, ?, ?)",
                (sample.boot, sample.mono, sample.at, sample.trusted, _encode(sample)),
            )
            self._since_thinned += 1
            if self._since_thinned >= _THIN_EVERY:
                self._since_thinned = 0
                self._thin()
        except sqlite3.Error as error:
            self.dropped += 1
            log.warning("a health sample could not be stored: %s", error)

    def _thin(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            gone = 0
            for tier, (kept, step_ms) in enumerate(_TIERS):
                gone += self._down(tier, kept, step_ms)
            gone += self._db.execute(
                "DELETE FROM health WHERE row IN "
                "(SELECT row FROM health ORDER BY row DESC LIMIT -1 OFFSET ?)",
                (self._room,),
            ).rowcount
            self._count(gone)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _down(self, tier: int, kept: int, step_ms: int) -> int:
        """Move what ``tier`` holds over ``kept`` to the next, one sample a step. How many went."""
        row = self._db.execute(
            "SELECT boot, mono / ? FROM health WHERE tier = ? ORDER BY row DESC LIMIT 1 OFFSET ?",
            (step_ms, tier, kept),
        ).fetchone()
        if row is None:
            return 0
        # Whole steps only: the one that the limit cuts stays until all of it is over.
        first = self._db.execute(
            "SELECT min(row) FROM health WHERE tier = ? AND boot = ? AND mono / ? = ?",
            (tier, row[0], step_ms, row[1]),
        ).fetchone()[0]
        gone = self._db.execute(
            "DELETE FROM health WHERE tier = ? AND row < ? AND row NOT IN (SELECT min(row) "
            "FROM health WHERE tier = ? AND row < ? GROUP BY boot, mono / ?)",
            (tier, first, tier, first, step_ms),
        ).rowcount
        self._db.execute(
            "UPDATE health SET tier = ? WHERE tier = ? AND row < ?", (tier + 1, tier, first)
        )
        return gone

    def _count(self, gone: int) -> None:
        if gone:
            self.dropped += gone
            self._db.execute("INSERT OR REPLACE INTO dropped VALUES (1, ?)", (self.dropped,))

    def dated(self, boot: str, offset_ms: int) -> None:
        """The clock of ``boot`` is trusted now: wall time = monotonic time + ``offset_ms``."""
        try:
            self._db.execute(
                "UPDATE health SET at = mono + ?, trusted = 1 WHERE boot = ? AND trusted = 0",
                (offset_ms, boot),
            )
        except sqlite3.Error as error:
            log.warning("health samples could not be dated: %s", error)

    def oldest(self, limit: int) -> tuple[int, list[tuple[int, Sample]]]:
        """(last row, [(ms since 1970 UTC, sample)…]): the oldest rows, those that can be dated and
        read."""
        rows = self._db.execute(
            "SELECT row, at, trusted, body FROM health ORDER BY row LIMIT ?", (limit,)
        ).fetchall()
        last = rows[-1][0] if rows else 0
        samples = []
        for _row, at, trusted, body in rows:
            with suppress(Malformed):  # another version's
                if trusted:
                    samples.append((at, _decode(body)))
        return last, samples

    def sent(self, through_row: int) -> None:
        """The broker has the rows through ``through_row``; those without a date are dropped."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            undated = self._db.execute(
                "SELECT count(*) FROM health WHERE row <= ? AND trusted = 0", (through_row,)
            ).fetchone()[0]
            self._db.execute("DELETE FROM health WHERE row <= ?", (through_row,))
            self._count(undated)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            log.warning("health samples could not be taken off the ring: %s", error)
