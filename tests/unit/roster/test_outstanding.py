from __future__ import annotations

from datetime import date

import pytest

from controller.identity.birth import BirthDate, parse_birth
from controller.identity.person import Person
from controller.roster.outstanding import enrolled_in, of_age, outstanding
from controller.roster.table import Roster
from edge.journal.events import (
    AnyBody,
    DossierOpened,
    Event,
    Identified,
    IdentitySource,
    RosterOutcome,
    Sealed,
)

TODAY = date(2021, 6, 8)
A, B, C = "1-1", "1-2", "1-3"


def digest(key: str) -> str:
    return f"<{key}>"


def event(dossier: str, body: AnyBody) -> Event:
    return Event(1, 0, 0, "00000000", True, dossier, body)


def identified(dossier: str, person: str) -> Event:
    body = Identified(RosterOutcome.UNCHANGED, IdentitySource.TYPED, person, "")
    return event(dossier, body)


def sealed(dossier: str) -> Event:
    return event(dossier, Sealed("", 1, 1))


def test_enrolled_are_those_whose_dossier_was_sealed() -> None:
    events = [
        event(A, DossierOpened(1)),
        identified(A, "wrong card"),
        identified(B, "left"),
        identified(A, "anna"),
        sealed(A),
        sealed(C),
    ]
    assert enrolled_in(events) == {"anna"}


def test_the_missing_are_listed_by_hamlet_in_vietnamese_order_without_accents() -> None:
    people = [
        Person(number="1", name="Trần B", hamlet="Đông"),
        Person(number="2", name="Đỗ A", hamlet="Đông"),
        Person(number="3", name="Lê C", hamlet="An"),
        Person(number="4", name="Vũ D", hamlet="An", enrolled_on="2021-03-11"),
        Person(number="5", name="Ngô E", hamlet="Cầu"),
        Person(name="Hồ F", hamlet="An"),
    ]
    missing = outstanding(Roster.of(people), {digest("5")}, digest)
    assert [(hamlet, [p.name for p in who]) for hamlet, who in missing.items()] == [
        ("An", ["Hồ F", "Lê C"]),
        ("Đông", ["Đỗ A", "Trần B"]),
    ]


def test_somebody_without_a_number_is_matched_by_name_and_birth_date() -> None:
    nameless = Person(name="Hồ F", birth=BirthDate(1990))
    assert outstanding(Roster.of([nameless]), {digest(nameless.key)}, digest) == {}


@pytest.mark.parametrize(
    ("birth", "due"),
    [
        ("08/06/2007", True),
        ("09/06/2007", False),
        ("1950", True),
        ("2010", False),
        ("2007", True),
        ("", True),
        ("31/02/1990", True),
        ("31/02/2015", False),
        ("2030", True),
    ],
)
def test_who_is_too_young_is_not_missing_and_who_is_unclear_is(birth: str, due: bool) -> None:
    assert of_age(14, TODAY)(Person(birth=parse_birth(birth))) is due
