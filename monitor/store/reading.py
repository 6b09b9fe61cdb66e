"""The pages' questions about what is now beside booths (``fleet``): alarms, places, commands.

Everything takes an open connection and answers plain values; who may see them is decided above
(``monitor/access.py``). Times are ms since 1970 UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from monitor.store import schema
from monitor.store.schema import alarm, command, figure, place, station


@dataclass(frozen=True)
class Alarm:
    """``station`` None: of the whole branch ``place``. ``severity``: 1 act now … 3 know."""

    id: int
    kind: str
    place: str
    station: str | None
    device: str
    severity: int
    raised_at: int
    cleared_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None
    note: str | None
    held: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """``population``: people to enrol; ``due``, ``started``: local days yyyymmdd."""

    path: str
    name: str
    population: int
    due: int | None
    started: int | None
    sets: int | None
    hours: float | None


@dataclass(frozen=True)
class Figure:
    """Newest value of a live figure: ``number`` or ``text``, or neither (null)."""

    device: str
    name: str
    number: float | None
    text: str | None
    at: int
    stale: bool


@dataclass(frozen=True)
class Ordered:
    """A command as it stands. ``order`` is JSON."""

    id: str
    station: str
    order: str
    by: str
    role: str
    issued_at: int
    expires_at: int
    sent_at: int | None
    answered_at: int | None
    outcome: str | None


def under(column: Any, branch: str) -> ColumnElement[bool]:
    """Rows whose place is ``branch`` or below it; "" is the whole region."""
    if not branch:
        return column.isnot(None)  # type: ignore[no-any-return]
    return or_(column == branch, column.startswith(branch + "/", autoescape=True))


def within(branch: str, path: str) -> bool:
    """The same for two paths."""
    return not branch or path == branch or path.startswith(branch + "/")


_OF_ALARM = (
    alarm.c.id,
    alarm.c.kind,
    alarm.c.place,
    alarm.c.station,
    alarm.c.device,
    alarm.c.severity,
    alarm.c.raised_at,
    alarm.c.cleared_at,
    alarm.c.acknowledged_at,
    alarm.c.acknowledged_by,
    alarm.c.note,
    alarm.c.held,
    alarm.c.detail,
)


def _alarm(row: Any) -> Alarm:
    plain: list[Any] = [*row[:-1], json.loads(row[-1])]
    return Alarm(*plain)


def open_alarms(connection: Connection, branch: str = "") -> list[Alarm]:
    """Alarms that stand, worst and oldest first."""
    query = (
        select(*_OF_ALARM)
        .where(alarm.c.cleared_at.is_(None), under(alarm.c.place, branch))
        .order_by(alarm.c.severity, alarm.c.raised_at, alarm.c.id)
    )
    return [_alarm(row) for row in connection.execute(query)]


def past_alarms(
    connection: Connection,
    branch: str = "",
    *,
    code: str | None = None,
    kind: str | None = None,
    limit: int = 200,
) -> list[Alarm]:
    """Alarms that are over, newest first."""
    query = select(*_OF_ALARM).where(alarm.c.cleared_at.isnot(None), under(alarm.c.place, branch))
    if code is not None:
        query = query.where(alarm.c.station == code)
    if kind is not None:
        query = query.where(alarm.c.kind == kind)
    query = query.order_by(alarm.c.cleared_at.desc(), alarm.c.id.desc()).limit(limit)
    return [_alarm(row) for row in connection.execute(query)]


def alarm_of(connection: Connection, id: int) -> Alarm | None:
    row = connection.execute(select(*_OF_ALARM).where(alarm.c.id == id)).first()
    return None if row is None else _alarm(row)


def places(connection: Connection, branch: str = "") -> dict[str, Place]:
    """Places of a branch by their path."""
    query = select(schema.place).where(under(place.c.path, branch)).order_by(place.c.path)
    return {row.path: Place(*row) for row in connection.execute(query)}


def figures(connection: Connection, code: str) -> list[Figure]:
    """All live figures of a booth."""
    query = (
        select(
            figure.c.device,
            figure.c.name,
            figure.c.number,
            figure.c.text,
            figure.c.at,
            figure.c.stale,
        )
        .where(figure.c.station == code)
        .order_by(figure.c.device, figure.c.name)
    )
    return [Figure(*row) for row in connection.execute(query)]


def commands(
    connection: Connection, branch: str = "", *, code: str | None = None, limit: int = 50
) -> list[Ordered]:
    """Commands to booths of a branch, newest first."""
    query = (
        select(
            command.c.id,
            command.c.station,
            command.c.order,
            command.c.by,
            command.c.role,
            command.c.issued_at,
            command.c.expires_at,
            command.c.sent_at,
            command.c.answered_at,
            command.c.outcome,
        )
        .join(station, station.c.station == command.c.station)
        .where(under(station.c.place, branch))
        .order_by(command.c.issued_at.desc(), command.c.id)
        .limit(limit)
    )
    if code is not None:
        query = query.where(command.c.station == code)
    rows: list[Any] = list(connection.execute(query))
    return [Ordered(*row) for row in rows]
