"""Alarms: what stands, for how long, who has it; and what was."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, update

from monitor import access
from monitor.access import AccessError, Account
from monitor.store import reading
from monitor.store.database import writing
from monitor.store.reading import Alarm
from monitor.store.schema import alarm
from monitor.web import cards, shell, words
from monitor.web.cards import card, table
from monitor.web.house import House
from monitor.web.live import Clock, Live
from monitor.web.markup import Markup, tag
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Visit


@dataclass(frozen=True)
class Alarms:
    now: int
    open: Sequence[Alarm]
    past: Sequence[Alarm]


def read(engine: Engine, clock: Clock, branch: str, kind: str = "") -> Alarms:
    """Alarms of a branch, all of them or those of one kind."""
    with engine.connect() as connection:
        return Alarms(
            clock(),
            [a for a in reading.open_alarms(connection, branch) if kind in ("", a.kind)],
            reading.past_alarms(connection, branch, kind=kind or None),
        )


def acknowledge(
    engine: Engine, reader: Reader, account: Account, id: int, note: str, now: int
) -> None:
    """Put a name and a note to an alarm. Raises AccessError when the account may not, the alarm is
    over or somebody has it already."""
    with writing(engine) as connection:
        found = reading.alarm_of(connection, id)
        if found is None or not account.sees(found.place):
            raise AccessError(reader.say("There is no such alarm in your branch of the region."))
        if not account.acknowledges:
            raise AccessError(reader.say("Your role may not acknowledge. Ask an operator."))
        if found.cleared_at is not None:
            raise AccessError(reader.say("The alarm is over already."))
        if found.acknowledged_at is not None:
            raise AccessError(reader.say("{who} has it already.", who=found.acknowledged_by or "–"))
        connection.execute(
            update(alarm)
            .where(alarm.c.id == id)
            .values(acknowledged_at=now, acknowledged_by=account.name, note=note[:500] or None)
        )
        target = found.station or found.place
        said = f"{found.kind} {id}" + (f": {note[:500]}" if note else "")
        access.record(connection, now, account.name, access.ACKNOWLEDGED, target, said)


def page(house: House, visit: Visit, path: str) -> Page[Alarms]:
    branch = visit.query.get("branch", "").strip("/") or visit.account.branch
    kind = visit.query.get("kind", "")
    if path or not visit.account.sees(branch) or kind not in ("", *words.KINDS):
        raise LookupError(path)
    return Page(
        lambda _: visit.reader.say("Alarms"),
        functools.partial(read, house.engine, house.clock, branch, kind),
        {
            "choose": lambda _: choose(visit, house.live, branch, kind),
            "standing": lambda m: standing(visit, house, m),
            "past": lambda m: past(visit, house, m),
        },
        about=frozenset(),
    )


def choose(visit: Visit, live: Live, branch: str, kind: str) -> Markup:
    """Which place's alarms, and of what kind."""
    reader = visit.reader
    places = [
        (path, live.places[path].name)
        for path in sorted(live.places)
        if visit.account.sees(path) and (path.count("/") < 2 or path == branch)
    ]
    kinds = sorted((reader.say(text), one) for one, text in words.KINDS.items())
    return shell.fragment(
        "alarms.html",
        reader,
        choices=[
            ("branch", reader.say("Place"), branch, [("", reader.say("All places")), *places]),
            (
                "kind",
                reader.say("Kind"),
                kind,
                [("", reader.say("All kinds")), *((one, text) for text, one in kinds)],
            ),
        ],
    )


def standing(visit: Visit, house: House, model: Alarms) -> Markup:
    """Open alarms: those that nobody has first."""
    reader = visit.reader
    rows = sorted(model.open, key=_urgent)
    drawn = [cards.alarm_row(visit, house.live, one, model.now) for one in rows]
    if not drawn:
        drawn = [tag("p", reader.say("✓ No open alarms."), class_="calm")]
    free = sum(a.acknowledged_at is None for a in model.open)
    title = reader.say("Open alarms: {n}", n=reader.count(len(model.open)))
    said = tag("small", reader.say("{n} not acknowledged", n=reader.count(free)))
    head = tag(
        "header", tag("h1", title), said, cards.exports(reader, "alarms"), class_="page-head"
    )
    return tag("section", head, tag("div", *drawn, class_="alarms"))


def _urgent(one: Alarm) -> tuple[bool, int, bool, int]:
    return one.acknowledged_at is not None, one.severity, one.station is not None, one.raised_at


def past(visit: Visit, house: House, model: Alarms) -> Markup:
    reader = visit.reader
    rows = [
        (
            reader.moment(one.raised_at, model.now),
            words.measured(reader, one),
            tag("a", one.station, href=f"/booth/{one.station}")
            if one.station
            else cards.name_of(house.live, one.place),
            reader.span((one.cleared_at or model.now) - one.raised_at),
            " ".join(filter(None, (one.acknowledged_by, one.note))) or "–",
        )
        for one in model.past
    ]
    head = (
        reader.say("Since"),
        reader.say("What"),
        reader.say("Where"),
        reader.say("How long"),
        reader.say("Who had it"),
    )
    inside = table(head, rows, (3,)) if rows else tag("p", reader.say("None yet."), class_="soft")
    return card(reader.say("Alarms that are over"), inside)
