"""When facts happened: at once where the clock was right, later where it was not.

A Pi has no battery-backed clock. A fact from before the clock was set keeps its boot and monotonic
time; ``ClockDated`` of the same boot tells what wall time that was. Only dated facts are summed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, select

from edge.report.facts import ClockDated, DossierEnded
from monitor.store.entries import Kept, hour_of, read_fact, sums
from monitor.store.schema import fact
from monitor.store.statements import Statements

CLOCK_DATED = 8
"""``kind`` of ``ClockDated``."""
LAST_MS = 9_999_999_999_999


class Dated(NamedTuple):
    """Facts of one station with their wall times; None: not known yet."""

    facts: list[tuple[Kept, int | None]]
    offsets: dict[str, int]  # boot → offset, of ClockDated facts among them


def date(connection: Connection, station: str, new: Iterable[Kept]) -> Dated:
    """Wall times of a station's new facts."""
    facts = list(new)
    offsets = {
        kept.fact.boot: kept.fact.offset_ms for kept in facts if isinstance(kept.fact, ClockDated)
    }
    known = dict(offsets)
    if any(not kept.trusted and kept.boot not in known for kept in facts):
        known = _told_before(connection, station) | known
    return Dated([(kept, _when(kept, known)) for kept in facts], offsets)


def date_older(
    connection: Connection, statements: Statements, station: str, offsets: dict[str, int]
) -> list[tuple[int, tuple[int, ...]]]:
    """Date the stored facts of boots whose offset is known now; (hour, sums) of what ended then."""
    rows, ended = [], []
    c = fact.c
    for boot, offset in offsets.items():
        undated = connection.execute(
            select(c.epoch, c.number, c.mono, c.kind, c.entry).where(
                c.station == station, c.boot == boot, c.dated.is_(None)
            )
        )
        for epoch, number, mono, _kind, entry in undated:
            when = min(mono + offset, LAST_MS)
            rows.append((when, station, epoch, number))
            what = read_fact(bytes(entry))
            if isinstance(what, DossierEnded):
                ended.append((hour_of(when), sums(what)))
    statements.dated.run(connection, rows)
    return ended


def _when(kept: Kept, offsets: dict[str, int]) -> int | None:
    if kept.trusted:
        return kept.at
    offset = offsets.get(kept.boot)
    return None if offset is None else min(kept.mono + offset, LAST_MS)


def _told_before(connection: Connection, station: str) -> dict[str, int]:
    rows = connection.execute(
        select(fact.c.entry).where(fact.c.station == station, fact.c.kind == CLOCK_DATED)
    )
    told = {}
    for (entry,) in rows:
        what = read_fact(bytes(entry))
        if isinstance(what, ClockDated):
            told[what.boot] = what.offset_ms
    return told
