"""The desk's page: everything an operator does, one obvious next step at a time.

Left the queue and the dossiers in flight, right the work: the selected dossier, or the queue in
full. Which one is selected, ``desk`` decides.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from controller import commands as c
from controller.console.desk import Desk
from controller.console.dossier import dossier_panel
from controller.console.frame import Console
from controller.console.panels import place_word
from controller.console.parts import Tag
from controller.console.queueing import call_panel, queue_panel
from controller.console.region import paused_note
from controller.console.steps import ATTENTION, step
from controller.console.trouble import trouble_panel
from controller.console.unlock import unlock_form
from controller.views import DossierView, StationView


def desk_page(console: Console, request: Request) -> None:
    desk = Desk(console, request)

    async def scanned(event: Any) -> None:
        await desk.run(lambda: desk.scanned(str(event.args)))

    ui.on("scan", scanned)
    with Tag("main", classes="page"):
        desk.region(lambda v: (v.station, v.name, v.locked, v.operator), lambda _: header(desk))
        desk.show_advice()
        desk.region(lambda v: v.operator is None, lambda locked: body(desk, locked), "fill")


def header(desk: Desk) -> None:
    view = desk.view
    with Tag("header", classes="top"):
        Tag("strong", desk.say("Desk {number}", number=desk.desk))
        Tag("span", f"{view.name} · {view.station}", "where")
        with Tag("nav"):
            desk.link(desk.say("Shift"), desk.address("/shift"))
            desk.link(desk.say("Technician"), desk.address("/technician"))
            desk.language_switch()
            if view.operator is not None:
                lock = desk.say("Lock {operator}", operator=view.operator)
                desk.button(lock, desk.doing(c.Lock()), look="small", key="F10")


def body(desk: Desk, locked: bool) -> None:
    if locked:
        unlock_form(desk)
        return
    trouble_panel(desk)
    with Tag("div", classes="desk"):
        with Tag("aside", classes="rail"):
            paused_note(desk)
            call_panel(desk)
            strip(desk)
        with Tag("section", classes="work"):
            desk.region(lambda _: desk.mode == "queue", lambda queue: work(desk, queue), "fill")


def work(desk: Desk, queue: bool) -> None:
    if queue:
        queue_panel(desk)
    else:
        desk.region(lambda v: _id(desk.selected(v)), lambda chosen: dossier_panel(desk, chosen))


def _id(dossier: DossierView | None) -> str | None:
    return dossier.id if dossier else None


def strip(desk: Desk) -> None:
    """The dossiers in flight: number and place; those that need the operator are marked."""
    with Tag("div", classes="strip-place"):
        desk.rows(
            lambda v: [(d.id, d.ticket) for d in v.dossiers], lambda d: _chip(desk, *d), "strip"
        )
        desk.region(lambda v: len(v.dossiers) > 1, lambda several: _next(desk, several), "stack")


def _chip(desk: Desk, id: str, ticket: int | None) -> None:
    def shown(view: StationView) -> DossierView:
        return next(d for d in view.dossiers if d.id == id)

    def place(view: StationView) -> str:
        now = shown(view).place
        return desk.say(place_word(now))

    def marks(view: StationView) -> str:
        attention = step(shown(view)) in ATTENTION
        chosen = id == _id(desk.selected(view))
        return "chip" + (" chosen" if chosen else "") + (" attention" if attention else "")

    box = Tag("button")
    box.props["type"] = "button"
    with box:
        Tag("b", str(ticket) if ticket is not None else id.split("-")[1].lstrip("0"))
        desk.changing("span", place)
    desk.follow(marks, lambda classes: box.classes(replace=classes))
    box.on("click", _chooser(desk, id), [])


def _next(desk: Desk, several: bool) -> None:
    if several:
        desk.button(desk.say("Next dossier"), desk.pin_next, look="quiet", key="F7")


def _chooser(desk: Desk, id: str) -> Callable[[], Awaitable[None]]:
    def pin() -> None:
        for dossier in desk.view.dossiers:
            if dossier.id == id:
                desk.pin(dossier)

    async def choose() -> None:
        await desk.run(pin)

    return choose
