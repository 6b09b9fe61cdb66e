"""What forms of the desk share: the dossier as it is now, the ways out, reasons to choose from."""

from __future__ import annotations

from collections.abc import Callable

from controller import commands as c
from controller.console.desk import Desk
from controller.console.frame import Action
from controller.console.parts import Tag
from controller.views import DossierView


def find(desk: Desk, id: str) -> DossierView:
    """The dossier as it is now. It exists while its panel does."""
    return next(d for d in desk.view.dossiers if d.id == id)


def ways_out(desk: Desk, id: str, *, aside: bool = False) -> None:
    """Refer and abandon; step aside where a device is held."""
    with Tag("div", classes="ways-out"):
        if aside:
            desk.button(desk.say("Step aside"), desk.doing(c.StepAside(id)), look="small quiet")
        allowed = find(desk, id).allowed
        if "refer" in allowed:
            refer = desk.say("Refer for correction")
            desk.button(refer, lambda: desk.open_form("refer"), look="small quiet")
        if "abandon" in allowed:
            end = desk.say("End without capture")
            desk.button(end, lambda: desk.open_form("abandon"), look="small quiet")


def reasons(
    desk: Desk, question: str, words: dict[str, str], command: Callable[[str], c.Command]
) -> None:
    with Tag("div", classes="panel"):
        Tag("h2", question)
        with Tag("div", classes="choices"):
            for value, label in words.items():
                desk.button(desk.say(label), _chosen(desk, command(value)))
        back(desk)


def _chosen(desk: Desk, command: c.Command) -> Action:
    async def choose() -> None:
        await desk.do(command)
        desk.close_form()

    return choose


def back(desk: Desk) -> None:
    with Tag("div", classes="actions"):
        desk.button(desk.say("Back"), desk.close_form, key="F6").props["data-escape"] = 1
