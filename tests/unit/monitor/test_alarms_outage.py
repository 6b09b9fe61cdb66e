"""Many silent booths are one alarm, and the region's own downtime is none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.watch.alarms import Before, Judge, Key, Raised
from monitor.watch.outage import branches, outages
from monitor.watch.rules import PATIENCE, RULES, Kind
from tests.unit.monitor.alarms_fleet import TEN, Region, fleet_of, raised

A, B, C = "vn/thanh-hoa/bim-son", "vn/thanh-hoa/sam-son", "vn/hue/phu-xuan"


def country() -> Region:
    """Two provinces: 12 + 12 booths, and 30."""
    region = Region(fleet_of(12, A) | fleet_of(12, B, 100) | fleet_of(30, C, 200))
    region.watch(300)
    return region


def of(region: Region, place: str) -> list[str]:
    return [code for code, seen in region.fleet.items() if seen.place.startswith(place)]


@pytest.mark.parametrize(
    ("dark", "named"), [(A, A), ("vn/thanh-hoa", "vn/thanh-hoa"), ("vn", "vn"), (C, C)]
)
def test_a_branch_that_goes_dark_is_one_alarm_of_that_branch(dark: str, named: str) -> None:
    region = country()
    silent = of(region, dark)
    region.die(*silent)
    changes = region.watch(1800)
    assert [c.key for c in raised(changes)] == [Key(Kind.OUTAGE, named)]
    (alarm,) = raised(changes)
    assert (alarm.detail["silent"], alarm.detail["booths"]) == (len(silent), len(silent))
    assert alarm.place == named


def test_booths_that_die_over_two_minutes_are_still_one_outage() -> None:
    region = country()
    dark = of(region, A)

    def one_more() -> None:
        if dark:
            region.die(dark.pop(), *([dark.pop()] if dark else []))

    changes = region.watch(900, one_more)
    assert [c.key for c in raised(changes)] == [Key(Kind.OUTAGE, A)]


def test_booths_that_die_one_after_the_other_over_hours_are_told_each() -> None:
    region = country()
    dark = of(region, A)[:10]
    for code in dark:
        region.die(code)
        region.watch(240)
    assert region.open(Kind.OFFLINE) == set(dark)
    assert region.open(Kind.OUTAGE) == set()


def test_when_an_outage_ends_those_still_away_appear_after_their_own_time() -> None:
    region = country()
    dark = of(region, A)
    region.die(*dark)
    region.watch(900)
    region.born(*dark[3:])
    changes = region.watch(RULES[Kind.OUTAGE].clear_s + 10)
    assert [c.key for c in changes] == [Key(Kind.OUTAGE, A)]
    region.watch(RULES[Kind.OFFLINE].for_s + 30)
    assert region.open() == set(dark[:3])


def test_an_outage_of_which_half_is_back_is_not_over() -> None:
    region = country()
    dark = of(region, A)
    region.die(*dark)
    region.watch(900)
    region.born(*dark[6:])
    assert region.watch(1800) == []
    assert region.open() == {A}
    region.born(*dark[3:])
    region.watch(600)
    assert region.open() == set(dark[:3])


def test_a_wider_outage_takes_the_narrower_one_in() -> None:
    region = country()
    region.die(*of(region, A))
    region.watch(600)
    assert region.open() == {A}
    region.die(*of(region, B))
    region.watch(600)
    assert region.open() == {"vn/thanh-hoa"}
    assert raised(region.changes, Kind.OFFLINE) == []


def test_two_booths_of_a_small_commune_are_no_outage() -> None:
    region = Region(fleet_of(2, A) | fleet_of(20, C, 200))
    region.watch(300)
    region.die("TH0000", "TH0001")
    region.watch(600)
    assert region.open() == {"TH0000", "TH0001"}


def test_booths_silent_before_the_outage_keep_their_own_alarm() -> None:
    region = country()
    dark = of(region, A)
    region.die(dark[0])
    region.watch(600)
    region.die(*dark[1:])
    region.watch(600)
    assert region.open() == {dark[0], A}


@pytest.mark.parametrize("down_s", [5, 30, 60, 150])
def test_a_broker_that_restarts_raises_nothing(down_s: int) -> None:
    region = country()
    codes = list(region.fleet)
    region.die(*codes)
    region.watch(down_s)
    per_look = len(codes) // 6 + 1

    def some_are_back() -> None:
        for _ in range(min(per_look, len(codes))):
            region.born(codes.pop())

    assert region.watch(1800, some_are_back) == []
    assert region.changes == []


@pytest.mark.parametrize("down_s", [70, 600, 7200])
def test_a_watch_that_was_away_itself_raises_nothing_while_the_fleet_comes_back(
    down_s: int,
) -> None:
    region = country()
    codes = list(region.fleet)
    region.die(*codes)
    region.now_ms += down_s * 1000
    region.watch(PATIENCE.settle_s + RULES[Kind.OFFLINE].for_s - 20)
    region.born(*codes)
    region.watch(1800)
    assert region.changes == []


def test_a_watch_that_starts_beside_a_dark_fleet_waits_before_it_speaks() -> None:
    region = Region(fleet_of(50))
    region.die(*region.fleet)
    assert region.watch(PATIENCE.settle_s + RULES[Kind.OUTAGE].for_s - 5) == []
    (alarm,) = raised(region.watch(30))
    assert alarm.key == Key(Kind.OUTAGE, "vn/thanh-hoa/bim-son")


def test_a_region_that_hears_nobody_says_so_once_and_calls_nobody_silent() -> None:
    region = country()
    region.deaf = True
    changes = region.watch(1800)
    (alarm,) = changes
    assert isinstance(alarm, Raised)
    assert alarm.key == Key(Kind.OUTAGE, "")
    assert alarm.detail["why"] == "nothing_heard"
    region.deaf = False
    region.die(*of(region, A)[:2])  # two did not come back
    region.watch(PATIENCE.settle_s + 120)
    assert region.open() == set()
    region.watch(600)
    assert region.open() == set(of(region, A)[:2])


def test_a_region_without_people_may_be_quiet_for_hours() -> None:
    region = country()
    region.know(*region.fleet, open_dossiers=0, waiting=0)
    region.deaf = True
    assert region.watch(3 * 3600) == []


def test_at_closing_time_an_outage_is_over() -> None:
    region = country()
    region.die(*of(region, A))
    region.watch(900)
    assert region.open() == {A}
    region.watch(7 * 3600)
    assert region.open() == set()


# ---- whatever happens ----------------------------------------------------------------------------

place = st.sampled_from([A, B, C, "vn/hue/thuan-hoa", "vn", ""])


@settings(max_examples=200)
@given(st.dictionaries(st.integers(0, 60).map(str), st.tuples(place, st.booleans())))
def test_outages_are_disjoint_and_hold_only_silent_booths(
    booths: dict[str, tuple[str, bool]],
) -> None:
    expected = [(code, where, silent) for code, (where, silent) in booths.items()]
    rule = RULES[Kind.OUTAGE]
    found = outages(expected, rule, 3)
    taken: list[str] = []
    for branch, silence in found.items():
        inside = [code for code, (where, _) in booths.items() if branch in branches(where)]
        dark = {code for code in inside if booths[code][1]}
        assert silence.stations == dark
        assert silence.booths == len(inside)
        assert len(dark) >= max(3, rule.raise_at * len(inside))
        taken += silence.stations
    assert len(taken) == len(set(taken))
    # and no branch that qualifies is left out
    for branch in {path for _, where, _ in expected for path in branches(where)}:
        away = [silent for _, where, silent in expected if branch in branches(where)]
        if sum(away) >= 3 and sum(away) >= rule.raise_at * len(away):
            held = {
                code for code, where, silent in expected if silent and branch in branches(where)
            }
            assert held <= set(taken)


steps = st.lists(
    st.tuples(
        st.sampled_from(["die", "born", "lid", "shut", "fault", "mended", "gap", "wait", "go"]),
        st.sets(st.integers(0, 7), min_size=1),
        st.sampled_from([5, 40, 200, 700]),
    ),
    max_size=30,
)


@settings(max_examples=60)
@given(steps, st.integers(0, 30))
def test_alarms_begin_and_end_in_turn_and_a_restart_goes_on_where_it_was(
    happenings: list[tuple[str, set[int], int]], killed_after: int
) -> None:
    """However booths behave: no alarm is raised twice, none ends that was not there, and a judge
    that starts from the rows says what one that was never killed has open."""
    region = Region(fleet_of(4, A) | fleet_of(4, C, 4))
    open_: set[Key] = set()
    read = 0
    for number, (what, which, seconds) in enumerate(happenings):
        codes = [f"TH{n:04d}" for n in which if f"TH{n:04d}" in region.fleet]
        match what:
            case "die":
                region.die(*codes) if codes else None
            case "born":
                region.born(*codes) if codes else None
            case "lid":
                region.know(*codes, lid_open=True) if codes else None
            case "shut":
                region.know(*codes, lid_open=False) if codes else None
            case "fault":
                region.know(*codes, faults={"camera": "hung"}) if codes else None
            case "mended":
                region.know(*codes, faults={}) if codes else None
            case "gap":
                region.now_ms += seconds * 1000
            case "go" if len(region.fleet) > 2:
                [region.fleet.pop(code, None) for code in codes]
        region.watch(seconds)
        for change in region.changes[read:]:
            if isinstance(change, Raised):
                assert change.key not in open_
                open_.add(change.key)
            else:
                assert change.key in open_
                open_.remove(change.key)
        read = len(region.changes)
        assert open_ == region.judge.open
        singles = {key.of for key in open_ if key.kind is Kind.OFFLINE}
        assert singles <= region.fleet.keys()
        if number == killed_after:
            region.judge = Judge(region.now_ms, [Before(key, TEN) for key in open_])
            assert region.judge.open == open_
