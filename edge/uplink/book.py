"""The journal as the uplink reads it: the newest figures, the facts as they are made, the ledger.

Two folds walk over the same rows. The *head* is at the journal's end: live figures and new facts
come from it. The *tail*, the ledger's, is behind what the region has acknowledged. The station may
start a fresh journal, or get an older one back: the row that was read last is then not there any
more, and everything begins at the first row of the new one.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from edge.journal.store import JournalError, Row, read_rows
from edge.report.facts import Entry
from edge.report.fold import BadSnapshot, ChainBroken, Fold, JournalGap
from edge.uplink.db import EdgeDb, Watermark
from edge.uplink.ledger import Ledger, Pace

log = logging.getLogger("tram.edge")

SLICE = 1_000
"""Rows folded at once: some 50 ms on a Pi, the network waits no longer."""


class Book:
    def __init__(
        self, path: Path, station: str, zone: ZoneInfo, db: EdgeDb, pace: Pace | None = None
    ) -> None:
        """``path`` of the journal, which need not be there yet."""
        self.path = path
        self._station, self._zone, self._db, self._pace = station, zone, db, pace
        self.trouble = ""
        """Why the journal cannot be read further; "" when it can."""
        self.caught_up = False
        """The head is at the journal's end (or cannot get any further)."""
        self.ledger: Ledger | None = None
        """Of the journal that is there; None before its first row."""
        self._unsaved: Watermark | None = None
        self._mark = self._known()
        self.head = self._fold(self._mark.snapshot if self._mark else None)
        self._begin()

    def _fold(self, snapshot: bytes | None) -> Fold:
        return Fold(self._station, self._zone, snapshot)

    def _known(self) -> Watermark | None:
        """What this uplink remembers, if this version can read it."""
        mark = self._db.watermark()
        try:
            if mark is not None:
                self._fold(mark.snapshot)
        except BadSnapshot as error:
            log.warning("the snapshot in edge.db is of no use: %s", error)
            return None
        return mark

    def _begin(self) -> None:
        epoch, mark = self.head.epoch, self._mark
        self.ledger = None
        if epoch is not None:
            known = mark if mark is not None and mark.epoch == epoch else None
            self.ledger = Ledger(self._station, epoch, self._fold, known, self._pace)

    def _anew(self) -> None:
        log.warning(
            "the journal is not the one that was read so far: reading it from its first row"
        )
        self._mark = None
        self.head = self._fold(None)
        self._begin()

    def read(self) -> list[tuple[int, Entry]]:
        """Move the head on by at most ``SLICE`` rows; the facts made there, with their numbers."""
        try:
            return self._read()
        except JournalError as error:
            self._stuck(str(error))
        except (ChainBroken, JournalGap) as error:
            self._stuck(f"the journal is damaged: {error}")
        return []

    def _stuck(self, why: str) -> None:
        self.caught_up = True
        if why != self.trouble:
            log.warning("%s", why)
            self.trouble = why

    def _read(self) -> list[tuple[int, Entry]]:
        seq = self.head.seq
        rows = self._rows(max(0, seq - 1), SLICE + 1)
        if seq:
            if not rows or rows[0][0] != seq or rows[0][8] != self.head.row_hash:
                self._anew()
                return []
            rows = rows[1:]
        found: list[tuple[int, Entry]] = []
        for row in rows:
            found += self.head.apply(row)
        self.trouble = ""
        self.caught_up = len(rows) < SLICE
        if self.ledger is None:
            self._begin()
        return found

    def _rows(self, after: int, limit: int) -> Sequence[Row]:
        return list(islice(read_rows(self.path, after), limit))

    def move(self, now: float) -> None:
        """Feed the ledger what its window wants, at most ``SLICE`` rows."""
        ledger = self.ledger
        if ledger is None or (after := ledger.wants()) is None:
            return
        # No further than the head: what it could not read, the tail cannot either.
        limit = min(SLICE, self.head.seq - after)
        try:
            rows = self._rows(after, limit) if limit > 0 else []
            at_end = self.caught_up and after + len(rows) >= self.head.seq
            self.remember(ledger.feed(rows, now, at_end=at_end))
        except JournalError as error:
            self._stuck(str(error))
        except (ChainBroken, JournalGap):
            # The head has read other rows there.
            self._anew()

    def remember(self, mark: Watermark | None) -> None:
        """Store what is acknowledged; a disk that refuses is asked again with the next one."""
        mark = mark or self._unsaved
        if mark is None:
            return
        try:
            self._db.acknowledge(mark)
            self._unsaved = None
        except sqlite3.Error as error:
            if self._unsaved is None:
                log.warning("the acknowledgement could not be stored: %s", error)
            self._unsaved = mark
