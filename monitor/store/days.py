"""The pages' questions about days: what each booth counted, what the region holds, and who differs.

A day is here once its ``DayClosed`` fact and everything before it are (``reconciling``). It may
have come in several parts, and is then several rows of the same day.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, case, distinct, func, literal, select

from monitor.store.reading import under
from monitor.store.reconciling import Counts
from monitor.store.schema import day, hour, station

SAID = tuple(day.c[f"said_{name}"] for name in Counts._fields)
HELD = tuple(day.c[f"held_{name}"] for name in Counts._fields)


@dataclass(frozen=True)
class Day:
    """A day of a booth, or a part of one. ``number``: of the fact that closed it. ``day``: local,
    yyyymmdd. ``tickets`` and ``no_shows`` are the booth's word alone. ``journal``: hash of the
    day's last journal row, its first 32 hex digits."""

    station: str
    place: str
    epoch: str
    number: int
    day: int
    said: Counts
    held: Counts
    tickets: int
    no_shows: int
    rows: int
    journal: str
    agrees: bool


@dataclass(frozen=True)
class DaySum:
    """A day of a branch. ``booths``: that closed it. ``amiss``: of them, those that differ."""

    day: int
    booths: int
    amiss: int
    said_facts: int
    held_facts: int
    said_sealed: int
    held_sealed: int


_DAYS = (
    day.c.station,
    station.c.place,
    day.c.epoch,
    day.c.number,
    day.c.day,
    *SAID,
    *HELD,
    day.c.tickets,
    day.c.no_shows,
    day.c.rows,
    day.c.journal,
    day.c.agrees,
)


def of_booth(connection: Connection, code: str, days: int = 14) -> list[Day]:
    """The last ``days`` days of a booth, newest first."""
    mine = day.c.station == code
    last = select(day.c.day).where(mine).distinct().order_by(day.c.day.desc()).limit(days)
    query = _days().where(mine, day.c.day.in_(last))
    return [_day(row) for row in connection.execute(_newest_first(query))]


def of_branch(
    connection: Connection, branch: str, *, code: str | None = None, limit: int = 1000
) -> list[Day]:
    """Days of a branch's booths, or of one of them, newest first."""
    query = _days().where(under(station.c.place, branch))
    if code is not None:
        query = query.where(day.c.station == code)
    return [_day(row) for row in connection.execute(_newest_first(query).limit(limit))]


def amiss(connection: Connection, branch: str, limit: int = 200) -> list[Day]:
    """Days of a branch that do not agree, newest first."""
    query = _days().where(under(station.c.place, branch), ~day.c.agrees)
    return [_day(row) for row in connection.execute(_newest_first(query).limit(limit))]


def sums(connection: Connection, branch: str, since: int) -> list[DaySum]:
    """Days of the branch from ``since`` (yyyymmdd) on that any booth closed, newest first."""
    wrong = case((day.c.agrees, None), else_=day.c.station)
    query = (
        select(
            day.c.day,
            func.count(distinct(day.c.station)),
            func.count(distinct(wrong)),
            *(func.sum(day.c[name]) for name in _SUMMED),
        )
        .join(station, station.c.station == day.c.station)
        .where(under(station.c.place, branch), day.c.day >= since)
        .group_by(day.c.day)
        .order_by(day.c.day.desc())
    )
    return [DaySum(*(int(value) for value in row)) for row in connection.execute(query)]


_SUMMED = ("said_facts", "held_facts", "said_sealed", "held_sealed")


def _days() -> Select[Any]:
    return select(*_DAYS).join(station, station.c.station == day.c.station)


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(day.c.day.desc(), day.c.station, day.c.epoch, day.c.number.desc())


def _day(row: Row[Any]) -> Day:
    code, place, epoch, number, date, *rest = list(row)
    said, held = Counts(*rest[:5]), Counts(*rest[5:10])
    tickets, no_shows, rows, journal, agrees = rest[10:]
    return Day(
        code, place, epoch, number, date, said, held, tickets, no_shows, rows, journal.hex(), agrees
    )


@dataclass(frozen=True)
class PlaceDay:
    """A day of one place as it is reported. ``worked``: booth-hours in which any dossier ended.
    ``tickets`` and ``no_shows`` are the booths' word, of those ``closed`` that closed the day."""

    place: str
    booths: int
    closed: int
    sealed: int
    referred: int
    refused: int
    abandoned: int
    worked: int
    tickets: int
    no_shows: int

    @property
    def pace(self) -> float | None:
        """Sealed dossiers an hour and booth, over the hours in which it worked."""
        return self.sealed / self.worked if self.worked else None

    def __add__(self, other: PlaceDay) -> PlaceDay:
        mine, theirs = astuple(self)[1:], astuple(other)[1:]
        return PlaceDay(self.place, *(a + b for a, b in zip(mine, theirs, strict=True)))


_ENDS = ("sealed", "referred", "refused", "abandoned")


def reported(connection: Connection, branch: str, date: int, begins: int) -> list[PlaceDay]:
    """A day (yyyymmdd, ``begins`` at so many ms UTC) of each place of a branch that has booths."""
    inside = under(station.c.place, branch)
    found: dict[str, list[int]] = {}
    counts = select(station.c.place, func.count()).where(inside).group_by(station.c.place)
    for place, booths in connection.execute(counts):
        found[place] = [booths, *[0] * 8]
    within = (hour.c.at >= begins, hour.c.at < begins + 86_400_000)
    any_end = sum((hour.c[name] for name in _ENDS), literal(0))
    ends = (
        select(
            station.c.place,
            *(func.sum(hour.c[name]) for name in _ENDS),
            func.sum(case((any_end > 0, 1), else_=0)),
        )
        .join(station, station.c.station == hour.c.station)
        .where(inside, *within)
        .group_by(station.c.place)
    )
    for place, *sums in connection.execute(ends):
        found.setdefault(place, [0] * 9)[2:7] = [int(value or 0) for value in sums]
    said = (
        select(
            station.c.place,
            func.count(distinct(day.c.station)),
            func.sum(day.c.tickets),
            func.sum(day.c.no_shows),
        )
        .join(station, station.c.station == day.c.station)
        .where(inside, day.c.day == date)
        .group_by(station.c.place)
    )
    for place, closed, tickets, no_shows in connection.execute(said):
        row = found.setdefault(place, [0] * 9)  # its first booth may be born since the count
        row[1] = int(closed)
        row[7:] = [int(tickets or 0), int(no_shows or 0)]
    return [PlaceDay(place, *values) for place, values in sorted(found.items())]
