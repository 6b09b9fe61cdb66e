"""The selected dossier: who, how far, what to say now, and the panel of its present step."""

from __future__ import annotations

from controller import commands as c
from controller.console import finish, identify, panels
from controller.console.desk import Desk
from controller.console.forms import find, reasons, ways_out
from controller.console.parts import Tag
from controller.console.steps import step
from controller.views import DossierView, Message, StationView
from edge.journal.events import AbandonReason, ReferralReason
from ground.text import N_
from ground.text.words import ABANDONS, KINDS, REFERRALS


def dossier_panel(desk: Desk, chosen: str | None) -> None:
    if chosen is None:
        with Tag("div", classes="centre"):
            Tag("h1", desk.say("Nobody is at the desk"))
            Tag("p", desk.say("Call the next person, or open a dossier without a ticket (F8)."))
        return

    def of(view: StationView) -> DossierView:
        return next(d for d in view.dossiers if d.id == chosen)

    desk.region(lambda v: _head(of(v)), lambda head: _draw_head(desk, *head))
    desk.region(lambda v: _prompt(desk, of(v)), lambda prompt: _draw_prompt(desk, prompt))
    desk.region(
        lambda v: (step(of(v)), desk.mode),
        lambda shown: _draw_step(desk, chosen, *shown),
        "step",
    )


def _head(dossier: DossierView) -> tuple[object, ...]:
    name = dossier.person.name if dossier.person else ""
    return dossier.id, dossier.ticket, dossier.kind, name, _progress(dossier)


def _progress(dossier: DossierView) -> tuple[tuple[str, str], ...]:
    """Each step's name, and "done", "now" or ""."""
    identified = dossier.stage != "checked_in"
    over = dossier.stage not in ("checked_in", "identified")
    steps = [
        (N_("Identify"), identified, not identified),
        *(
            (panel.label, capture.done, dossier.place == capture.place)
            for panel, capture in zip(panels.taken(dossier), dossier.captures, strict=True)
        ),
        (N_("Review"), over, not over and dossier.place == "review"),
        (N_("Papers"), False, over),
    ]
    return tuple((label, "now" if now else "done" if done else "") for label, done, now in steps)


def _draw_head(
    desk: Desk,
    id: str,
    ticket: int | None,
    kind: str,
    name: str,
    progress: tuple[tuple[str, str], ...],
) -> None:
    with Tag("div", classes="dossier-head"):
        with Tag("div", classes="who"):
            Tag("b", str(ticket) if ticket is not None else "–")
            Tag("strong", name or desk.say("Not identified yet"))
            Tag("small", f"{id} · {desk.say(KINDS[kind])}")
        with Tag("ol", classes="progress"):
            for label, state in progress:
                Tag("li", desk.say(label), state)


def _prompt(desk: Desk, dossier: DossierView) -> Message | None:
    """What was found says more than "read what was found".

    None where the stage's panel says it in large letters.
    """
    panel = panels.at(step(dossier))
    if panel is not None and panel.prompts and not desk.mode:
        return None
    return dossier.finding.message if dossier.finding else dossier.prompt


def _draw_prompt(desk: Desk, prompt: Message | None) -> None:
    if prompt is None:
        return
    Tag("p", desk.tell(prompt), "prompt").props["aria-live"] = "polite"


def _draw_step(desk: Desk, id: str, now: str, mode: str) -> None:
    if mode == "refer":
        reasons(
            desk,
            desk.say("Why must the data be corrected first?"),
            REFERRALS,
            lambda reason: c.Refer(id, ReferralReason(reason)),
        )
    elif mode == "abandon":
        reasons(
            desk,
            desk.say("Why does the dossier end here?"),
            ABANDONS,
            lambda reason: c.Abandon(id, AbandonReason(reason)),
        )
    elif now in ("identify", "finding"):
        identify.panel(desk, id, now, mode)
    elif (panel := panels.at(now)) is not None:
        panel.draw(desk, id, mode)
    elif now == "waiting":
        _waiting(desk, id)
    else:
        finish.panel(desk, id, now, mode)


def _waiting(desk: Desk, id: str) -> None:
    def build(shown: tuple[tuple[str, ...], bool]) -> None:
        devices, aside = shown
        if aside:
            Tag("p", desk.say("Has stepped aside and is not called to a device."), "waits")
            back = desk.say("Back into the line")
            desk.button(back, desk.doing(c.StepBack(id)), look="main", next=True)
            return
        for device in devices:
            word = desk.say(panels.device_word(device))
            waits = desk.say("Waits for: {device}", device=word)
            Tag("p", waits, "waits")

    with Tag("div", classes="panel"):
        desk.region(lambda v: (find(desk, id).waits_for, find(desk, id).aside), build)
        for panel in panels.taken(find(desk, id)):
            panel.overview(desk, id)
        ways_out(desk, id)
