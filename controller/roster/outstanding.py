"""Who is still missing, hamlet by hamlet: the lists the mobile teams go out with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from datetime import date

from controller.identity.names import fold
from controller.identity.person import Person
from controller.roster.table import Roster
from edge.journal.events import Event, Identified, Sealed


def enrolled_in(events: Iterable[Event]) -> set[str]:
    """Keyed digests of the people whose dossiers these events seal."""
    person: dict[str | None, str] = {}
    enrolled = set()
    for event in events:
        match event.body:
            case Identified(person=digest):
                person[event.dossier] = digest
            case Sealed() if event.dossier in person:
                enrolled.add(person[event.dossier])
    return enrolled


def of_age(minimum_age: int, today: date) -> Callable[[Person], bool]:
    """Who has to come. People whose birth date is unclear do, to have it corrected."""

    def due(person: Person) -> bool:
        birth = person.birth
        if birth.impossible(today) or not birth.complete:
            return birth.year + minimum_age <= today.year or birth.year > today.year
        return birth.birthday(minimum_age) <= today

    return due


def outstanding(
    roster: Roster,
    enrolled: AbstractSet[str],
    digest: Callable[[str], str],
    due: Callable[[Person], bool] = lambda person: True,
) -> dict[str, list[Person]]:
    """Hamlet → people without a chip card, both sorted without accents.

    enrolled  keyed digests of the people this station has sealed
    digest    the same keyed digest, of ``Person.key``
    due       who has to come at all, e.g. by age
    """
    missing: dict[str, list[Person]] = defaultdict(list)
    for person in roster:
        if not person.enrolled_on and due(person) and digest(person.key) not in enrolled:
            missing[person.hamlet].append(person)
    for people in missing.values():
        people.sort(key=lambda person: (fold(person.name), person.birth))
    return dict(sorted(missing.items(), key=lambda item: fold(item[0])))
