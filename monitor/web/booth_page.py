"""The booth's page: puts its cards together and takes what people order.

Each order is a question on a page of its own and a POST that looks the session up: nothing that an
open page remembers is an authority.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.report.orders import (
    MAY,
    AnyOrder,
    Locate,
    PauseIntake,
    ReportNow,
    ResumeIntake,
    SendLogs,
    SetTarget,
)
from ground.text import N_
from ground.text.words import ORDERS
from monitor.store.fleet import Booth
from monitor.web import booth
from monitor.web.booth import OneBooth
from monitor.web.cards import card
from monitor.web.house import House
from monitor.web.markup import Markup, join, tag
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Field, Visit

LOG_LINES = 200
USUAL_PER_DAY = 200


def page(house: House, visit: Visit, path: str) -> Page[OneBooth]:
    live = house.live
    known(house, visit, path)
    return Page(
        lambda _: path,
        functools.partial(booth.read, house.engine, live, path),
        {
            "head": lambda m: booth.head(visit, live, m),
            "alarms": lambda m: booth.alarms(visit, live, m),
            "today": lambda m: booth.today(visit, m),
            "steps": lambda m: booth.steps(visit, m),
            "devices": lambda m: booth.devices(visit, m),
            "availability": lambda m: booth.availability(visit, m),
            "ledger": lambda m: booth.ledger(visit, m),
            "facts": lambda m: booth.facts(visit, m),
            "queue": lambda m: booth.queue(visit, m),
            "commanding": lambda m: commanding(visit, m),
            "host": lambda m: booth.host(visit, m),
            "people": lambda m: booth.people(visit, m),
        },
        template="booth.html",
        look="booth-page",
        about=frozenset({path}),
        every_s=0.5,
    )


def known(house: House, visit: Visit, code: str) -> Booth:
    """Raises LookupError when there is no such booth for them."""
    found = house.live.booths.get(code)
    if found is None or not visit.account.sees(found.place):
        raise LookupError(code)
    return found


def commanding(visit: Visit, model: OneBooth) -> Markup:
    """The buttons that this role has, and what became of the last commands."""
    reader, code = visit.reader, model.booth.code
    kinds: list[tuple[type[AnyOrder], str]] = [
        (Locate, "locate"),
        (ReportNow, "report_now"),
        (SendLogs, "send_logs"),
        (ResumeIntake, "resume_intake") if model.booth.paused else (PauseIntake, "pause_intake"),
        (SetTarget, "set_target"),
    ]
    buttons = [
        tag(
            "a",
            reader.say(ORDERS[name]),
            class_="button",
            data_with=name,
            href=f"/booth/{code}/order/{name}",
        )
        for kind, name in kinds
        if visit.account.role in MAY[kind]
    ]
    if buttons:
        given = tag("div", *buttons, class_="row")
    else:
        given = tag("p", reader.say("Your role may look, but not give commands."), class_="soft")
    if visit.account.role in MAY[SendLogs]:
        logs = tag("a", reader.say("The last logs"), href=f"/booth/{code}/logs")
        given = join(given, tag("p", logs, class_="soft"))
    return card(reader.say("Commands"), given, booth.commands(visit, model))


@dataclass(frozen=True)
class Question:
    """What is asked before a booth is ordered. ``made``: the order from what was filled in, None
    when that is no order."""

    kind: type[AnyOrder]
    question: str
    made: Callable[[Mapping[str, str]], AnyOrder | None]
    danger: bool = False


QUESTIONS: dict[str, Question] = {
    "locate": Question(
        Locate, N_("{code} lights up and buzzes for 15 seconds."), lambda _: Locate()
    ),
    "report_now": Question(
        ReportNow, N_("{code} sends every figure afresh."), lambda _: ReportNow()
    ),
    "send_logs": Question(
        SendLogs, N_("{code} sends the last {n} lines of its log."), lambda _: SendLogs(LOG_LINES)
    ),
    "pause_intake": Question(
        PauseIntake,
        N_("{code} gives no new tickets. People who have one are served."),
        lambda _: PauseIntake(),
        danger=True,
    ),
    "resume_intake": Question(
        ResumeIntake, N_("{code} gives tickets again."), lambda _: ResumeIntake()
    ),
    "set_target": Question(
        SetTarget, N_("Target and opening hours of {code}"), lambda given: _target(given)
    ),
}


def fields(reader: Reader, kind: str, shown: Booth, given: Mapping[str, str]) -> list[Field]:
    """What is to be filled in, as it is now or as it was ``given``."""
    if kind != "set_target":
        return []
    hours = shown.hours
    return [
        Field(
            "per_day",
            reader.say("Dossiers a day"),
            given.get("per_day", f"{shown.per_day or USUAL_PER_DAY}"),
            "number",
            True,
        ),
        Field("opens", reader.say("Opens"), given.get("opens", _clock(hours.opens)), "time", True),
        Field(
            "closes", reader.say("Closes"), given.get("closes", _clock(hours.closes)), "time", True
        ),
    ]


def _target(given: Mapping[str, str]) -> SetTarget | None:
    per_day = given.get("per_day", "").strip()
    begin, end = _minute(given.get("opens", "")), _minute(given.get("closes", ""))
    if not (per_day.isdecimal() and len(per_day) < 7) or begin is None or end is None:
        return None
    return SetTarget(int(per_day), begin, end)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _minute(clock: str) -> int | None:
    hours, _, minutes = clock.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal()):
        return None
    at = int(hours) * 60 + int(minutes)
    return at if 0 <= at <= 1440 else None
