"""Rows of the store → what is known of each booth, and the alarms a judge starts with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from edge.report.facts import UnlockFailed
from edge.report.figures import FAILED_DEVICES, faults_of
from monitor.store.entries import read_fact
from monitor.store.schema import alarm, fact, figure, hour, ledger, spell, station
from monitor.watch.alarms import Before, Key
from monitor.watch.conditions import LOCKOUT_MS
from monitor.watch.hours import VIETNAM, Hours, day_start_ms, local_day
from monitor.watch.rules import Kind
from monitor.watch.seen import Seen

_PORTION = 500
"""So many codes in one IN list: below every database's limit of parameters."""
_QUEUES = ("Queue/Walk-in", "Queue/Priority", "Queue/Group")
_NODE = (
    *_QUEUES, "Queue/Oldest since", "Target/Opens", "Target/Closes", "Target/Per day",
    "Station/Intake", "Station/Lid open", "Line/Open dossiers", "Line/Idle while waiting",
    "Today/Sealed", "Packets/Waiting", "Clock/Trusted", "Clock/Offset", "Host/Temperature",
    "Host/Disk free",
)  # fmt: skip
_PERIPHERALS = ("Temperature", "Supply")
_DEVICE = ("State", "Fault")
_UNLOCK_FAILED = 5
"""``fact.kind`` of ``UnlockFailed``: its tag."""
Texts = Mapping[str, Mapping[str, str]]
"""Texts of a booth's figures, by device ("": the node) and name."""


def read_changed(connection: Connection, since: int) -> dict[str, int]:
    """Stations with ``changed_at`` ≥ ``since``, with when."""
    columns = (station.c.station, station.c.changed_at)
    rows = connection.execute(select(*columns).where(station.c.changed_at >= since))
    return {code: at for code, at in rows}


def read_heard(connection: Connection) -> int | None:
    """When anything was heard of any booth, ms UTC; None: never."""
    return connection.execute(select(func.max(station.c.heard_at))).scalar()


def read_fleet(
    connection: Connection,
    now_ms: int,
    stations: Iterable[str] | None = None,
    default: Hours = Hours(),  # noqa: B008  (frozen)
    zone: tzinfo = VIETNAM,
) -> dict[str, Seen]:
    """What is known of all booths, or of ``stations``. ``default``: hours where none are told."""
    if stations is None:
        return _read(connection, now_ms, None, default, zone)
    found: dict[str, Seen] = {}
    codes = sorted(stations)
    for start in range(0, len(codes), _PORTION):
        portion = codes[start : start + _PORTION]
        found |= _read(connection, now_ms, portion, default, zone)
    return found


def read_faults(
    connection: Connection, stations: Sequence[str] | None = None
) -> dict[str, dict[str, str]]:
    """Station → device → fault code, of every device that does not work, as last known.

    Of all booths, or of ``stations`` (so many as one IN list holds).
    """

    def of(query: Select[Any], column: Any) -> Iterator[Row[Any]]:
        all_ = stations is None
        yield from connection.execute(query if all_ else query.where(column.in_(stations)))

    said: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    query = select(figure.c.station, figure.c.device, figure.c.name, figure.c.text).where(
        figure.c.name.in_((*_DEVICE, FAILED_DEVICES)), figure.c.text.isnot(None)
    )
    for row in of(query, figure.c.station):
        said[row.station][row.device][row.name] = row.text
    dead = _dead(of)
    found = {code: _faults(said.get(code, {}), dead.get(code, ())) for code in {*said, *dead}}
    return {code: faults for code, faults in found.items() if faults}


def read_alarms(connection: Connection, since: int) -> list[Before]:
    """Open alarms, and those raised after ``since``, oldest first."""
    rows = connection.execute(
        select(alarm)
        .where(alarm.c.cleared_at.is_(None) | (alarm.c.raised_at >= since))
        .order_by(alarm.c.raised_at, alarm.c.id)
    )
    known = {kind.value for kind in Kind}
    return [
        Before(
            Key(Kind(row.kind), row.station or row.place, row.device),
            row.raised_at, row.cleared_at, row.held,
        )
        for row in rows
        if row.kind in known
    ]  # fmt: skip


def _read(
    connection: Connection,
    now_ms: int,
    codes: Sequence[str] | None,
    default: Hours,
    zone: tzinfo,
) -> dict[str, Seen]:
    def of(query: Select[Any], column: Any) -> Iterator[Row[Any]]:
        yield from connection.execute(query if codes is None else query.where(column.in_(codes)))

    numbers: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    texts: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    wanted = figure.c.name.in_((*_NODE, *_PERIPHERALS, *_DEVICE, FAILED_DEVICES))
    columns = (figure.c.station, figure.c.device, figure.c.name, figure.c.number, figure.c.text)
    for row in of(select(*columns).where(wanted), figure.c.station):
        if row.number is not None:
            numbers[row.station][row.device, row.name] = row.number
        elif row.text is not None:
            texts[row.station][row.device][row.name] = row.text
    ended = dict(_ended(of, day_start_ms(local_day(now_ms, zone), zone)))
    books = _books(of)
    lockouts = _lockouts(of, now_ms)
    dead = _dead(of)
    fleet: dict[str, Seen] = {}
    for row in of(select(station), station.c.station):
        code = row.station
        lacking, quarrel = books.get(code, (0, None))
        seen = Seen(
            code, row.place, row.online,
            changed_state_at=(row.born_at if row.online else row.died_at) or 0,
            heard_at=row.heard_at, ended=ended.get(code, 0), lacking=lacking, quarrel=quarrel,
            lockout_at=lockouts.get(code), faults=_faults(texts.get(code, {}), dead.get(code, ())),
        )  # fmt: skip
        fleet[code] = _with_figures(seen, numbers.get(code, {}), default)
    return fleet


def _with_figures(seen: Seen, numbers: Mapping[tuple[str, str], float], default: Hours) -> Seen:
    def whole(name: str, device: str = "") -> int | None:
        number = numbers.get((device, name))
        return None if number is None else round(number)

    def truth(name: str) -> bool | None:
        number = numbers.get(("", name))
        return None if number is None else number != 0

    queues = [whole(name) for name in _QUEUES]
    opens, closes = whole("Target/Opens"), whole("Target/Closes")
    hours = default
    if opens is not None and closes is not None and opens != closes:
        hours = Hours(opens, closes, default.days)
    return replace(
        seen,
        hours=hours,
        per_day=whole("Target/Per day"),
        intake=truth("Station/Intake"),
        waiting=None if None in queues else sum(filter(None, queues)),
        oldest_since=whole("Queue/Oldest since"),
        open_dossiers=whole("Line/Open dossiers"),
        sealed_today=whole("Today/Sealed"),
        idle_s=whole("Line/Idle while waiting"),
        clock_trusted=truth("Clock/Trusted"),
        clock_offset_ms=whole("Clock/Offset"),
        disk_free_mb=whole("Host/Disk free"),
        host_c=numbers.get(("", "Host/Temperature")),
        booth_c=numbers.get(("peripherals", "Temperature")),
        supply_mv=whole("Supply", "peripherals"),
        packets=whole("Packets/Waiting"),
        lid_open=truth("Station/Lid open"),
    )


def _faults(texts: Texts, dead: Iterable[str]) -> dict[str, str]:
    """Device → fault code. A device that fails says so and dies; one that was found broken when
    the booth came is not born, and only the node says why. Older booths do not: the device is dead,
    and why is not known."""
    failed = {
        device: its.get("Fault", "")
        for device, its in texts.items()
        if device and its.get("State") == "failed"
    }
    failed |= faults_of(texts.get("", {}).get(FAILED_DEVICES, ""))
    return {device: failed.get(device, "") for device in sorted({*failed, *dead})}


def _dead(of: Any) -> dict[str, list[str]]:
    """Devices of each station that are not there."""
    found: dict[str, list[str]] = defaultdict(list)
    query = select(spell.c.station, spell.c.device).where(
        spell.c.device != "", spell.c.until.is_(None), spell.c.up.is_(False)
    )
    for code, device in of(query, spell.c.station):
        found[code].append(device)
    return found


def _ended(of: Any, midnight: int) -> Iterator[tuple[str, int]]:
    every = hour.c.sealed + hour.c.referred + hour.c.refused + hour.c.abandoned
    query = (
        select(hour.c.station, func.sum(every))
        .where(hour.c.at >= midnight)
        .group_by(hour.c.station)
    )
    for code, total in of(query, hour.c.station):
        yield code, int(total)


def _books(of: Any) -> dict[str, tuple[int, str | None]]:
    """(facts told of and not held without a gap, quarrel) of each station, over its journals."""
    found: dict[str, tuple[int, str | None]] = {}
    for row in of(select(ledger).order_by(ledger.c.since), ledger.c.station):
        lacking, quarrel = found.get(row.station, (0, None))
        lacking += max(0, max(row.total, row.newest) - row.through)
        found[row.station] = (lacking, row.quarrel or quarrel)
    return found


def _lockouts(of: Any, now_ms: int) -> dict[str, int]:
    """When each booth last locked somebody out, of late."""
    query = (
        select(fact.c.station, fact.c.dated, fact.c.entry)
        .where(fact.c.kind == _UNLOCK_FAILED, fact.c.dated >= now_ms - LOCKOUT_MS)
        .order_by(fact.c.dated)
    )
    return {
        code: dated
        for code, dated, entry in of(query, fact.c.station)
        if isinstance(told := read_fact(bytes(entry)), UnlockFailed) and told.locked_out_s > 0
    }
