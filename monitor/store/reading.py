"""The pages' questions about booths as they are now, and the alarms that are open.

Everything takes an open connection and answers plain values; who may see them is decided above
(``monitor/access.py``). Times are ms since 1970 UTC.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from monitor.store import schema
from monitor.store.schema import alarm, command, fact, figure, hour, ledger, place, station
from monitor.watch.reading import read_faults

LIVE = (
    "Station/Running", "Station/Unlocked", "Station/Intake", "Target/Per day", "Target/Opens",
    "Target/Closes", "Queue/Walk-in", "Queue/Priority", "Queue/Group", "Queue/Oldest since",
    "Line/Open dossiers", "Line/Pace", "Line/Idle while waiting",
)  # fmt: skip
"""Figures of the node that the wall and the tree live on."""
PORTION = 500
"""So many codes in one IN list: below every database's limit of parameters."""


@dataclass(frozen=True)
class Booth:
    """``figures``: numbers of ``LIVE`` that are known. ``broken``: device → fault code, of a booth
    that is there. ``sealed``/``ended``: of today. ``held``: facts held in all; ``missing``: lacking
    among those told of although later ones are here; ``coming``: told of and not yet sent."""

    code: str
    name: str
    place: str
    online: bool
    born_at: int | None
    died_at: int | None
    heard_at: int
    changed_at: int
    figures: Mapping[str, float] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    sealed: int = 0
    ended: int = 0
    held: int = 0
    missing: int = 0
    coming: int = 0
    quarrel: bool = False

    @property
    def waiting(self) -> int:
        """People with a ticket."""
        kinds = ("Queue/Walk-in", "Queue/Priority", "Queue/Group")
        return int(sum(self.figures.get(kind, 0) for kind in kinds))


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


def changed(connection: Connection, since: int) -> dict[str, int]:
    """Stations that changed after ``since``, with when."""
    rows = connection.execute(
        select(station.c.station, station.c.changed_at).where(station.c.changed_at > since)
    )
    return {code: at for code, at in rows}


def booths(
    connection: Connection, midnight: int, codes: Iterable[str] | None = None
) -> dict[str, Booth]:
    """Booths as they are now, all or those of ``codes``; ``midnight``: since when "today" is."""
    if codes is None:
        return _booths(connection, midnight, None)
    found: dict[str, Booth] = {}
    for portion in _portions(sorted(codes)):
        found |= _booths(connection, midnight, portion)
    return found


def _portions(codes: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(codes), PORTION):
        yield codes[start : start + PORTION]


def _booths(connection: Connection, midnight: int, codes: Sequence[str] | None) -> dict[str, Booth]:
    def of(query: Any, column: Any) -> Any:
        return connection.execute(query if codes is None else query.where(column.in_(codes)))

    numbers: dict[str, dict[str, float]] = defaultdict(dict)
    for code, name, number in of(
        select(figure.c.station, figure.c.name, figure.c.number).where(
            figure.c.device == "", figure.c.name.in_(LIVE), figure.c.number.isnot(None)
        ),
        figure.c.station,
    ):
        numbers[code][name] = number
    broken = read_faults(connection, codes)
    today = {
        code: (sealed, ended)
        for code, sealed, ended in of(
            select(
                hour.c.station,
                func.sum(hour.c.sealed),
                func.sum(hour.c.sealed + hour.c.referred + hour.c.refused + hour.c.abandoned),
            )
            .where(hour.c.at >= midnight)
            .group_by(hour.c.station),
            hour.c.station,
        )
    }
    facts = _facts(of)
    columns = (
        station.c.station, station.c.name, station.c.place, station.c.online, station.c.born_at,
        station.c.died_at, station.c.heard_at, station.c.changed_at,
    )  # fmt: skip
    found = {}
    for row in of(select(*columns), station.c.station):
        code = row.station
        sealed, ended = today.get(code, (0, 0))
        held, missing, coming, quarrel = facts.get(code, (0, 0, 0, False))
        found[code] = Booth(
            code, row.name, row.place, row.online, row.born_at, row.died_at, row.heard_at,
            row.changed_at, numbers.get(code, {}), broken.get(code, {}) if row.online else {},
            int(sealed), int(ended), held, missing, coming, quarrel,
        )  # fmt: skip
    return found


def _facts(of: Any) -> dict[str, tuple[int, int, int, bool]]:
    """(held, missing, coming, quarrel) of each station, over all its journals."""
    beyond = {
        (code, epoch): count
        for code, epoch, count in of(
            select(fact.c.station, fact.c.epoch, func.count())
            .join(ledger, and_(ledger.c.station == fact.c.station, ledger.c.epoch == fact.c.epoch))
            .where(ledger.c.newest > ledger.c.through, fact.c.number > ledger.c.through)
            .group_by(fact.c.station, fact.c.epoch),
            fact.c.station,
        )
    }
    found: dict[str, tuple[int, int, int, bool]] = {}
    for row in of(select(ledger), ledger.c.station):
        ahead = beyond.get((row.station, row.epoch), 0)
        newest = max(row.newest, row.through)
        held, missing, coming, quarrel = found.get(row.station, (0, 0, 0, False))
        found[row.station] = (
            held + row.through + ahead,
            missing + newest - row.through - ahead,
            coming + max(0, row.total - newest),
            quarrel or row.quarrel is not None,
        )
    return found


_OF_ALARM = (
    alarm.c.id, alarm.c.kind, alarm.c.place, alarm.c.station, alarm.c.device, alarm.c.severity,
    alarm.c.raised_at, alarm.c.cleared_at, alarm.c.acknowledged_at, alarm.c.acknowledged_by,
    alarm.c.note, alarm.c.held, alarm.c.detail,
)  # fmt: skip


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
    connection: Connection, branch: str = "", *, code: str | None = None, limit: int = 200
) -> list[Alarm]:
    """Alarms that are over, newest first."""
    query = select(*_OF_ALARM).where(alarm.c.cleared_at.isnot(None), under(alarm.c.place, branch))
    if code is not None:
        query = query.where(alarm.c.station == code)
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
            figure.c.device, figure.c.name, figure.c.number, figure.c.text, figure.c.at,
            figure.c.stale,
        )
        .where(figure.c.station == code)
        .order_by(figure.c.device, figure.c.name)
    )  # fmt: skip
    return [Figure(*row) for row in connection.execute(query)]


def commands(
    connection: Connection, branch: str = "", *, code: str | None = None, limit: int = 50
) -> list[Ordered]:
    """Commands to booths of a branch, newest first."""
    query = (
        select(
            command.c.id, command.c.station, command.c.order, command.c.by, command.c.role,
            command.c.issued_at, command.c.expires_at, command.c.sent_at, command.c.answered_at,
            command.c.outcome,
        )
        .join(station, station.c.station == command.c.station)
        .where(under(station.c.place, branch))
        .order_by(command.c.issued_at.desc(), command.c.id)
        .limit(limit)
    )  # fmt: skip
    if code is not None:
        query = query.where(command.c.station == code)
    rows: list[Any] = list(connection.execute(query))
    return [Ordered(*row) for row in rows]
