"""Identification: card, number, name or what the papers say; then the finding side by side."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from nicegui import ui

from controller import commands as c
from controller.console.desk import Desk
from controller.console.forms import find, ways_out
from controller.console.frame import Action, Frame
from controller.console.parts import Tag
from controller.console.words import CONTRADICTED_FIELDS, FIELDS
from controller.views import FindingView, PersonView
from edge.journal.events import IdentitySource
from ground.text import N_
from ground.text.words import CONTRADICTIONS, REFERRALS, REFUSALS, ROSTER, SEXES, SOURCES

VERDICTS = {
    "proceed": N_("Accept and go on"),
    "refer": N_("Refer and print the correction slip"),
    "refuse": N_("Refuse and tell the reason"),
}


def panel(desk: Desk, id: str, step: str, mode: str) -> None:
    if step == "finding":
        desk.region(lambda v: find(desk, id).finding, lambda finding: _finding(desk, id, finding))
    elif mode == "search":
        _search(desk, id)
    elif mode == "papers":
        _from_papers(desk, id)
    else:
        _first(desk, id)


def _first(desk: Desk, id: str) -> None:
    with Tag("div", classes="panel form"):
        number = ui.input(desk.say("Number of the card (CCCD or CMND)"))
        number.props("outlined inputmode=numeric data-focus")

        async def typed() -> None:
            await desk.do(c.EnterPerson(id, number=number.value.strip()))

        with Tag("div", classes="actions"):
            enter = desk.button(desk.say("Look up number"), typed, look="main", next=True)
            enter.props["data-submit"] = 1
            search = desk.say("Search by name")
            desk.button(search, lambda: desk.open_form("search"), key="F6")
            camera = desk.say("Read card by camera")
            desk.button(camera, desk.doing(c.ReadCardByCamera(id)))
            papers = desk.say("Type from papers")
            desk.button(papers, lambda: desk.open_form("papers"))
        ways_out(desk, id)


def _search(desk: Desk, id: str) -> None:
    found: list[tuple[PersonView, ...]] = [()]
    asked = [False]
    with Tag("div", classes="panel form"):
        with Tag("div", classes="fields"):
            name = ui.input(desk.say("Name, with or without accents")).props("outlined data-focus")
            birth = ui.input(desk.say("Birth date or year")).props("outlined")

        def search() -> None:
            found[0] = desk.service.search(desk.token, name.value, birth.value)
            asked[0] = True

        with Tag("div", classes="actions"):
            desk.button(desk.say("Search"), search, look="main").props["data-submit"] = 1
            desk.button(desk.say("Back"), desk.close_form, key="F6").props["data-escape"] = 1

        def results(shown: tuple[bool, tuple[PersonView, ...]]) -> None:
            if shown[0] and not shown[1]:
                Tag("p", desk.say("Nobody found. Try fewer words, or the year only."))
            for person in shown[1][:8]:
                button = desk.button(f"{person.name} · {person.birth}", _picked(desk, id, person))
                button.classes("person")
                with button:
                    number = person.number or person.old_number or desk.say("without number")
                    Tag("small", f"{number} · {person.residence}")

        desk.region(lambda _: (asked[0], found[0]), results, "results")


def _picked(desk: Desk, id: str, person: PersonView) -> Action:
    """Number, name and birth together: some rows have no number, some share theirs."""

    async def pick() -> None:
        await desk.do(
            c.EnterPerson(
                id,
                number=person.number or person.old_number,
                name=person.name,
                birth=person.birth,
                source=IdentitySource.SEARCH,
            )
        )
        desk.close_form()

    return pick


def _from_papers(desk: Desk, id: str) -> None:
    with Tag("div", classes="panel form"):
        with Tag("div", classes="fields"):
            number = ui.input(desk.say("Number, if there is one")).props("outlined data-focus")
            name = ui.input(desk.say("Full name")).props("outlined")
            birth = ui.input(desk.say("Birth, such as 31/12/1990")).props("outlined")
            sex = sex_choice(desk)
            residence = ui.input(desk.say("Residence")).props("outlined")
            hamlet = ui.input(desk.say("Hamlet")).props("outlined")

        async def enter() -> None:
            await desk.do(
                c.EnterPerson(
                    id,
                    number.value.strip(),
                    name.value,
                    birth.value,
                    str(sex.value or ""),
                    residence.value,
                    hamlet.value,
                )
            )
            desk.close_form()

        with Tag("div", classes="actions"):
            desk.button(desk.say("Go on"), enter, look="main").props["data-submit"] = 1
            desk.button(desk.say("Back"), desk.close_form, key="F6").props["data-escape"] = 1


def sex_choice(desk: Desk) -> ui.toggle:
    """Male or female as two touch targets; the values are the station's."""
    return ui.toggle({value: desk.say(label) for value, label in SEXES.items()}).props("unelevated")


# ---- the finding -----------------------------------------------------------------------------


def _finding(desk: Desk, id: str, finding: FindingView | None) -> None:
    if finding is None:
        return
    with Tag("div", classes="panel"):
        labels = ROSTER | REFERRALS | REFUSALS
        source = desk.say(SOURCES.get(finding.source, finding.source))
        outcome = desk.say(labels.get(finding.outcome, finding.outcome))
        Tag("p", f"{outcome} · {source}", f"verdict {finding.verdict}")
        for contradiction in finding.contradictions:
            Tag("p", desk.say(CONTRADICTIONS[contradiction]), "contradiction")
        _side_by_side(desk, finding)
        with Tag("div", classes="actions"):
            accept = desk.say(VERDICTS[finding.verdict])
            look = "go" if finding.verdict == "proceed" else "danger"
            desk.button(accept, desk.doing(c.AcceptIdentity(id)), look=look, next=True)
            desk.button(
                desk.say("Wrong card or person"), desk.doing(c.ForgetIdentity(id)), key="F6"
            )
        ways_out(desk, id)


def fields_of(page: Frame[Any], person: PersonView) -> dict[str, str]:
    """What papers say, for reading: the sex in words."""
    sex = SEXES.get(person.sex)
    return asdict(person) | ({"sex": page.say(sex)} if sex else {})


def _side_by_side(desk: Desk, finding: FindingView) -> None:
    differing = {CONTRADICTED_FIELDS.get(name) for name in finding.contradictions}
    paper = fields_of(desk, finding.person)
    roster = fields_of(desk, finding.on_roster) if finding.on_roster else None
    with Tag("table", classes="compare"):
        with Tag("tr"):
            Tag("th")
            Tag("th", desk.say("Paper"))
            if roster:
                Tag("th", desk.say("Roster"))
        for name, label in FIELDS.items():
            if not paper[name] and not (roster and roster[name]):
                continue
            with Tag("tr", classes="differs" if name in differing else ""):
                Tag("th", desk.say(label))
                Tag("td", paper[name])
                if roster:
                    Tag("td", roster[name])
