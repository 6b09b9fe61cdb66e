"""Review at the desk, delivery, corrections; and the papers at the end."""

from __future__ import annotations

from nicegui import ui

from controller import commands as c
from controller.console import panels
from controller.console.desk import Desk
from controller.console.forms import find, ways_out
from controller.console.frame import Action
from controller.console.identify import fields_of, sex_choice
from controller.console.parts import Tag
from controller.console.words import FIELDS
from controller.views import DossierView, PersonView
from edge.journal.events import Delivery, Paper
from ground.text.words import CONTRADICTIONS, DELIVERIES, PAPERS

OWN_PAPERS = {
    "sealed": ("intake_form", "appointment"),
    "referred": ("correction",),
    "refused": ("refusal",),
}
"""Papers of each outcome; those not due any more were printed."""


def panel(desk: Desk, id: str, step: str, mode: str) -> None:
    if step == "papers":
        desk.region(
            lambda v: (find(desk, id).papers_due, find(desk, id).outcome),
            lambda shown: _papers(desk, id, *shown),
        )
    elif mode == "correct":
        _correct(desk, id)
    elif mode == "post":
        _post(desk, id)
    elif not any(panel.form(desk, id, mode) for panel in panels.taken(find(desk, id))):
        _review(desk, id)


def _review(desk: Desk, id: str) -> None:
    taken = panels.taken(find(desk, id))

    async def show() -> None:
        await desk.do(c.StartReview(id))
        ui.navigate.to(desk.address("/review", dossier=id, back=1))

    with Tag("div", classes="panel"):
        with Tag("div", classes="actions"):
            desk.button(desk.say("Show to the citizen"), show, look="main", next=True)
            desk.button(desk.say("Correct data"), lambda: desk.open_form("correct"), key="F6")
        desk.region(lambda v: find(desk, id).delivery, lambda chosen: _delivery(desk, id, chosen))
        with Tag("div", classes="review-data"):
            for panel in taken:
                panel.picture(desk, id)
            desk.region(lambda v: _data(find(desk, id)), lambda shown: _draw_data(desk, *shown))
            for panel in taken:
                panel.overview(desk, id)
        with Tag("div", classes="ways-out"):
            for panel in taken:
                panel.again(desk, id)
        ways_out(desk, id)


def _data(dossier: DossierView) -> tuple[PersonView | None, tuple[str, ...]]:
    return dossier.person, dossier.contradictions


def _draw_data(desk: Desk, person: PersonView | None, contradictions: tuple[str, ...]) -> None:
    if person is None:
        return
    values = fields_of(desk, person)
    with Tag("dl", classes="data"):
        for name, label in FIELDS.items():
            if value := values[name]:
                Tag("dt", desk.say(label))
                Tag("dd", value)
    for contradiction in contradictions:
        Tag("p", desk.say(CONTRADICTIONS[contradiction]), "contradiction")


def _delivery(desk: Desk, id: str, chosen: str | None) -> None:
    now = chosen or Delivery.IN_PERSON.value

    def look(delivery: Delivery) -> str:
        return "chosen" if now == delivery else ""

    with Tag("div", classes="pair"):
        desk.button(
            desk.say(DELIVERIES[Delivery.IN_PERSON]),
            desk.doing(c.SetDelivery(id, Delivery.IN_PERSON)),
            look=look(Delivery.IN_PERSON),
        )
        post = desk.say(DELIVERIES[Delivery.POST])
        desk.button(post, lambda: desk.open_form("post"), look=look(Delivery.POST))


def _post(desk: Desk, id: str) -> None:
    with Tag("div", classes="panel form"):
        address = ui.input(desk.say("Address; empty: the residence")).props("outlined data-focus")

        async def choose() -> None:
            await desk.do(c.SetDelivery(id, Delivery.POST, address.value))
            desk.close_form()

        _submit(desk, desk.say("Send by post"), choose)


def _correct(desk: Desk, id: str) -> None:
    person = find(desk, id).person
    with Tag("div", classes="panel form"):
        Tag("p", desk.say("Change only what is wrong. Portrait and fingers are kept."))
        with Tag("div", classes="fields"):
            name = ui.input(desk.say("Full name"), value=person.name if person else "")
            name.props("outlined data-focus")
            birth = ui.input(desk.say("Birth, such as 31/12/1990"))
            birth.props("outlined").set_value(person.birth if person else "")
            sex = sex_choice(desk)
            residence = ui.input(desk.say("Residence"))
            residence.props("outlined").set_value(person.residence if person else "")

        async def correct() -> None:
            await desk.do(
                c.CorrectIdentity(
                    id, name.value, birth.value, str(sex.value or ""), residence.value
                )
            )
            desk.close_form()

        _submit(desk, desk.say("Save correction"), correct)


def _submit(desk: Desk, label: str, action: Action) -> None:
    with Tag("div", classes="actions"):
        desk.button(label, action, look="main").props["data-submit"] = 1
        desk.button(desk.say("Back"), desk.close_form, key="F6").props["data-escape"] = 1


def _papers(desk: Desk, id: str, due: tuple[str, ...], outcome: str | None) -> None:
    with Tag("div", classes="panel"):
        for paper in due:
            with Tag("div", classes="row-item"):
                Tag("b", desk.say(PAPERS[paper]))
                Tag("span", desk.say("being printed"))
        for paper in OWN_PAPERS.get(outcome or "", ()):
            if paper not in due:
                again = desk.say("Print again: {paper}", paper=desk.say(PAPERS[paper]))
                desk.button(again, desk.doing(c.ReprintPaper(id, Paper(paper))), look="small")
