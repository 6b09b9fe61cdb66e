"""Fingers: two hands with the next position marked, quality and tries, missing, take again."""

from __future__ import annotations

from html import escape

from nicegui import ui

from controller import commands as c
from controller.console.desk import Desk
from controller.console.forms import find, reasons, ways_out
from controller.console.frame import Frame
from controller.console.panels import Panel
from controller.console.parts import Tag
from controller.stages.fingers.hands import hands_svg
from controller.views import DossierView, FingerView, StationView
from edge.journal.events import MissingReason, Position
from ground.text import N_
from ground.text.words import DEVICES, MISSING, POSITIONS


class FingersPanel(Panel):
    label = N_("Fingers")
    place = N_("Fingers")
    go_to = N_("Have your fingerprints taken")
    span = N_("Until the last finger")
    device = DEVICES["fingerprint"]

    def draw(self, desk: Desk, id: str, mode: str) -> None:
        _panel(desk, id, mode)

    def overview(self, desk: Desk, id: str) -> None:
        """The hands alone, where no finger is being taken."""
        desk.region(lambda v: _shown(find(desk, id)), lambda shown: draw_hands(desk, *shown))

    def again(self, desk: Desk, id: str) -> None:
        finger = desk.say("Take a finger again")
        desk.button(finger, lambda: desk.open_form("retake"), look="small quiet")

    def form(self, desk: Desk, id: str, mode: str) -> bool:
        if mode != "retake":
            return False
        retake(desk, id)
        return True

    def sheet(self, page: Frame[StationView], dossier: DossierView) -> list[tuple[str, str]]:
        taken = sum(f.state == "captured" for f in dossier.fingers)
        missing = [
            f"{page.say(POSITIONS[f.position])} ({page.say(MISSING[f.missing])})"
            for f in dossier.fingers
            if f.missing
        ]
        text = page.say("{count} of 10 taken", count=taken)
        return [(self.label, "; ".join([text, *missing]))]


PANEL = FingersPanel()


def _panel(desk: Desk, id: str, mode: str) -> None:
    if mode == "missing":
        _missing(desk, id)
        return
    if mode == "retake":
        retake(desk, id)
        return
    with Tag("div", classes="panel fingers"):
        desk.region(lambda v: _shown(find(desk, id)), lambda shown: draw_hands(desk, *shown))
        with Tag("div", classes="beside"):
            desk.region(lambda v: _next(find(desk, id)), lambda now: _draw_next(desk, *now))
            with Tag("div", classes="actions"):
                missing = desk.say("This finger is missing")
                desk.button(missing, lambda: desk.open_form("missing"), key="F6")
                again = desk.say("Take a finger again")
                desk.button(again, lambda: desk.open_form("retake"))
            ways_out(desk, id, aside=True)


def _shown(dossier: DossierView) -> tuple[tuple[tuple[str, str], ...], str | None]:
    return tuple((f.position, f.state) for f in dossier.fingers), dossier.next_position


def draw_hands(desk: Desk, states: tuple[tuple[str, str], ...], next: str | None) -> None:
    label = desk.say(POSITIONS[next]) if next else desk.say("All fingers are done")
    sides = (escape(desk.say("Left hand")), escape(desk.say("Right hand")))
    drawing = hands_svg(dict(states), next, escape(label), sides)
    ui.html(drawing, sanitize=False).classes("hands-place")


def _next(dossier: DossierView) -> tuple[str | None, int, int, int]:
    finger = next((f for f in dossier.fingers if f.position == dossier.next_position), None)
    done = sum(f.state in ("captured", "missing") for f in dossier.fingers)
    return dossier.next_position, finger.tries if finger else 0, _quality(finger), done


def _quality(finger: FingerView | None) -> int:
    return finger.quality if finger and finger.tries else -1


def _draw_next(desk: Desk, position: str | None, tries: int, quality: int, done: int) -> None:
    if position is None:
        Tag("p", desk.say("All fingers are done"), "good")
        return
    Tag("p", desk.say(POSITIONS[position]), "finger-name")
    Tag("p", desk.say("{done} of 10 fingers done", done=done))
    if tries:
        text = desk.say("Try {tries}: quality {quality} of 100", tries=tries, quality=quality)
        Tag("p", text, "mend")


def _missing(desk: Desk, id: str) -> None:
    position = find(desk, id).next_position
    if position is None:
        desk.close_form()
        return
    finger = desk.say(POSITIONS[position])
    reasons(
        desk,
        desk.say("Why can the {finger} not be taken?", finger=finger),
        MISSING,
        lambda reason: c.MarkFingerMissing(id, Position(position), MissingReason(reason)),
    )


def retake(desk: Desk, id: str) -> None:
    """Choose among the fingers that are done."""
    done = [f for f in find(desk, id).fingers if f.state in ("captured", "missing")]
    words = {f.position: _label(desk, f) for f in done}
    question = desk.say("Which finger is to be taken again?")
    reasons(desk, question, words, lambda position: c.RetakeFinger(id, Position(position)))


def _label(desk: Desk, finger: FingerView) -> str:
    name = desk.say(POSITIONS[finger.position])
    if finger.missing:
        return f"{name} · {desk.say(MISSING[finger.missing])}"
    return f"{name} · {finger.quality}"
