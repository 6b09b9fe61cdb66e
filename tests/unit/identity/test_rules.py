from __future__ import annotations

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.birth import BirthDate
from controller.identity.card import Card, parse_card
from controller.identity.number import NumberError
from controller.identity.person import Person, Sex
from controller.identity.rules import (
    REFERRALS,
    IdentityPolicy,
    Proceed,
    Refer,
    Refuse,
    decide,
    refer,
    register_key,
)
from controller.identity.typed import parse_typed
from edge.journal.events import Contradiction, ReferralReason, RefusalReason, RosterOutcome
from ground.error import InputError

TODAY = date(2021, 6, 8)
POLICY = IdentityPolicy()

ROW = Person(
    number="026190004321",
    old_number="135123456",
    name="Nguyễn Thị Hòa",
    birth=BirthDate(1990, 9, 2),
    sex=Sex.FEMALE,
    residence="Thôn Đồng Tâm, Hải Lựu, Sông Lô, Vĩnh Phúc",
    hamlet="Đồng Tâm, Hải Lựu",
)


def card(**changes: object) -> Card:
    """ROW's card, with changes."""
    scan = (
        "026190004321|135123456|NGUYỄN THỊ HOÀ|02091990|Nữ|"
        "Thôn Đồng Tâm, Hải Lựu, Sông Lô, Vĩnh Phúc|20052017"
    )
    return msgspec.structs.replace(parse_card(scan), **changes)


def row(**changes: object) -> Person:
    return msgspec.structs.replace(ROW, **changes)


def test_a_card_that_agrees_with_the_roster_goes_on_unchanged() -> None:
    finding = decide(card=card(), on_roster=ROW, policy=POLICY, today=TODAY)
    assert isinstance(finding, Proceed)
    assert finding.outcome is RosterOutcome.UNCHANGED
    assert finding.contradictions == ()
    assert finding.person == row(name="NGUYỄN THỊ HOÀ")


def test_a_typed_number_takes_everything_from_the_roster() -> None:
    typed = parse_typed(number="135 123 456")
    finding = decide(typed=typed, on_roster=ROW, policy=POLICY, today=TODAY)
    assert finding == Proceed(RosterOutcome.UNCHANGED, ROW)


@pytest.mark.parametrize(
    ("paper", "shown"),
    [
        (card(name="NGUYỄN THỊ HÓA"), Contradiction.NAME_DIFFERS),
        (card(residence="Thôn Thượng, Hải Lựu"), Contradiction.RESIDENCE_DIFFERS),
        (card(old_number="135999999"), Contradiction.OLD_NUMBER_DIFFERS),
    ],
)
def test_what_differs_is_shown_and_makes_the_data_changed(
    paper: Card, shown: Contradiction
) -> None:
    finding = decide(card=paper, on_roster=ROW, policy=POLICY, today=TODAY)
    assert isinstance(finding, Proceed)
    assert finding.outcome is RosterOutcome.CHANGED
    assert finding.contradictions == (shown,)
    assert finding.person.name == paper.name
    assert finding.person.residence == paper.residence


def test_a_sex_that_differs_shows_against_roster_and_number() -> None:
    finding = decide(card=card(sex=Sex.MALE), on_roster=ROW, policy=POLICY, today=TODAY)
    assert isinstance(finding, Proceed)
    assert finding.contradictions == (Contradiction.SEX_DIFFERS, Contradiction.NUMBER_SEX)


def test_somebody_who_is_not_on_the_roster_is_captured_from_the_card() -> None:
    finding = decide(card=card(), policy=POLICY, today=TODAY)
    assert finding == Proceed(RosterOutcome.ABSENT, card().person())


def test_a_region_may_send_the_absent_away_with_a_slip() -> None:
    policy = IdentityPolicy(enrol_absent=False)
    finding = decide(card=card(), policy=policy, today=TODAY)
    assert isinstance(finding, Refer)
    assert finding.reason is ReferralReason.NOT_ON_ROSTER
    assert "Birth certificate" in finding.what_to_bring


def test_a_bare_number_that_nobody_knows_asks_for_the_papers() -> None:
    with pytest.raises(InputError, match="nobody on the roster") as error:
        decide(typed=parse_typed(number="026190004321"), policy=POLICY, today=TODAY)
    assert "from the papers" in error.value.advice


def test_nothing_at_all_asks_for_a_card() -> None:
    with pytest.raises(InputError):
        decide(policy=POLICY, today=TODAY)


@pytest.mark.parametrize(
    ("paper", "known", "reason"),
    [
        (card(birth=BirthDate(1990)), ROW, ReferralReason.BIRTH_INCOMPLETE),
        (card(), row(birth=BirthDate(1990, 9)), ReferralReason.BIRTH_INCOMPLETE),
        (None, row(birth=BirthDate()), ReferralReason.BIRTH_INCOMPLETE),
        (card(birth=BirthDate(1990, 2, 31)), ROW, ReferralReason.BIRTH_IMPOSSIBLE),
        (None, row(birth=BirthDate(2030, 1, 1)), ReferralReason.BIRTH_IMPOSSIBLE),
        (card(birth=BirthDate(1990, 9, 3)), ROW, ReferralReason.BIRTH_DIFFERS),
        (card(birth=BirthDate(1990)), None, ReferralReason.BIRTH_INCOMPLETE),
    ],
)
def test_birth_dates_that_must_be_corrected_first_are_referred(
    paper: Card | None, known: Person | None, reason: ReferralReason
) -> None:
    finding = decide(card=paper, on_roster=known, policy=POLICY, today=TODAY)
    assert isinstance(finding, Refer)
    assert finding.reason is reason
    assert (finding.where, finding.what_to_bring) == REFERRALS[reason]


def test_the_card_of_another_person_is_not_mixed_with_the_row() -> None:
    other = card(number="026190009999", old_number="")
    enrolled = row(enrolled_on="2021-03-11")
    finding = decide(card=other, on_roster=enrolled, policy=POLICY, today=TODAY)
    assert isinstance(finding, Refer)
    assert finding.reason is ReferralReason.DATA_DISPUTED


def test_a_card_and_a_row_with_only_the_old_number_are_shown_as_differing() -> None:
    known = row(number="135123456", old_number="")
    finding = decide(card=card(old_number=""), on_roster=known, policy=POLICY, today=TODAY)
    assert isinstance(finding, Proceed)
    assert finding.contradictions == (Contradiction.OLD_NUMBER_DIFFERS,)
    assert finding.person.number == "026190004321"
    assert finding.person.old_number == "135123456"


@pytest.mark.parametrize(
    ("born", "first_day"),
    [(BirthDate(2007, 6, 9), date(2021, 6, 9)), (BirthDate(2008, 2, 29), date(2022, 3, 1))],
)
def test_the_too_young_are_told_the_day_they_may_come(born: BirthDate, first_day: date) -> None:
    known = row(birth=born, number="026307004321")
    finding = decide(on_roster=known, policy=POLICY, today=TODAY)
    assert finding == Refuse(RefusalReason.UNDER_AGE, known, first_day)
    assert isinstance(decide(on_roster=known, policy=POLICY, today=first_day), Proceed)


def test_the_enrolled_are_told_when_it_was() -> None:
    by_roster = decide(
        card=card(), on_roster=row(enrolled_on="2021-03-11"), policy=POLICY, today=TODAY
    )
    assert isinstance(by_roster, Refuse)
    assert (by_roster.reason, by_roster.date) == (
        RefusalReason.ALREADY_ENROLLED,
        date(2021, 3, 11),
    )
    here = decide(
        card=card(), on_roster=ROW, policy=POLICY, today=TODAY, enrolled_on=date(2021, 6, 1)
    )
    assert isinstance(here, Refuse)
    assert here.date == date(2021, 6, 1)


def test_old_card_and_new_card_are_one_person_in_the_register() -> None:
    known = row(number="135123456", old_number="")
    by_card = register_key(card(), known, None)
    by_old_number = register_key(None, known, parse_typed(number="135123456"))
    assert by_card == by_old_number == known.key
    assert register_key(card(), None, None) == "026190004321"


def test_every_reason_of_a_referral_has_a_place_and_papers() -> None:
    for reason in ReferralReason:
        finding = refer(reason, ROW)
        assert finding.where
        assert "This slip" in finding.what_to_bring


def test_typed_papers_make_a_person() -> None:
    assert parse_typed(number="", name=" lê  thị hòa", birth="1990", sex="Nữ") == Person(
        name="lê thị hòa", birth=BirthDate(1990), sex=Sex.FEMALE
    )
    with pytest.raises(NumberError):
        parse_typed(number="26190004321")
    with pytest.raises(InputError):
        parse_typed(sex="?!")
    with pytest.raises(InputError):
        parse_typed(name="Nguy廙n")
    with pytest.raises(InputError):
        parse_typed(birth="yesterday")


def test_a_person_is_json_and_shows_nothing_of_itself() -> None:
    assert msgspec.json.decode(msgspec.json.encode(ROW), type=Person) == ROW
    finding = decide(card=card(), on_roster=ROW, policy=POLICY, today=TODAY)
    shown = f"{ROW!r} {ROW} {finding!r} {finding}"
    for secret in ("Hòa", "HOÀ", "0261", "1351", "Đồng", "1990"):
        assert secret not in shown


_BIRTHS = st.builds(
    BirthDate, st.integers(0, 2100), st.integers(0, 14), st.integers(0, 33)
) | st.dates(date(1900, 1, 1), TODAY).map(lambda d: BirthDate(d.year, d.month, d.day))


@given(
    mine=st.none()
    | st.builds(
        lambda b, n: card(birth=b, number=n),
        _BIRTHS,
        st.sampled_from(["026190004321", "026090000001"]),
    ),
    known=st.none() | st.builds(lambda b, s: row(birth=b, sex=s), _BIRTHS, st.sampled_from(Sex)),
    age=st.integers(0, 100),
    absent=st.booleans(),
)
def test_nobody_is_captured_with_a_wrong_birth_date_or_too_young(
    mine: Card | None, known: Person | None, age: int, absent: bool
) -> None:
    if mine is None and known is None:
        return
    policy = IdentityPolicy(age, absent)
    finding = decide(card=mine, on_roster=known, policy=policy, today=TODAY)
    if isinstance(finding, Proceed):
        born = finding.person.birth.calendar()
        assert finding.person.birth.birthday(age) <= TODAY
        assert born <= TODAY
        assert all(p.birth == finding.person.birth for p in (mine, known) if p is not None)
        assert known is not None or (absent and finding.outcome is RosterOutcome.ABSENT)
    elif isinstance(finding, Refuse):
        assert finding.date > TODAY
