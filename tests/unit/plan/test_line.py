"""The planned line: nobody is lost, no machine waits beside somebody who needs it."""

from __future__ import annotations

from datetime import date
from statistics import median

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import simulated_line
from plan.campaign import outlook
from plan.line import simulate
from plan.scenario import Arrivals, Campaign, Day, Group, Line, Scenario, Stage, load

STAGES = (
    Stage(name="identify", at="desk", seconds=30),
    Stage(name="portrait", at="camera", seconds=20, after=("identify",)),
    Stage(name="fingers", at="fingers", seconds=60, after=("identify",)),
    Stage(name="review", at="desk", seconds=15),
)
PLACES = {"desk": 1, "camera": 1, "fingers": 1}


def scenario(
    *, arrivals: Arrivals | None = None, day: Day | None = None, **line: object
) -> Scenario:
    wanted: dict[str, object] = {"sets": 1, "in_flight": 4, "places": PLACES, "stages": STAGES}
    return Scenario(
        name="test",
        line=Line(**(wanted | line)),  # type: ignore[arg-type]
        day=day or Day(opens="07:00", closes="11:00"),
        arrivals=arrivals or Arrivals(),
    )


def test_the_plans_booth_is_as_quick_as_the_booths_own_rules() -> None:
    """controller.line on simulated people, and the plan's booth scenario: within 5 %.

    The shifts of the real rules begin with an empty line and end with one; the slope between a
    short and a long shift leaves both out.
    """

    def makespan_s(citizens: int) -> float:
        return median(simulated_line.Line(seed, citizens).run().makespan_s for seed in range(4))

    real_s = (makespan_s(50) - makespan_s(20)) / 30
    result = simulate(load("booth"), 1)
    assert result.open_s / result.sealed == pytest.approx(real_s, rel=0.05)


def test_one_after_the_other_takes_the_sum_and_in_flight_the_longest() -> None:
    steady = tuple(msgspec.structs.replace(stage, spread=0.0) for stage in STAGES)
    alone = simulate(scenario(in_flight=1, stages=steady), 1)
    together = simulate(scenario(in_flight=4, stages=steady), 1)
    assert alone.open_s / alone.sealed == pytest.approx(125, rel=0.02)
    assert together.open_s / together.sealed == pytest.approx(60, rel=0.02)
    assert together.bottleneck == "fingers"
    assert together.busy["fingers"] > 0.98
    assert alone.idle_s > 10 * together.idle_s


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    walk_in=st.floats(0, 200),
    groups=st.lists(st.tuples(st.sampled_from(["07:30", "08:00", "10:59"]), st.integers(1, 40))),
    sets=st.integers(1, 3),
    in_flight=st.integers(1, 6),
    referred=st.floats(0, 0.5),
    stops=st.booleans(),
)
def test_everybody_who_comes_is_sealed_referred_or_sent_home(
    seed: int,
    walk_in: float,
    groups: list[tuple[str, int]],
    sets: int,
    in_flight: int,
    referred: float,
    stops: bool,
) -> None:
    came = Arrivals(
        walk_in=walk_in, groups=tuple(Group(at=at, people=people) for at, people in groups)
    )
    day = Day(opens="07:00", closes="11:00", shifts=2)
    result = simulate(
        scenario(
            arrivals=came,
            day=day,
            sets=sets,
            in_flight=in_flight,
            referred=referred,
            stop_every_h=1.0 if stops else 0.0,
            stop_min=5.0,
        ),
        seed,
    )
    assert len(result.through_s) == result.sealed
    assert len(result.waits_s) == result.sealed + result.referred
    in_groups = sum(people for _, people in groups)
    alone = len(result.waits_s) + result.sent_home - in_groups
    assert alone >= 0
    assert abs(alone - walk_in) <= 6 * walk_in**0.5 + 6
    assert all(0 <= share <= 1.000001 for share in result.busy.values())
    assert 0 <= result.idle_s <= result.open_s * sets


def test_nobody_is_taken_in_at_a_break_or_while_the_shift_changes() -> None:
    without = simulate(scenario(day=Day(opens="07:00", closes="11:00")), 1)
    lunch = Day(opens="07:00", closes="11:00", breaks=(("08:00", "10:00"),))
    halved = simulate(scenario(day=lunch), 1)
    assert halved.sealed == pytest.approx(without.sealed / 2, abs=6)
    shifts = Day(opens="07:00", closes="11:00", shifts=3, handover_min=30)
    assert simulate(scenario(day=shifts), 1).sealed == pytest.approx(without.sealed * 0.75, abs=8)


def test_a_line_open_over_midnight_works_through_it() -> None:
    night = simulate(scenario(day=Day(opens="22:00", closes="02:00")), 1)
    assert night.open_s == 4 * 3600
    assert night.sealed == pytest.approx(simulate(scenario(), 1).sealed, rel=0.05)


def test_more_people_than_the_line_can_take_wait_longer_and_go_home() -> None:
    few = simulate(scenario(arrivals=Arrivals(walk_in=100)), 1)
    many = simulate(scenario(arrivals=Arrivals(walk_in=400)), 1)
    assert few.sent_home < 5
    assert many.sent_home > 100
    assert median(many.waits_s) > 5 * median(few.waits_s)
    assert max(many.queue) > max(few.queue)


def test_the_same_seed_is_the_same_day() -> None:
    assert simulate(load("hue"), 7) == simulate(load("hue"), 7)
    assert simulate(load("hue"), 7) != simulate(load("hue"), 8)


def test_a_stop_lets_nobody_go_to_a_machine() -> None:
    steady = simulate(scenario(), 3)
    broken = simulate(scenario(stop_every_h=1.0, stop_min=30.0), 3)
    assert broken.sealed < 0.9 * steady.sealed


def test_a_campaign_without_anybody_coming_never_ends() -> None:
    nobody = msgspec.structs.replace(
        scenario(arrivals=Arrivals(walk_in=0)),
        campaign=Campaign(target=10, start=date(2026, 1, 1), due=date(2026, 2, 1)),
    )
    out = outlook(nobody, days=1)
    assert out.per_day == 0
    assert out.finish is not None
    assert out.finish.day is None
    assert out.finish.in_time == 0
