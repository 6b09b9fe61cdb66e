"""What to do with the person at the desk: go on, refer, or refuse.

Circular 60/2021/TT-BCA Art. 5: the database is searched first, the outcome is unchanged, changed or
absent. The field's rules (FACTS): a birth date that is incomplete, impossible or different between
papers is corrected at the commune before capture; enrolment from the age the policy sets. All else
that differs is shown to the operator, who decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from controller.identity import names, number
from controller.identity.birth import BirthDate
from controller.identity.card import Card
from controller.identity.person import Person
from edge.journal.events import Contradiction, ReferralReason, RefusalReason, RosterOutcome
from ground.config import Rule
from ground.error import InputError
from ground.text import N_


@dataclass(frozen=True)
class IdentityPolicy:
    """minimum_age   full years on the day of capture (14: Bạc Liêu, Law on Identification Art. 19)
    enrol_absent     capture people who are not in the database, from their papers
    """

    minimum_age: Annotated[int, Rule(most=120)] = 14
    enrol_absent: bool = True


@dataclass(frozen=True)
class Proceed:
    """Capture may begin once the operator has seen ``contradictions``. ``person`` is merged:
    what today's papers say, completed from the database."""

    outcome: RosterOutcome
    person: Person
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True)
class Refer:
    """Data must be corrected first. ``where`` and ``what_to_bring`` are message ids of the slip."""

    reason: ReferralReason
    person: Person
    where: str
    what_to_bring: tuple[str, ...]
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True)
class Refuse:
    """``date``: UNDER_AGE, the first day they may come; ALREADY_ENROLLED, when it was."""

    reason: RefusalReason
    person: Person
    date: date


Finding = Proceed | Refer | Refuse

COMMUNE = N_("Justice and civil status desk of the commune People's Committee")
COMMUNE_POLICE = N_("Police of the commune where you live")

REFERRALS: dict[ReferralReason, tuple[str, tuple[str, ...]]] = {
    ReferralReason.BIRTH_INCOMPLETE: (
        COMMUNE,
        (
            N_("This slip"),
            N_("Birth certificate, or any old paper with the whole birth date"),
            N_("Your identity card"),
        ),
    ),
    ReferralReason.BIRTH_IMPOSSIBLE: (
        COMMUNE,
        (N_("This slip"), N_("Birth certificate"), N_("Your identity card")),
    ),
    ReferralReason.BIRTH_DIFFERS: (
        COMMUNE,
        (
            N_("This slip"),
            N_("Birth certificate"),
            N_("Every paper with a different birth date"),
        ),
    ),
    ReferralReason.DATA_DISPUTED: (
        COMMUNE_POLICE,
        (
            N_("This slip"),
            N_("Your identity card"),
            N_("Papers that prove the right data"),
        ),
    ),
    ReferralReason.NOT_ON_ROSTER: (
        COMMUNE_POLICE,
        (
            N_("This slip"),
            N_("Birth certificate"),
            N_("Confirmation of residence (form CT07)"),
        ),
    ),
}
"""Where each reason sends a person, and what to bring: printed on the correction slip."""


def register_key(card: Card | None, on_roster: Person | None, typed: Person | None) -> str:
    """What the keyed digest of this person is made of, in the journal and in the lists of who is
    missing: the database's own key where there is one, so that a person who comes with the old card
    today and the new one tomorrow is one person."""
    papers = _papers(card, typed)
    return on_roster.key if on_roster else _merge(papers, None).key


def refer(reason: ReferralReason, person: Person) -> Refer:
    """A referral with its place and papers; also for the operator's own decision."""
    where, what_to_bring = REFERRALS[reason]
    return Refer(reason, person, where, what_to_bring)


def decide(
    *,
    card: Card | None = None,
    on_roster: Person | None = None,
    typed: Person | None = None,
    policy: IdentityPolicy,
    today: date,
    enrolled_on: date | None = None,
) -> Finding:
    """Judge what is known of one person.

    card         scanned card, if any
    on_roster    row found in the database, if any
    typed        what the operator typed from papers (only the known fields filled), if any;
                 never the words of a search, which have no accents
    today        station-local day
    enrolled_on  day on which this station's journal has them sealed already, if it does

    InputError when the person is not on the roster and name, sex or number is still missing.
    """
    papers = _papers(card, typed)
    if not papers and on_roster is None:
        raise InputError("nobody to judge", N_("Scan the card, type the number, or search."))
    person = _merge(papers, on_roster)
    differing = tuple(_differences(papers, on_roster)) if on_roster else ()
    shown = differing + number.check(person.number, person.sex, person.birth)

    if on_roster and any(_of_another(paper, on_roster) for paper in papers):
        return replace(refer(ReferralReason.DATA_DISPUTED, person), contradictions=shown)
    before = enrolled_on or _iso(on_roster.enrolled_on if on_roster else "")
    if before is not None:
        return Refuse(RefusalReason.ALREADY_ENROLLED, person, before)
    if on_roster is None:
        if not policy.enrol_absent:
            return refer(ReferralReason.NOT_ON_ROSTER, person)
        _require_whole(person)

    births = [p.birth for p in papers if p is not typed or p.birth.stated]
    births += [on_roster.birth] if on_roster else []
    if wrong := _birth_trouble(births or [person.birth], today):
        return replace(refer(wrong, person), contradictions=shown)
    if person.birth.birthday(policy.minimum_age) > today:
        return Refuse(RefusalReason.UNDER_AGE, person, person.birth.birthday(policy.minimum_age))
    if on_roster is None:
        return Proceed(RosterOutcome.ABSENT, person, shown)
    outcome = RosterOutcome.CHANGED if differing else RosterOutcome.UNCHANGED
    return Proceed(outcome, person, shown)


def _papers(card: Card | None, typed: Person | None) -> list[Person]:
    return [p for p in (typed, card.person() if card else None) if p is not None]


def _birth_trouble(births: list[BirthDate], today: date) -> ReferralReason | None:
    if any(birth.impossible(today) for birth in births):
        return ReferralReason.BIRTH_IMPOSSIBLE
    if not all(birth.complete for birth in births):
        return ReferralReason.BIRTH_INCOMPLETE
    if len(set(births)) > 1:
        return ReferralReason.BIRTH_DIFFERS
    return None


def _differences(papers: list[Person], row: Person) -> Iterator[Contradiction]:
    """What any of today's papers says otherwise than the database. Blank fields say nothing."""
    if any(p.name and row.name and not names.same(p.name, row.name) for p in papers):
        yield Contradiction.NAME_DIFFERS
    if any(p.birth.stated and row.birth.stated and p.birth != row.birth for p in papers):
        yield Contradiction.BIRTH_DIFFERS
    if any(p.sex and row.sex and p.sex is not row.sex for p in papers):
        yield Contradiction.SEX_DIFFERS
    if any(
        p.residence and row.residence and names.fold(p.residence) != names.fold(row.residence)
        for p in papers
    ):
        yield Contradiction.RESIDENCE_DIFFERS
    if any(_old_number_differs(p, row) for p in papers):
        yield Contradiction.OLD_NUMBER_DIFFERS


def _old_number_differs(paper: Person, row: Person) -> bool:
    """Also when a CCCD and a CMND share no number: nothing says that they are one person's."""
    if paper.old_number and row.old_number:
        return not {paper.old_number, row.old_number} & (_numbers(paper) & _numbers(row))
    stated = bool(_numbers(paper) and _numbers(row))
    return stated and _numbers(paper).isdisjoint(_numbers(row))


def _of_another(paper: Person, row: Person) -> bool:
    """A 12-digit number is one person's for life: two that share none are two people."""
    theirs, ours = _numbers(paper), _numbers(row)
    both_twelve = all(any(len(n) == 12 for n in known) for known in (theirs, ours))
    return both_twelve and theirs.isdisjoint(ours)


def _numbers(person: Person) -> set[str]:
    return {person.number, person.old_number} - {""}


def _merge(papers: list[Person], row: Person | None) -> Person:
    """Each field from the first source that states it: typed, card, database. The number is the
    database's unless that still has a CMND where the card has a CCCD."""
    sources = [*papers, *([row] if row else [])]
    numbers = [n for s in [*sources[-1:], *sources] for n in (s.number, s.old_number) if n]
    owned = [s.number for s in [*sources[-1:], *sources] if s.number]
    current = next((n for n in owned if len(n) == 12), next(iter(owned or numbers), ""))
    return Person(
        number=current,
        old_number=next((n for n in numbers if n != current), ""),
        name=next((s.name for s in sources if s.name), ""),
        birth=next((s.birth for s in sources if s.birth.stated), BirthDate()),
        sex=next((s.sex for s in sources if s.sex), None),
        residence=next((s.residence for s in sources if s.residence), ""),
        hamlet=next((s.hamlet for s in sources if s.hamlet), ""),
        enrolled_on=next((s.enrolled_on for s in sources if s.enrolled_on), ""),
    )


def _require_whole(person: Person) -> None:
    if not (person.name and person.sex and person.number):
        raise InputError(
            "papers incomplete and nobody on the roster",
            N_("Not on the roster. Type number, name, birth date and sex from the papers."),
        )


def _iso(day: str) -> date | None:
    return date.fromisoformat(day) if day else None
