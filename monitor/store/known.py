"""What an ingest worker that starts knows from the store: who was there when it ended."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, select

from monitor.host.application import Known
from monitor.store.schema import spell, station


def known(engine: Engine, groups: Iterable[str]) -> list[Known]:
    """Stations of ``groups`` that the store holds for online, with the devices that are there."""
    ours = list(groups)
    with engine.connect() as connection:
        stations = connection.execute(
            select(station.c.station, station.c.group, station.c.bd_seq).where(
                station.c.group.in_(ours), station.c.online
            )
        ).all()
        devices = connection.execute(
            select(spell.c.station, spell.c.device, spell.c.since)
            .join(station, station.c.station == spell.c.station)
            .where(
                station.c.group.in_(ours),
                station.c.online,
                spell.c.until.is_(None),
                spell.c.up,
                spell.c.device != "",
            )
        ).all()
    by_station: dict[str, dict[str, int]] = {}
    for code, device, since in devices:
        by_station.setdefault(code, {})[device] = since
    return [
        Known(code, group, -1 if bd_seq is None else bd_seq, by_station.get(code, {}))
        for code, group, bd_seq in stations
    ]
