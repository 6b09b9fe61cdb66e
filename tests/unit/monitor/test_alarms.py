"""What is raised, when, and when it ends: one booth's conditions."""

from __future__ import annotations

from typing import Any

import pytest

from ground.hours import Hours
from monitor.watch.alarms import Before, Key
from monitor.watch.rules import PATIENCE, RULES, Kind, Rule
from tests.unit.monitor.alarms_fleet import TEN, Region, cleared, fleet_of, raised

HOUR_MS = 3_600_000
BAD: dict[Kind, dict[str, Any]] = {
    Kind.DEVICE: {"faults": {"camera": "hung"}},
    Kind.QUARREL: {"quarrel": "row 17 was written anew"},
    Kind.LID: {"lid_open": True},
    Kind.QUEUE: {"waiting": 61},
    Kind.MISSING: {"missing": 3},
    Kind.CLOCK_UNTRUSTED: {"clock_trusted": False},
    Kind.CLOCK_OFFSET: {"clock_offset_ms": -9_000},
    Kind.DISK: {"disk_free_mb": 300},
    Kind.HOST_HOT: {"host_c": 84.0},
    Kind.BOOTH_HOT: {"booth_c": 49.5},
    Kind.SUPPLY: {"supply_mv": 10_900},
    Kind.PACKETS: {"packets": 2_500},
    Kind.BEHIND: {"sealed": 20, "ended": 20, "per_day": 200},
}
GOOD: dict[Kind, dict[str, Any]] = {
    Kind.DEVICE: {"faults": {}},
    Kind.QUARREL: {"quarrel": None},
    Kind.LID: {"lid_open": False},
    Kind.QUEUE: {"waiting": 45},
    Kind.MISSING: {"missing": 0},
    Kind.CLOCK_UNTRUSTED: {"clock_trusted": True},
    Kind.CLOCK_OFFSET: {"clock_offset_ms": 1_500},
    Kind.DISK: {"disk_free_mb": 1_600},
    Kind.HOST_HOT: {"host_c": 74.0},
    Kind.BOOTH_HOT: {"booth_c": 44.0},
    Kind.SUPPLY: {"supply_mv": 11_500},
    Kind.PACKETS: {"packets": 1_400},
    Kind.BEHIND: {"sealed": 190, "ended": 190, "per_day": 200},
}
BETWEEN: dict[Kind, dict[str, Any]] = {
    Kind.QUEUE: {"waiting": 50},
    Kind.CLOCK_OFFSET: {"clock_offset_ms": 3_000},
    Kind.DISK: {"disk_free_mb": 1_300},
    Kind.HOST_HOT: {"host_c": 77.0},
    Kind.BOOTH_HOT: {"booth_c": 46.0},
    Kind.SUPPLY: {"supply_mv": 11_200},
    Kind.PACKETS: {"packets": 1_700},
}
JUDGED_OVER_TIME = {
    Kind.OFFLINE,
    Kind.OUTAGE,
    Kind.STANDS_STILL,
    Kind.WAIT,
    Kind.IDLE,
    Kind.LOCKED_OUT,
}
"""These have tests of their own below."""


def alone(now_ms: int = TEN, **known: Any) -> Region:
    region = Region(fleet_of(1), now_ms)
    region.know("TH0000", **known)
    return region


def progress(region: Region) -> None:
    """Somebody is done at every look."""
    for seen in list(region.fleet.values()):
        region.know(seen.code, ended=seen.ended + 1)


def test_every_kind_of_alarm_has_a_rule_and_a_test() -> None:
    assert set(RULES) == set(Kind)
    assert set(BAD) | JUDGED_OVER_TIME == set(Kind)
    assert set(GOOD) == set(BAD)


def test_a_booth_at_which_all_is_well_raises_nothing_in_a_day() -> None:
    region = Region(fleet_of(3), TEN - 9 * HOUR_MS)
    assert region.watch(86_000) == []


@pytest.mark.parametrize("kind", BAD)
def test_a_condition_is_raised_after_its_time_and_no_sooner(kind: Kind) -> None:
    region = alone()
    region.watch(300)
    region.know(**BAD[kind])
    still = (lambda: None) if kind is Kind.BEHIND else (lambda: progress(region))
    for_s = RULES[kind].for_s
    assert raised(region.watch(max(0, for_s - 5), still), kind) == []
    (alarm,) = raised(region.watch(10, still), kind)
    assert alarm.key.of == "TH0000"
    assert alarm.place == "vn/thanh-hoa/bim-son"
    assert alarm.severity == RULES[kind].severity
    assert not alarm.held
    assert raised(region.watch(3600, still), kind) == []  # once


@pytest.mark.parametrize("kind", BAD)
def test_an_alarm_ends_when_it_has_been_good_for_its_time(kind: Kind) -> None:
    region = alone(**BAD[kind])
    still = (lambda: None) if kind is Kind.BEHIND else (lambda: progress(region))
    assert raised(region.watch(RULES[kind].for_s + 20, still), kind)
    region.know(**GOOD[kind])
    clear_s = RULES[kind].clear_s
    assert cleared(region.watch(max(0, clear_s - 5), lambda: None), kind) == []
    assert len(cleared(region.watch(15, lambda: None), kind)) == 1


@pytest.mark.parametrize("kind", BETWEEN)
def test_between_its_two_thresholds_nothing_begins_and_nothing_ends(kind: Kind) -> None:
    begins = alone(**BETWEEN[kind])
    assert raised(begins.watch(2 * HOUR_MS / 1000, lambda: progress(begins)), kind) == []
    ends = alone(**BAD[kind])
    assert raised(ends.watch(RULES[kind].for_s + 20, lambda: progress(ends)), kind)
    ends.know(**BETWEEN[kind])
    assert cleared(ends.watch(3600, lambda: progress(ends)), kind) == []


def test_a_rule_whose_thresholds_stand_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(ValueError, match="good side"):
        Rule(1, raise_at=5, clear_at=6)
    with pytest.raises(ValueError, match="good side"):
        Rule(1, raise_at=5, clear_at=4, falling=True)


# ---- silence ---------------------------------------------------------------------------------


def test_a_booth_that_dies_in_opening_hours_is_called_offline_and_ends_when_it_is_back() -> None:
    region = Region(fleet_of(10))
    region.watch(300)
    region.die("TH0003")
    assert region.watch(175) == []
    (alarm,) = region.watch(20)
    assert alarm.key == Key(Kind.OFFLINE, "TH0003")
    region.watch(600)
    region.born("TH0003")
    assert [c.key for c in cleared(region.watch(60))] == [Key(Kind.OFFLINE, "TH0003")]


def test_a_booth_that_is_shut_for_the_night_is_not_missed() -> None:
    region = Region(fleet_of(2), TEN)
    region.watch(6 * 3600 + 50 * 60)  # ten minutes before it closes
    region.die("TH0000", "TH0001")
    assert region.watch(14 * 3600) == []  # all night, and a little after seven
    region.born("TH0000")
    (late,) = region.watch(3600)
    assert late.key == Key(Kind.OFFLINE, "TH0001")


DAY_AND_NIGHT = (Hours(0, 24 * 60), Hours(8 * 60, 8 * 60))


@pytest.mark.parametrize("hours", DAY_AND_NIGHT)
def test_a_booth_that_works_day_and_night_is_missed_at_any_minute(hours: Hours) -> None:
    for minute in range(0, 24 * 60, 5):
        region = alone(TEN + minute * 60_000, hours=hours)
        region.watch(180)
        region.die("TH0000")
        assert [alarm.key.kind for alarm in raised(region.watch(200))] == [Kind.OFFLINE], minute


def test_what_a_booth_that_is_away_said_last_is_neither_raised_nor_cleared() -> None:
    region = Region(fleet_of(10))
    region.watch(300)
    region.know("TH0001", faults={"printer": "paper_out"})
    region.watch(120)
    region.know("TH0002", faults={"camera": "hung"})
    region.die("TH0001", "TH0002")
    region.know("TH0001", faults={})
    region.watch(1800)
    assert region.open(Kind.DEVICE) == {"TH0001"}
    region.born("TH0001", "TH0002")
    region.watch(300)
    assert region.open(Kind.DEVICE) == {"TH0002"}


def test_an_alarm_of_the_evening_does_not_count_the_night_as_time_it_lasted() -> None:
    region = alone()
    region.watch(6 * 3600 + 55 * 60)
    region.know(lid_open=True)
    region.watch(10)
    region.die("TH0000")
    region.watch(3600)
    region.born("TH0000")
    assert region.watch(20) == []


# ---- the line --------------------------------------------------------------------------------


def test_a_booth_where_people_wait_and_nothing_moves_stands_still() -> None:
    region = alone(waiting=4)
    assert region.watch(14 * 60) == []
    (alarm,) = raised(region.watch(120))
    assert alarm.key.kind is Kind.STANDS_STILL
    assert alarm.detail == {"minutes": 15, "waiting": 4}
    region.know(ended=41)
    assert [c.key.kind for c in cleared(region.watch(10))] == [Kind.STANDS_STILL]


@pytest.mark.parametrize("hours", DAY_AND_NIGHT)
def test_a_new_day_is_no_progress(hours: Hours) -> None:
    """The day's sums begin anew at midnight, and the people wait on."""
    region = alone(TEN + 13 * 3_600_000 + 55 * 60_000, hours=hours, waiting=4)
    assert region.watch(300) == []  # until midnight
    region.know(sealed_said=0, ended=0)
    (alarm,) = raised(region.watch(11 * 60))
    assert alarm.detail == {"minutes": 15, "waiting": 4}
    assert region.watch(10 * 3600) == []  # nor is eight in the morning


def test_a_booth_where_nobody_waits_does_not_stand_still() -> None:
    assert alone(waiting=0).watch(5 * 3600) == []


def test_slow_progress_is_progress() -> None:
    region = alone(waiting=4)
    for done in range(41, 60):
        assert raised(region.watch(13 * 60), Kind.STANDS_STILL) == []
        region.know(ended=done)


def test_time_before_somebody_waited_is_not_time_it_stood_still() -> None:
    region = alone(waiting=0)
    region.watch(3600)
    region.know(waiting=2)
    assert raised(region.watch(14 * 60)) == []


def test_the_longest_wait_is_told_in_minutes() -> None:
    region = alone(waiting=5, oldest_since=TEN - 100 * 60_000)
    found = raised(region.watch(30 * 60, lambda: progress(region)))
    assert [alarm.key.kind for alarm in found] == [Kind.WAIT]
    assert found[0].detail == {"minutes": 125}
    region.know(oldest_since=region.now_ms - 60_000)
    assert [c.key.kind for c in cleared(region.watch(310, lambda: progress(region)))] == [Kind.WAIT]


def test_a_machine_that_stands_free_a_third_of_the_time_while_people_wait_is_told() -> None:
    region = alone(waiting=6)

    def idle() -> None:
        progress(region)
        region.know(idle_s=(region.fleet["TH0000"].idle_s or 0) + 2)  # of five seconds

    (alarm,) = raised(region.watch(1800, idle))
    assert alarm.key.kind is Kind.IDLE
    (end,) = cleared(region.watch(2400, lambda: progress(region)))
    assert end.key.kind is Kind.IDLE


def test_idle_seconds_of_hours_ago_and_of_yesterday_do_not_count() -> None:
    region = alone(waiting=6, idle_s=5_000)
    assert region.watch(3600, lambda: progress(region)) == []
    region.know(idle_s=0)  # the sum of a new day
    assert region.watch(600, lambda: progress(region)) == []
    region.know(idle_s=120)
    assert region.watch(600, lambda: progress(region)) == []


def test_queue_and_target_rest_while_the_booth_is_shut() -> None:
    region = alone(waiting=80, per_day=500, ended=10, sealed=10)
    still = 0

    def barely() -> None:
        nonlocal still
        still += 1
        region.know(ended=10 + still // 60)

    region.watch(3600, barely)
    assert region.open() == {"TH0000"}
    region.watch(8 * 3600, barely)
    assert region.open() == set()


def test_a_lock_out_is_told_at_once_and_ends_when_nobody_tries_any_more() -> None:
    region = alone()
    region.watch(60)
    region.know(lockout_at=region.now_ms)
    (alarm,) = raised(region.watch(5))
    assert alarm.key.kind is Kind.LOCKED_OUT
    assert cleared(region.watch(29 * 60)) == []
    assert len(cleared(region.watch(120))) == 1


# ---- flapping, restarts, the books -------------------------------------------------------------


def test_what_comes_back_again_and_again_becomes_one_held_alarm() -> None:
    region = Region(fleet_of(1))
    for _ in range(12):
        region.know(lid_open=True)
        region.watch(60)
        region.know(lid_open=False)
        region.watch(120)
    lids = raised(region.changes, Kind.LID)
    assert [alarm.held for alarm in lids] == [False, False, False, True]
    assert len(cleared(region.changes)) == 3
    assert region.open() == {"TH0000"}
    assert cleared(region.watch(PATIENCE.calm_s - 130)) == []
    assert len(cleared(region.watch(140))) == 1


def test_open_alarms_are_taken_over_from_before_and_not_raised_again() -> None:
    key = Key(Kind.LID, "TH0000")
    region = Region(fleet_of(1), before=[Before(key, TEN - 60_000)])
    region.know(lid_open=True)
    assert region.watch(3600) == []
    region.know(lid_open=False)
    assert [c.key for c in region.watch(120)] == [key]


def test_a_restart_remembers_how_often_it_came_back() -> None:
    key = Key(Kind.LID, "TH0000")
    before = [Before(key, TEN - n * 600_000, TEN - n * 600_000 + 60_000) for n in (3, 2, 1)]
    region = Region(fleet_of(1), before=before)
    region.know(lid_open=True)
    (alarm,) = region.watch(60)
    assert alarm.held  # type: ignore[union-attr]


def test_a_booth_that_leaves_the_books_takes_its_alarms_along() -> None:
    region = Region(fleet_of(3))
    region.know("TH0001", lid_open=True)
    region.watch(60)
    assert region.open() == {"TH0001"}
    del region.fleet["TH0001"]
    region.watch(10)
    assert region.open() == set()


def test_each_device_has_an_alarm_of_its_own() -> None:
    region = alone(faults={"camera": "hung", "printer": "paper_out"})
    found = raised(region.watch(120))
    assert {(a.key.device, a.detail["fault"]) for a in found} == {
        ("camera", "hung"),
        ("printer", "paper_out"),
    }
    region.know(faults={"printer": "paper_out"})
    assert [c.key.device for c in cleared(region.watch(120))] == ["camera"]
