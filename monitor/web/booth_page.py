"""The booth's page: puts its cards up and takes what people order."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

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
from ground.text.words import ORDERS
from monitor.web import booth, orders, shell
from monitor.web.alarms import acknowledging
from monitor.web.booth import OneBooth
from monitor.web.cards import card
from monitor.web.frame import Frame
from monitor.web.house import House
from monitor.web.markup import Markup, join, tag
from monitor.web.shell import Visit

LOG_LINES = 200


async def booth_page(house: House, request: Request, visit: Visit, code: str) -> Response | None:
    known = house.live.booths.get(code)
    if known is None or not visit.account.sees(known.place):
        return HTMLResponse(shell.not_here(visit.reader), 404)
    load = functools.partial(booth.read, house.engine, house.live, code)
    model = await asyncio.to_thread(load)
    ui.page_title(f"{code} · Trạm")
    page = Frame(house, request, visit, load, model, about=frozenset({code}), every_s=0.5)
    live = house.live
    with ui.element("main").classes("page booth-page"):
        page.region(lambda m: booth.head(visit, live, m))
        page.region(lambda m: booth.alarms(visit, live, m))
        with ui.element("div").classes("columns"):
            with ui.element("div").classes("column-wide"):
                page.region(lambda m: booth.today(visit, m), "o1")
                with ui.element("div").classes("halves"):
                    page.region(lambda m: booth.steps(visit, m), "o4")
                    page.region(lambda m: booth.devices(visit, m), "o5")
                    page.region(lambda m: booth.availability(visit, m), "o6")
                    page.region(lambda m: booth.ledger(visit, m), "o7")
                page.region(lambda m: booth.facts(visit, m), "o9")
            with ui.element("div").classes("column-side"):
                page.region(lambda m: booth.queue(visit, m), "o2")
                page.region(lambda m: commanding(visit, m), "o3")
                page.region(lambda m: booth.host(visit, m), "o8")
    page.on("acknowledge", acknowledging(page))
    page.on("order", ordering(page, code))
    return None


def commanding(visit: Visit, model: OneBooth) -> Markup:
    """The buttons that this role has, and what became of the last commands."""
    reader = visit.reader
    paused = model.booth.paused
    kinds: list[tuple[type[AnyOrder], str]] = [
        (Locate, "locate"),
        (ReportNow, "report_now"),
        (SendLogs, "send_logs"),
        (ResumeIntake, "resume_intake") if paused else (PauseIntake, "pause_intake"),
        (SetTarget, "set_target"),
    ]
    buttons = [
        tag("button", reader.say(ORDERS[name]), type="button", class_="button",
            data_do="order", data_with=name)
        for kind, name in kinds
        if visit.account.role in MAY[kind]
    ]  # fmt: skip
    if buttons:
        given = tag("div", *buttons, class_="row")
    else:
        given = tag("p", reader.say("Your role sees and does not command."), class_="soft")
    if visit.account.role in MAY[SendLogs]:
        logs = f"/booth/{model.booth.code}/logs"
        given = join(given, tag("a", reader.say("The last logs"), href=logs, class_="soft"))
    return card(reader.say("Commands"), given, booth.commands(visit, model))


def ordering(page: Frame[OneBooth], code: str) -> Callable[[str], Awaitable[None]]:
    """Ask, then give the command."""
    reader = page.reader

    async def order(kind: str) -> None:
        made = await _asked(page, kind, code)
        if made is None:
            return
        give = functools.partial(orders.give, page.house, reader, page.account, code, made)
        await asyncio.to_thread(give)
        ui.notify(reader.say("Ordered. What becomes of it shows below the buttons."), type="info")

    return order


async def _asked(page: Frame[OneBooth], kind: str, code: str) -> AnyOrder | None:
    """The order that was confirmed, None when it was not."""
    say = page.reader.say
    if kind == "set_target":
        return await _target(page, code)
    simple: dict[str, tuple[AnyOrder, str]] = {
        "locate": (Locate(), say("{code} lights up and buzzes for 15 seconds.", code=code)),
        "report_now": (ReportNow(), say("{code} sends every figure afresh.", code=code)),
        "send_logs": (
            SendLogs(LOG_LINES),
            say("{code} sends the last {n} lines of its log.", code=code, n=LOG_LINES),
        ),
        "pause_intake": (
            PauseIntake(),
            say("{code} gives no new tickets. People who have one are served.", code=code),
        ),
        "resume_intake": (ResumeIntake(), say("{code} gives tickets again.", code=code)),
    }
    if kind not in simple:
        return None
    order, question = simple[kind]
    danger = kind == "pause_intake"
    agreed = await page.confirm(question, say(ORDERS[kind]), danger=danger)
    return None if agreed is None else order


async def _target(page: Frame[OneBooth], code: str) -> SetTarget | None:
    """A small form: dossiers a day, from when, until when."""
    say, shown = page.reader.say, page.model.booth
    hours = shown.hours
    with page.client, ui.dialog() as dialog, ui.element("form").classes("ask") as form:
        ui.html(tag("p", say("Target and opening hours of {code}", code=code)), sanitize=False)
        count = ui.input(say("Dossiers a day"), value=f"{shown.per_day or 200}")
        opens = ui.input(say("Opens"), value=_clock(hours.opens))
        closes = ui.input(say("Closes"), value=_clock(hours.closes))
        count.props("outlined dark inputmode=numeric maxlength=4")
        opens.props("outlined dark type=time")
        closes.props("outlined dark type=time")
        with ui.element("div").classes("row"):
            ui.html(tag("button", say("Set target and hours"), type="submit",
                        class_="button main"), sanitize=False)  # fmt: skip
            with ui.element("button").classes("button").props("type=button") as stop:
                ui.label(say("Cancel"))
            stop.on("click", lambda: dialog.submit(None))
        form.on("submit.prevent", lambda: dialog.submit(True), [])
    agreed = await dialog
    if not dialog.is_deleted:  # it is, when the page was closed meanwhile
        dialog.delete()
    if not agreed:
        return None
    per_day = str(count.value).strip()
    begin, end = _minute(str(opens.value)), _minute(str(closes.value))
    if not per_day.isdecimal() or begin is None or end is None:
        ui.notify(say("Write a whole number and two clock times, then try again."), type="warning")
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
