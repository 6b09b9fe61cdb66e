"""What the citizen reads before the green button: large type, plain words, nothing to learn.

Without ``dossier`` in the address (a second screen turned to the citizen) the page follows the
dossier that is in review at its desk.
"""

from __future__ import annotations

from dataclasses import replace

from nicegui import ui
from starlette.requests import Request

from controller import commands as c
from controller.console import panels
from controller.console.frame import Console, Frame
from controller.console.identify import fields_of
from controller.console.parts import Tag
from controller.console.steps import step
from controller.console.words import FIELDS
from controller.views import DossierView, Message, StationView
from edge.journal.events import Delivery
from ground.text.words import DELIVERIES

SHOWN = ("name", "number", "birth", "sex", "residence")


class Review(Frame[StationView]):
    """``back``: the operator turned his own screen; it returns to the desk at the end."""

    def __init__(self, console: Console, request: Request) -> None:
        self.back = "back" in request.query_params
        self.wrong = False
        super().__init__(console, request, console.service.view)

    def reviewed(self, view: StationView) -> DossierView | None:
        for dossier in view.dossiers:
            named = dossier.id == self.dossier
            here = not self.dossier and dossier.desk == self.desk
            if (named or here) and step(dossier) == "review":
                return dossier
        return None

    def settle(self) -> None:
        if self.reviewed(self.view) is None:
            self.wrong = False
            if self.back:
                self.back = False
                with self.client:  # the green button arrives by the pulse, which has no page
                    ui.navigate.to(self.address("/"))


def review_page(console: Console, request: Request) -> None:
    page = Review(console, request)

    def shown(view: StationView) -> tuple[bool, DossierView | None, bool]:
        return view.operator is None, _still(page.reviewed(view)), page.wrong

    with Tag("main", classes="page citizen"):
        page.show_advice()
        page.region(shown, lambda shown: _draw(page, *shown), "fill")


def _still(dossier: DossierView | None) -> DossierView | None:
    """Without what changes while the citizen reads and is not shown."""
    return replace(dossier, checks=(), waits_for=(), prompt=NONE) if dossier else None


NONE = Message("")


def _draw(page: Review, locked: bool, dossier: DossierView | None, wrong: bool) -> None:
    if dossier is None:
        with Tag("div", classes="centre"):
            Tag("h1", page.view.name)
            if locked:
                Tag("p", page.say("The operator unlocks the station first."))
            else:
                Tag("p", page.say("Your data appear here when it is your turn."))
        return
    with Tag("header", classes="top"):
        Tag("strong", page.say("Is everything right?"))
        with Tag("nav"):
            page.language_switch()
    if wrong:
        _wrong(page)
        return
    with Tag("div", classes="sheet"):
        with Tag("div", classes="pictures"):
            for panel in panels.taken(dossier):
                panel.sheet_picture(page, dossier)
        _data(page, dossier)
    _buttons(page, dossier.id)


def _data(page: Review, dossier: DossierView) -> None:
    values = fields_of(page, dossier.person) if dossier.person else {}
    with Tag("dl"):
        for name in SHOWN:
            if value := values.get(name):
                Tag("dt", page.say(FIELDS[name]))
                Tag("dd", value, name)
        for panel in panels.taken(dossier):
            for label, taken in panel.sheet(page, dossier):
                Tag("dt", page.say(label))
                Tag("dd", taken)
        Tag("dt", page.say("Your card"))
        Tag("dd", page.say(DELIVERIES[dossier.delivery or Delivery.IN_PERSON]))


def _buttons(page: Review, id: str) -> None:
    async def wrong() -> None:
        page.wrong = True

    with Tag("div", classes="decide"):
        confirm = page.say("Everything is right")
        page.button(confirm, page.doing(c.Confirm(id)), look="go huge", next=True)
        page.button(page.say("Something is wrong"), wrong, look="huge", key="F6")
    Tag("p", page.say("Or press the green button."), "hint")


def _wrong(page: Review) -> None:
    def again() -> None:
        page.wrong = False

    with Tag("div", classes="centre"):
        Tag("h1", page.say("Please tell the operator what is wrong."))
        page.button(page.say("Show it again"), again, look="huge", key="F6")
        if page.back:
            desk = page.address("/")
            to_desk = page.say("Operator: back to the desk")
            page.button(to_desk, lambda: ui.navigate.to(desk), look="main huge", next=True)
