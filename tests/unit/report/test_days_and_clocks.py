"""Days close by times that can be believed; boots are dated once their clock is trusted."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from edge.journal import events as e
from edge.report.days import bounds
from edge.report.facts import ClockDated, DayClosed
from edge.report.fold import Fold
from tests.unit.report.station_days import MORNING_MS, STATION, ZONE, Booth, facts_of, folded

HOUR_S = 3600
DAY_S = 24 * HOUR_S
TODAY = 20251010


def days(booth: Booth) -> list[int]:
    return [fact.day for fact in booth.facts if isinstance(fact, DayClosed)]


def dated(booth: Booth) -> list[ClockDated]:
    return [fact for fact in booth.facts if isinstance(fact, ClockDated)]


def something(booth: Booth) -> None:
    booth.record(e.RosterLoaded(1))


# ---- days --------------------------------------------------------------------------------------


def test_a_day_closes_with_the_first_row_of_the_next_local_day() -> None:
    booth = Booth()
    booth.whole_dossier()
    booth.ticket(1)
    booth.clock.advance(MORNING_MS / 1000 + 17 * HOUR_S - booth.clock.now_ms() / 1000 - 1)
    something(booth)  # 23:59:59 in Vietnam, 16:59:59 UTC
    assert days(booth) == []
    booth.after(1, e.StationStarted("0.1.0"))
    rows = booth.rows
    (closed,) = [fact for fact in booth.facts if isinstance(fact, DayClosed)]
    assert closed == DayClosed(
        day=TODAY,
        facts=2,
        sealed=1,
        referred=0,
        refused=0,
        abandoned=0,
        tickets=1,
        no_shows=0,
        rows=len(rows) - 1,
        journal=rows[-2][8][:16],
    )


def test_a_booth_that_was_off_for_days_closes_the_one_day_it_worked() -> None:
    booth = Booth()
    something(booth)
    booth.reboot(off_s=5 * DAY_S)
    assert days(booth) == [TODAY]
    booth.after(DAY_S, e.RosterLoaded(1))
    assert days(booth) == [TODAY, 20251015]


def test_a_clock_that_starts_in_1970_closes_no_day_and_its_work_counts_to_the_open_one() -> None:
    booth = Booth()
    something(booth)
    booth.reboot(off_s=-MORNING_MS / 1000, trusted=False)
    booth.whole_dossier()
    booth.clock.advance(3 * DAY_S)
    something(booth)
    assert days(booth) == []
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    something(booth)
    (closed,) = [fact for fact in booth.facts if isinstance(fact, DayClosed)]
    assert (closed.day, closed.sealed) == (TODAY, 1)


def test_work_before_the_first_trusted_clock_counts_to_the_first_known_day() -> None:
    booth = Booth(trusted=False, now_ms=0)
    booth.whole_dossier()
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    something(booth)
    booth.after(DAY_S, e.RosterLoaded(1))
    (closed,) = [fact for fact in booth.facts if isinstance(fact, DayClosed)]
    assert (closed.day, closed.sealed) == (TODAY, 1)


def test_a_booth_that_loses_the_network_goes_on_closing_days_by_its_monotonic_clock() -> None:
    booth = Booth()
    something(booth)
    booth.clock.is_trusted = False  # the kernel gives up on a clock that nobody corrects
    booth.clock.step(-300 * DAY_S)  # and what it says counts for nothing
    for _ in range(3):
        booth.after(DAY_S, e.RosterLoaded(1))
    assert days(booth) == [20251010, 20251011, 20251012]


def test_a_trusted_clock_that_jumps_into_the_future_does_not_keep_its_day_for_ever() -> None:
    booth = Booth()
    booth.whole_dossier()
    booth.clock.step(10_000 * DAY_S)
    booth.whole_dossier()
    booth.clock.step(-10_000 * DAY_S)
    booth.whole_dossier()
    booth.after(DAY_S, e.RosterLoaded(1))
    closed = [fact for fact in booth.facts if isinstance(fact, DayClosed)]
    assert [(fact.day, fact.sealed) for fact in closed] == [
        (TODAY, 1),
        (20530225, 1),
        (TODAY, 1),
    ]


@pytest.mark.parametrize("at_ms", [0, -5, 1_500_000_000_000, 9_999_999_999_999, 2**60])
def test_a_clock_that_claims_to_be_synchronised_at_an_impossible_time_is_not_believed(
    at_ms: int,
) -> None:
    booth = Booth()
    something(booth)
    booth.clock.step(at_ms / 1000 - booth.clock.now_ms() / 1000)
    booth.whole_dossier()
    assert days(booth) == []
    assert len(dated(booth)) == 1


def test_a_clock_adjusted_about_midnight_closes_the_day_once() -> None:
    booth = Booth(now_ms=MORNING_MS + 17 * HOUR_S * 1000 - 200)
    something(booth)
    booth.after(0.4, e.RosterLoaded(1))
    booth.clock.step(-0.5)
    something(booth)
    booth.after(2, e.RosterLoaded(1))
    assert days(booth) == [TODAY]


def test_the_zone_decides_where_a_day_ends() -> None:
    booth = Booth(now_ms=MORNING_MS)  # 00:00 UTC
    something(booth)
    booth.after(18 * HOUR_S, e.RosterLoaded(1))
    rows = booth.rows
    assert [type(x.fact) for _, x in folded(rows)] == [ClockDated, DayClosed]
    assert [type(x.fact) for _, x in folded(rows, Fold(STATION, ZoneInfo("UTC")))] == [ClockDated]


def test_days_have_23_or_25_hours_where_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for month, day, hours in ((3, 30, 23), (10, 26, 25), (7, 1, 24)):
        noon = datetime(2025, month, day, 12, tzinfo=berlin).timestamp() * 1000
        name, begins, ends = bounds(round(noon), berlin)
        assert name == 20250000 + month * 100 + day
        assert ends - begins == hours * HOUR_S * 1000


# ---- clocks ------------------------------------------------------------------------------------


def test_a_boot_is_dated_by_its_first_trusted_row() -> None:
    booth = Booth(trusted=False, now_ms=1_000_000)
    booth.record(e.StationStarted("0.1.0"))
    booth.clock.step(MORNING_MS / 1000)
    booth.clock.is_trusted = True
    booth.clock.advance(5)
    for _ in range(3):
        booth.after(60, e.RosterLoaded(1))
    offset_ms = booth.clock.now_ms() - booth.clock.mono_ms()
    assert dated(booth) == [ClockDated(booth.clock.boot, offset_ms)]


def test_every_boot_whose_clock_was_trusted_is_dated_once() -> None:
    booth = Booth()
    booth.record(e.StationStarted("0.1.0"))
    for _ in range(12):
        booth.reboot(off_s=100)
        booth.record(e.StationStarted("0.1.0"))
    found = dated(booth)
    assert len({fact.boot for fact in found}) == len(found) == 13


def test_clocks_of_boots_long_ago_are_forgotten() -> None:
    booth, sizes = Booth(), []
    for boots in range(1, 41):
        booth.reboot(off_s=100)
        if boots % 20 == 0:
            fold = Fold(STATION, ZONE)
            folded(booth.rows, fold)
            sizes.append(len(fold.snapshot()))
    assert sizes[1] - sizes[0] < 20


def test_a_boot_that_was_never_trusted_is_not_dated() -> None:
    booth = Booth(trusted=False)
    booth.whole_dossier()
    assert dated(booth) == []


@pytest.mark.parametrize(("steps", "times"), [([0.9], 1), ([1.5], 2), ([0.6, 0.6], 2), ([-3], 2)])
def test_a_trusted_clock_that_was_stepped_by_more_than_a_second_is_dated_again(
    steps: list[float], times: int
) -> None:
    booth = Booth()
    something(booth)
    for step in steps:
        booth.clock.step(step)
        something(booth)
    found = dated(booth)
    assert len(found) == times
    assert abs(found[-1].offset_ms - (booth.clock.now_ms() - booth.clock.mono_ms())) <= 1000


def test_a_clock_that_is_no_longer_trusted_dates_nothing_anew() -> None:
    booth = Booth()
    something(booth)
    booth.clock.is_trusted = False
    booth.clock.step(500)
    something(booth)
    assert len(facts_of(booth.rows)) == 1
