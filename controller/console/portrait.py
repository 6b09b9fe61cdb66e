"""The portrait: live picture, what to mend in large letters, and every check as a tick or cross."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui

from controller import commands as c
from controller.console.frame import Tag
from controller.console.steps import find, reasons, ways_out
from controller.console.words import CHECKS, FORCED
from controller.views import CheckView, StationView
from edge.journal.events import ForcedReason

if TYPE_CHECKING:
    from controller.console.desk import Desk


def panel(desk: Desk, id: str, mode: str) -> None:
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
            desk.region(lambda v: _advice(v, desk, id), lambda text: _draw_advice(desk, text))
            desk.region(lambda v: _ticks(v, desk, id), lambda ticks: _draw_ticks(desk, ticks))
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


def _failing(checks: tuple[CheckView, ...]) -> str:
    return next((check.advice for check in checks if not check.passed), "")


def _advice(view: StationView, desk: Desk, id: str) -> tuple[bool, str]:
    checks = find(desk, id).checks
    return bool(checks), _failing(checks)


def _draw_advice(desk: Desk, shown: tuple[bool, str]) -> None:
    seen, advice = shown
    text = desk.say(advice) if advice else desk.say("Good. Keep still.") if seen else ""
    Tag("p", text, "mend" if advice else "good").props["aria-live"] = "polite"


def _ticks(view: StationView, desk: Desk, id: str) -> tuple[tuple[str, bool], ...]:
    return tuple((check.name, check.passed) for check in find(desk, id).checks)


def _draw_ticks(desk: Desk, ticks: tuple[tuple[str, bool], ...]) -> None:
    with Tag("ul", classes="ticks"):
        for name, passed in ticks:
            label = desk.say(CHECKS.get(name, name))
            Tag("li", f"{'✓' if passed else '✗'} {label}", "passed" if passed else "failed")
