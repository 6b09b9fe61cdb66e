"""The pages' questions about what was: hours and days, facts, spells, the audit.

Beside ``fleet`` and ``reading`` (what is now). Takes an open connection, answers plain values;
times are ms since 1970 UTC, days are the region's.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from edge.report.facts import AnyFact, DossierEnded
from ground.hours import VIETNAM
from monitor.store.entries import read_fact
from monitor.store.reading import under
from monitor.store.schema import account, audit, fact, hour, spell, station

DAY_MS = 86_400_000
_SHIFT = VIETNAM.utcoffset(datetime(2026, 1, 1))
ZONE_MS = int(_SHIFT.total_seconds() * 1000) if _SHIFT is not None else 0
"""The region's clock has had one offset since 1975 and no summer time, so a day is a division."""
DOSSIER_ENDED = 1
"""``fact.kind``: the tag of ``DossierEnded``."""


@dataclass(frozen=True)
class HourDone:
    at: int
    sealed: int
    otherwise: int


@dataclass(frozen=True)
class Held:
    """A fact as held: number ``number`` of the journal ``epoch``."""

    epoch: str
    number: int
    dated: int | None
    received_at: int
    fact: AnyFact | None
    """None: of a kind or shape that this version cannot read."""


@dataclass(frozen=True)
class Spell:
    """There (``up``) or not from ``since`` until ``until`` (ms UTC; None: still)."""

    since: int
    until: int | None
    up: bool


@dataclass(frozen=True)
class Trace:
    """One row of the audit."""

    id: int
    at: int
    who: str
    what: str
    target: str
    note: str


def hours(connection: Connection, code: str, since: int) -> list[HourDone]:
    """What a booth did, by hour, oldest first."""
    otherwise = hour.c.referred + hour.c.refused + hour.c.abandoned
    query = (
        select(hour.c.at, hour.c.sealed, otherwise)
        .where(hour.c.station == code, hour.c.at >= since)
        .order_by(hour.c.at)
    )
    return [HourDone(*row) for row in connection.execute(query)]


def daily(connection: Connection) -> list[tuple[str, int, int]]:
    """(station, day, sealed) of every booth and day that has any; ``day``: days since 1970."""
    day = ((hour.c.at + ZONE_MS) // DAY_MS).label("day")
    query = select(hour.c.station, day, func.sum(hour.c.sealed)).group_by(hour.c.station, day)
    return [(code, int(number), int(sealed)) for code, number, sealed in connection.execute(query)]


def facts(connection: Connection, code: str, limit: int = 50) -> list[Held]:
    """A booth's last facts, newest first."""
    query = (
        select(fact.c.epoch, fact.c.number, fact.c.dated, fact.c.received_at, fact.c.entry)
        .where(fact.c.station == code)
        .order_by(fact.c.received_at.desc(), fact.c.number.desc())
        .limit(limit)
    )
    return [Held(*row[:-1], read_fact(bytes(row[-1]))) for row in connection.execute(query)]


def dossiers(
    connection: Connection, branch: str, *, code: str | None = None, since: int, limit: int = 1000
) -> list[DossierEnded]:
    """Dossiers that ended after ``since``, the newest ``limit`` of a booth or a branch."""
    query = (
        select(fact.c.entry)
        .where(fact.c.kind == DOSSIER_ENDED, fact.c.dated >= since)
        .order_by(fact.c.dated.desc())
        .limit(limit)
    )
    if code is not None:
        query = query.where(fact.c.station == code)
    elif branch:
        query = query.join(station, station.c.station == fact.c.station).where(
            under(station.c.place, branch)
        )
    found = (read_fact(bytes(entry)) for (entry,) in connection.execute(query))
    return [one for one in found if isinstance(one, DossierEnded)]


def spells(
    connection: Connection, branch: str, since: int, *, code: str | None = None, device: str = ""
) -> dict[str, list[Spell]]:
    """Spells that reach beyond ``since``, oldest first, by station."""
    query = (
        select(spell.c.station, spell.c.since, spell.c.until, spell.c.up)
        .where(spell.c.device == device, spell.c.until.is_(None) | (spell.c.until > since))
        .order_by(spell.c.station, spell.c.since)
    )
    if code is not None:
        query = query.where(spell.c.station == code)
    elif branch:
        query = query.join(station, station.c.station == spell.c.station).where(
            under(station.c.place, branch)
        )
    found: dict[str, list[Spell]] = defaultdict(list)
    for name, begin, until, up in connection.execute(query):
        found[name].append(Spell(begin, until, up))
    return found


def audit_rows(connection: Connection, branch: str, limit: int = 300) -> list[Trace]:
    """What accounts of a branch did, newest first; the whole region sees unknown names too."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if branch:
        query = query.join(account, account.c.name == audit.c.who).where(
            under(account.c.branch, branch)
        )
    return [Trace(*row[:6]) for row in connection.execute(query)]


def medians(dossiers: Iterable[DossierEnded]) -> dict[str, float]:
    """Median seconds of each step over sealed dossiers, and of the whole (``total_s``)."""
    sealed = [one for one in dossiers if one.outcome == "sealed"]
    if not sealed:
        return {}
    return {step: statistics.median(getattr(one, step) for one in sealed) for step in STEPS}


STEPS = ("identify_s", "portrait_s", "fingers_s", "review_s", "papers_s", "total_s")
