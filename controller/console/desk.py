"""The desk: everything an operator does, one obvious next step at a time.

Left the queue and the dossiers in flight, right the work: the selected dossier, or the queue in
full. The station leads: a dossier that needs the operator is selected by itself, unless the
operator has just chosen or is typing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui
from starlette.requests import Request

from controller import commands as c
from controller.console.dossier import dossier_panel
from controller.console.frame import Console, Frame
from controller.console.panels import place_word
from controller.console.parts import Tag
from controller.console.queueing import call_panel, group_counts, queue_panel
from controller.console.region import paused_note
from controller.console.steps import ATTENTION, WAYS_OUT, step, urgency
from controller.console.trouble import trouble_panel
from controller.console.unlock import unlock_form
from controller.views import DossierView, StationView
from edge.journal.events import TicketKind
from ground.error import NotAllowed
from ground.text import N_

NOBODY = N_("A card was scanned, but nobody is being identified.")


class Desk(Frame[StationView]):
    """``mode`` is the form opened over the work ("" none); ``pinned`` the operator's own choice."""

    def __init__(self, console: Console, request: Request) -> None:
        self.mode = ""
        self.pinned: tuple[str, str] | None = None
        super().__init__(console, request, console.service.view)

    # ---- which dossier -----------------------------------------------------------------------

    def selected(self, view: StationView) -> DossierView | None:
        """The dossier on the right: the pinned one, else the neediest, those of this desk first."""
        if self.pinned is not None:
            return next((d for d in view.dossiers if d.id == self.pinned[0]), None)
        at_desk = sorted(view.dossiers, key=lambda d: (d.desk != self.desk, urgency(d)))
        return at_desk[0] if at_desk else None

    def settle(self) -> None:
        """Pin a dossier while it needs the operator; let go of it when its step is over.

        A form that is open for it closes with the step; one that every step offers (to refer, to
        end) stays while it may be used: it must not vanish under the operator's finger.
        """
        id, pinned_step = self.pinned or ("", "")
        pinned = next((d for d in self.view.dossiers if d.id == id), None)
        if pinned is not None and self.mode in WAYS_OUT and self.mode in pinned.allowed:
            self.pinned = (id, step(pinned))
        elif pinned is None or step(pinned) != pinned_step:
            self.pinned = None
            self.mode = "queue" if self.mode == "queue" else ""
        neediest = self.selected(self.view)
        if self.pinned is None and neediest is not None and step(neediest) in ATTENTION:
            self.pinned = (neediest.id, step(neediest))

    def pin(self, dossier: DossierView) -> None:
        self.pinned, self.mode = (dossier.id, step(dossier)), ""

    def open_form(self, mode: str) -> None:
        """Open a form for the selected dossier; it stays selected while it is open."""
        dossier = self.selected(self.view)
        if dossier is not None and mode != "queue":
            self.pin(dossier)
        self.mode = mode

    def close_form(self) -> None:
        self.mode = ""

    def pin_next(self) -> None:
        """The dossier after the selected one, round and round."""
        ids = [d.id for d in self.view.dossiers]
        current = self.selected(self.view)
        if current is not None:
            self.pin(self.view.dossiers[(ids.index(current.id) + 1) % len(ids)])

    # ---- what happens ------------------------------------------------------------------------

    async def check_in(self, day: int | None = None, ticket: int | None = None) -> None:
        """The person of a ticket, or one without, is here: open the dossier and show it."""
        made = await self.do(c.OpenDossier(self.desk, day, ticket))
        assert isinstance(made, c.DossierRef)
        self.mode = ""
        self.refresh()
        for dossier in self.view.dossiers:
            if dossier.id == made.dossier:
                self.pin(dossier)

    async def issue_all(self, group: str) -> None:
        """A ticket for each of the group's people who has none yet."""
        while True:
            issued, people = group_counts(self.service.view(self.token), group)
            if issued >= people:
                return
            await self.do(c.IssueTicket(TicketKind.GROUP, group))

    async def scanned(self, text: str) -> None:
        """A keyboard-wedge scanner typed a card's content."""
        waiting = [d for d in self.view.dossiers if d.stage == "checked_in" and not d.finding]
        chosen = self.selected(self.view)
        for dossier in sorted(waiting, key=lambda d: (d != chosen, d.desk != self.desk)):
            self.mode = ""
            await self.do(c.ReadCard(dossier.id, text))
            return
        raise NotAllowed("scan without dossier", NOBODY)


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
