"""The portrait: live picture, what to mend in large letters, and every check as a tick or cross."""

from __future__ import annotations

from nicegui import ui

from controller import commands as c
from controller.console.desk import Desk
from controller.console.forms import find, reasons, ways_out
from controller.console.frame import Frame
from controller.console.panels import Panel
from controller.console.parts import Tag
from controller.views import DossierView, Message, StationView
from edge.journal.events import ForcedReason
from ground.text import N_
from ground.text.words import DEVICES, FORCED


class PortraitPanel(Panel):
    label = N_("Portrait")
    place = N_("Camera")
    go_to = N_("Have your photo taken")
    span = N_("Until the portrait")
    device = DEVICES["camera"]
    prompts = True

    def draw(self, desk: Desk, id: str, mode: str) -> None:
        _panel(desk, id, mode)

    def picture(self, desk: Desk, id: str) -> None:
        picture = ui.element("img").classes("portrait-taken")
        picture.props["src"] = f"/console/portrait/{id}.png"
        picture.props["alt"] = desk.say("Portrait")

    def again(self, desk: Desk, id: str) -> None:
        portrait = desk.say("Take portrait again")
        desk.button(portrait, desk.doing(c.RetakePortrait(id)), look="small quiet")

    def sheet_picture(self, page: Frame[StationView], dossier: DossierView) -> None:
        picture = ui.element("img")
        picture.props["src"] = f"/console/portrait/{dossier.id}.png"
        picture.props["alt"] = page.say("Portrait")


PANEL = PortraitPanel()


def _panel(desk: Desk, id: str, mode: str) -> None:
    if mode == "force":
        reasons(
            desk,
            desk.say("Why is the portrait taken although a check fails?"),
            FORCED,
            lambda reason: c.TakePortrait(id, ForcedReason(reason)),
        )
        return
    with Tag("div", classes="panel portrait"):
        live_picture(desk.say("Live picture of the camera"))
        with Tag("div", classes="beside"):
            desk.region(lambda _: _advice(find(desk, id)), lambda said: _draw_advice(desk, *said))
            desk.region(lambda _: _ticks(find(desk, id)), lambda ticks: _draw_ticks(desk, ticks))
            with Tag("div", classes="actions"):
                take = desk.say("Take portrait")
                desk.button(take, desk.doing(c.TakePortrait(id)), look="main", next=True)
                force = desk.say("Take it all the same")
                desk.button(force, lambda: desk.open_form("force"), key="F6")
            ways_out(desk, id, aside=True)


def live_picture(label: str) -> None:
    picture = ui.element("img").classes("preview")
    picture.props["data-live"] = "/console/preview.jpg"
    picture.props["alt"] = label


CHECKS = {
    "face": N_("Face found"),
    "single": N_("One person"),
    "centred_x": N_("In the middle"),
    "centred_y": N_("Height"),
    "eye_distance": N_("Distance"),
    "eyes_level": N_("Head straight"),
    "eyes_open": N_("Eyes open"),
    "sharpness": N_("Sharp"),
    "face_light": N_("Light on the face"),
    "background_spread": N_("Background even"),
    "background_light": N_("Background bright"),
}
KEEP_STILL = Message(N_("Good. Keep still."))


def _advice(dossier: DossierView) -> tuple[Message, str]:
    """What to say now, and whether something is to be mended ("mend") or all is "good"."""
    failing = next((check.advice for check in dossier.checks if not check.passed), None)
    if failing is not None:
        return Message(failing), "mend"
    return (KEEP_STILL, "good") if dossier.checks else (dossier.prompt, "")


def _draw_advice(desk: Desk, said: Message, look: str) -> None:
    Tag("p", desk.tell(said), f"advise {look}").props["aria-live"] = "polite"


def _ticks(dossier: DossierView) -> tuple[tuple[str, bool], ...]:
    return tuple((check.name, check.passed) for check in dossier.checks)


def _draw_ticks(desk: Desk, ticks: tuple[tuple[str, bool], ...]) -> None:
    with Tag("ul", classes="ticks"):
        for name, passed in ticks:
            label = desk.say(CHECKS.get(name, name))
            Tag("li", f"{'✓' if passed else '✗'} {label}", "passed" if passed else "failed")
