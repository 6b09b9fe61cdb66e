"""Who is still missing, hamlet by hamlet: the lists the mobile teams go out with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from controller.identity.names import fold
from controller.identity.person import Person
from controller.roster.table import Roster


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
