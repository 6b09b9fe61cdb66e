"""Births and deaths become the share of its open hours that a booth was there."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ground.hours import VIETNAM, Hours, day_start_ms, local_day, open_now, opening
from monitor.store.history import Spell
from monitor.watch.availability import Share, by_day, of_branch

MONDAY = date(2026, 11, 23)
TEN_HOURS = Hours(7 * 60, 17 * 60)
HOUR_MS = 3_600_000


def at(hour: float, day: int = 0) -> int:
    return day_start_ms(MONDAY + timedelta(days=day)) + round(hour * HOUR_MS)


def one_day(spells: list[Spell], now_ms: int, hours: Hours = TEN_HOURS) -> Share:
    return by_day(spells, MONDAY, MONDAY, now_ms, hours)[MONDAY]


def test_a_day_with_two_hours_away_is_eighty_percent() -> None:
    spells = [
        Spell(at(6), at(9), True),
        Spell(at(9), at(11), False),
        Spell(at(11), at(18), True),
        Spell(at(18), None, False),
    ]
    share = one_day(spells, at(23))
    assert share == Share(8 * 3600, 10 * 3600)
    assert share.percent == 80


def test_the_night_counts_for_nothing() -> None:
    spells = [Spell(at(0), at(7), False), Spell(at(7), at(17), True), Spell(at(17), None, False)]
    assert one_day(spells, at(24)).percent == 100


def test_time_before_the_first_birth_is_not_known() -> None:
    share = one_day([Spell(at(12), None, True)], at(23))
    assert share == Share(5 * 3600, 5 * 3600)
    assert one_day([], at(23)).percent is None


def test_the_day_that_is_not_over_counts_until_now() -> None:
    spells = [Spell(at(7), at(8), True), Spell(at(8), None, False)]
    assert one_day(spells, at(9)).percent == 50


def test_a_closed_weekday_has_no_share() -> None:
    no_mondays = Hours(7 * 60, 17 * 60, frozenset(range(1, 7)))
    assert one_day([Spell(at(0), None, True)], at(23), no_mondays).percent is None


def test_an_opening_over_midnight_belongs_to_its_first_day() -> None:
    night = Hours(20 * 60, 4 * 60)
    spells = [Spell(at(20), at(22), True), Spell(at(22), at(28), False), Spell(at(28), None, True)]
    assert one_day(spells, at(40), night) == Share(2 * 3600, 8 * 3600)
    assert open_now(night, at(26)) == (at(20), at(28))
    assert open_now(night, at(28)) is None


def test_a_branch_counts_each_second_of_each_booth_alike() -> None:
    there = {MONDAY: Share(36_000, 36_000)}
    half = {MONDAY: Share(9_000, 18_000), MONDAY + timedelta(days=1): Share(0, 0)}
    branch = of_branch([there, half])
    assert branch[MONDAY] == Share(45_000, 54_000)
    assert branch[MONDAY + timedelta(days=1)].percent is None


def test_days_are_local_days() -> None:
    """22:30 in UTC of the day before is half past five in the morning in Vietnam."""
    early = int(datetime(2026, 11, 23, 5, 30, tzinfo=VIETNAM).timestamp() * 1000)
    assert local_day(early) == MONDAY
    spells, tuesday = [Spell(early, None, True)], MONDAY + timedelta(days=1)
    shares = by_day(spells, MONDAY, tuesday, early + 30 * HOUR_MS, TEN_HOURS)
    assert [(day, share.up_s) for day, share in shares.items()] == [
        (MONDAY, 10 * 3600),
        (tuesday, 4.5 * 3600),
    ]


cuts = st.lists(st.integers(0, 3 * 24 * 60), min_size=1, max_size=12, unique=True).map(sorted)


@settings(max_examples=150)
@given(cuts, st.integers(0, 3 * 24 * 60), st.integers(0, 1439), st.integers(1, 1440), st.booleans())
def test_shares_agree_with_a_look_at_every_minute(
    minutes: list[int], now: int, opens: int, open_min: int, first_up: bool
) -> None:
    hours = Hours(opens, (opens + open_min) % 1440 if open_min < 1440 else opens)
    spells = [
        Spell(
            at(0) + a * 60_000,
            at(0) + b * 60_000 if b is not None else None,
            bool(n % 2) ^ first_up,
        )
        for n, (a, b) in enumerate(zip(minutes, [*minutes[1:], None], strict=True))
    ]
    now_ms = at(0) + now * 60_000
    found = by_day(spells, MONDAY, MONDAY + timedelta(days=2), now_ms, hours)
    for day, share in found.items():
        span = opening(hours, day)
        assert span is not None
        up = known = 0
        for minute_ms in range(span[0], min(span[1], now_ms), 60_000):
            state = [s.up for s in spells if s.since <= minute_ms < (s.until or now_ms)]
            known += len(state) * 60
            up += sum(state) * 60
        assert share == Share(up, known)
