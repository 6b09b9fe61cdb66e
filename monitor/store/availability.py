"""Spells of being there and not, from births and deaths of booths and of their devices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from monitor.store.batch import NODE, StationBatch
from monitor.store.ledger import chunks
from monitor.store.schema import spell

Row = tuple[str, str, int, int | None, bool]


def spells(connection: Connection, turned: dict[str, StationBatch]) -> list[Row]:
    """Rows of ``spell`` to be written for the turns in ``turned``."""
    rows: dict[tuple[str, str, int], Row] = {}
    for some in chunks(turned):
        current: dict[str, dict[str, Row]] = {station: {} for station in some}
        for row in _open(connection, some):
            current[row.station][row.device] = (row.station, row.device, row.since, None, row.up)
        for station in some:
            for device, up, at in turned[station].turns:
                _turn(current[station], rows, station, device, up, at)
                if device == NODE and not up:
                    for other in current[station].keys() - {NODE}:
                        _turn(current[station], rows, station, other, False, at)
    return list(rows.values())


def _open(connection: Connection, stations: list[str]) -> Any:
    c = spell.c
    return connection.execute(
        select(c.station, c.device, c.since, c.up).where(c.station.in_(stations), c.until.is_(None))
    )


def _turn(
    current: dict[str, Row],
    rows: dict[tuple[str, str, int], Row],
    station: str,
    device: str,
    up: bool,
    at: int,
) -> None:
    before = current.get(device)
    if before is not None:
        since = before[2]
        if before[4] == up:
            return
        at = max(at, since + 1)
        rows[station, device, since] = (station, device, since, at, not up)
    current[device] = rows[station, device, at] = (station, device, at, None, up)
