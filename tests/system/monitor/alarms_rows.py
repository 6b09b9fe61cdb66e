"""Rows of booths as the ingest writes them, for the tests of the watch and of the metrics."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from edge.report.facts import Entry, UnlockFailed
from monitor.store.schema import alarm, fact, figure, hour, ledger, spell, station

WELL: Mapping[str, float | str] = {
    "Station/Running": 1,
    "Station/Intake": 1,
    "Station/Lid open": 0,
    "Target/Per day": 0,
    "Target/Opens": 0,
    "Target/Closes": 1440,
    "Queue/Walk-in": 0,
    "Queue/Priority": 0,
    "Queue/Group": 0,
    "Line/Open dossiers": 2,
    "Line/Pace": 14,
    "Line/Idle while waiting": 30,
    "Today/Sealed": 40,
    "Packets/Waiting": 3,
    "Clock/Trusted": 1,
    "Clock/Offset": 4,
    "Host/Temperature": 52.5,
    "Host/Disk free": 20_000,
}


def add_booth(
    connection: Connection, code: str, at: int, place: str = "vn/thanh-hoa/bim-son"
) -> None:
    """A booth that is open day and night, online, and at which all is well."""
    connection.execute(
        insert(station).values(
            station=code,
            group="thanh-hoa",
            name=f"Booth {code}",
            place=place,
            online=True,
            bd_seq=1,
            born_at=at,
            heard_at=at,
            changed_at=at,
        )
    )
    tell(connection, code, at, WELL)
    tell(connection, code, at, {"State": "works", "Fault": ""}, "camera")
    tell(
        connection, code, at, {"State": "works", "Temperature": 31, "Supply": 12_050}, "peripherals"
    )
    connection.execute(
        insert(ledger).values(
            station=code,
            epoch="0123abcd",
            through=50,
            chain=b"\0" * 32,
            rows=300,
            total=50,
            newest=50,
            since=at,
        )
    )


def tell(
    connection: Connection,
    code: str,
    at: int,
    figures: Mapping[str, float | str],
    device: str = "",
) -> None:
    """New values of live figures."""
    for name, value in figures.items():
        key = {"station": code, "device": device, "name": name}
        connection.execute(
            delete(figure).where(*(figure.c[column] == own for column, own in key.items()))
        )
        text = value if isinstance(value, str) else None
        number = None if isinstance(value, str) else float(value)
        connection.execute(insert(figure).values(**key, number=number, text=text, at=at))
    connection.execute(
        update(station).where(station.c.station == code).values(heard_at=at, changed_at=at)
    )


def die(connection: Connection, code: str, at: int) -> None:
    values = {"online": False, "died_at": at, "changed_at": at}
    connection.execute(update(station).where(station.c.station == code).values(**values))


def hear(connection: Connection, at: int) -> None:
    """Something of no account from every booth that is there; it moves no page."""
    connection.execute(update(station).where(station.c.online).values(heard_at=at))


def be_born(connection: Connection, code: str, at: int) -> None:
    values = {"online": True, "born_at": at, "heard_at": at, "changed_at": at}
    connection.execute(update(station).where(station.c.station == code).values(**values))


def lose(connection: Connection, code: str, at: int, device: str) -> None:
    """The device died, or was not born with its booth."""
    connection.execute(insert(spell).values(station=code, device=device, since=at, up=False))
    connection.execute(update(station).where(station.c.station == code).values(changed_at=at))


def find_again(connection: Connection, code: str, at: int, device: str) -> None:
    """It is born again."""
    mine = (spell.c.station == code, spell.c.device == device, spell.c.until.is_(None))
    connection.execute(update(spell).where(*mine).values(until=at))
    connection.execute(insert(spell).values(station=code, device=device, since=at, up=True))
    connection.execute(update(station).where(station.c.station == code).values(changed_at=at))


def seal(connection: Connection, code: str, at: int, sealed: int, referred: int = 1) -> None:
    """Dossiers of the hour of ``at``."""
    hour_at = at - at % 3_600_000
    connection.execute(delete(hour).where(hour.c.station == code, hour.c.at == hour_at))
    connection.execute(
        insert(hour).values(station=code, at=hour_at, sealed=sealed, referred=referred)
    )
    connection.execute(update(station).where(station.c.station == code).values(changed_at=at))


def lock_out(connection: Connection, code: str, at: int, locked_out_s: int) -> None:
    """A fact of a wrong passphrase, as it was on the wire."""
    told = Entry(1, 1, at, 1, "00000001", True, UnlockFailed(4, locked_out_s))
    connection.execute(
        insert(fact).values(
            station=code,
            epoch="0123abcd",
            number=at % 10_000,
            first=1,
            last=1,
            kind=5,
            at=at,
            boot="00000001",
            mono=1,
            trusted=True,
            dated=at,
            received_at=at,
            entry=msgspec.msgpack.encode(told),
        )
    )
    connection.execute(update(station).where(station.c.station == code).values(changed_at=at))


def rows(connection: Connection) -> list[tuple[str, str, str | None, str, bool]]:
    """(kind, place, station, device, open) of all alarms, oldest first."""
    found = connection.execute(select(alarm).order_by(alarm.c.id))
    return [(r.kind, r.place, r.station, r.device, r.cleared_at is None) for r in found]
