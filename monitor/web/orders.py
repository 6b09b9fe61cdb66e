"""Commands from a page or a program to a booth: checked by branch and role, signed, audited.

They are rows until an ingest worker sends them; what happens to them is read from there.
"""

from __future__ import annotations

import secrets

import msgspec
from sqlalchemy import insert, select

from edge.report.orders import (
    AnyOrder,
    Command,
    Locate,
    Order,
    PauseIntake,
    ReportNow,
    ResumeIntake,
    SendLogs,
    SetTarget,
    sign,
)
from ground.decode import from_json
from ground.text.words import COMMAND_OUTCOMES
from monitor import access
from monitor.access import AccessError, Account
from monitor.store.database import writing
from monitor.store.reading import Ordered
from monitor.store.schema import command, station
from monitor.web.house import House
from monitor.web.reader import Reader

_anything = from_json(object)

LASTS_S: dict[type[Order], int] = {
    Locate: 120,  # whoever looks for it stands there now
    ReportNow: 600,
    SendLogs: 3600,
    PauseIntake: 3600,
    ResumeIntake: 3600,
    SetTarget: 24 * 3600,
}
"""How long a booth that is away may still run it when it is back."""


def give(house: House, reader: Reader, account: Account, code: str, order: AnyOrder) -> str:
    """Sign and file a command; its id. Raises AccessError when the account may not."""
    if house.key is None:
        raise AccessError(
            reader.say("This region has no command key. Make one with “tram monitor key”.")
        )
    now = house.clock()
    with writing(house.engine) as connection:
        place = connection.scalar(select(station.c.place).where(station.c.station == code))
        if place is None or not account.sees(place):
            raise AccessError(reader.say("There is no such booth in your branch of the region."))
        if not account.may(type(order)):
            raise AccessError(
                reader.say("Your role may not give this command. Ask an administrator.")
            )
        expires = now + LASTS_S[type(order)] * 1000
        made = Command(secrets.token_hex(8), code, account.role, now, expires, order)
        connection.execute(
            insert(command).values(
                id=made.id,
                station=code,
                order=msgspec.json.encode(order).decode(),
                wire=sign(made, house.key),
                by=account.name,
                role=account.role,
                issued_at=now,
                expires_at=expires,
            )
        )
        access.record(
            connection,
            now,
            account.name,
            access.COMMANDED,
            code,
            f"{kind_of(msgspec.json.encode(order).decode())} {made.id}",
        )
    return made.id


def kind_of(order: str) -> str:
    """``["locate",15]`` → ``locate``."""
    read = _anything(order.encode())
    return str(read[0]) if isinstance(read, list) and read else "?"


def state(reader: Reader, row: Ordered, now: int) -> tuple[str, str]:
    """(look, words) of how far a command is: "good", "bad" or ""."""
    if row.outcome is not None:
        said = reader.say(COMMAND_OUTCOMES.get(row.outcome, row.outcome))
        return ("good" if row.outcome == "done" else "bad"), said
    if now > row.expires_at:
        if row.sent_at is None:
            return "bad", reader.say("expired: the booth was not there")
        return "bad", reader.say("expired without an answer")
    if row.sent_at is not None:
        return "", reader.say("sent, not answered yet")
    return "", reader.say("waits to be sent")
