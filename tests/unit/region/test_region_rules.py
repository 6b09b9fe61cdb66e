"""Which of the region's commands are run, what they change, and what of the climate is news."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.devices.ports import Climate
from controller.policy import CapturePolicy
from controller.snapshot import restore
from controller.state import Measurement, State, Target, fold
from controller.station.region import change, outcome
from controller.station.sensing import (
    DEAD_BAND_DC,
    DEAD_BAND_MV,
    MIN_INTERVAL_MS,
    climate_news,
    firmware_news,
)
from edge.journal import events as e
from edge.journal.store import Journal
from edge.report import orders as o
from ground.clock import SteppedClock
from tests.unit.region.orders_given import command
from tests.unit.station.hand_made import HandMade

AT = 1_760_000_000_000
HOUR_MS = 3_600_000
DONE, EXPIRED, NOT_ALLOWED, FAILED = (
    e.CommandOutcome.DONE,
    e.CommandOutcome.EXPIRED,
    e.CommandOutcome.NOT_ALLOWED,
    e.CommandOutcome.FAILED,
)


@pytest.fixture
def state() -> State:
    return HandMade().state


def given_at(order: o.AnyOrder, role: o.Role = o.Role.ADMINISTRATOR) -> o.Command:
    return command(1, order, role=role, issued_at=AT, valid_s=3600)


# ---- whether it is run ---------------------------------------------------------------------


def test_a_command_is_run_until_it_expires() -> None:
    pause = given_at(o.PauseIntake())
    assert outcome(pause, AT + HOUR_MS, trusted=True) is DONE
    assert outcome(pause, AT + HOUR_MS + 1, trusted=True) is EXPIRED


def test_a_clock_that_nobody_has_set_cannot_say_that_a_command_has_expired() -> None:
    assert outcome(given_at(o.PauseIntake()), AT + 10 * HOUR_MS, trusted=False) is DONE


@pytest.mark.parametrize("order", [o.PauseIntake(), o.ResumeIntake(), o.SetTarget(1, 0, 1440)])
@pytest.mark.parametrize("role", [o.Role.VIEWER, o.Role.OPERATOR])
@pytest.mark.parametrize("trusted", [True, False])
def test_what_the_role_may_not_is_not_run(order: o.AnyOrder, role: o.Role, trusted: bool) -> None:
    assert outcome(given_at(order, role), AT, trusted=trusted) is NOT_ALLOWED


@pytest.mark.parametrize("order", [o.Locate(), o.ReportNow(), o.SendLogs()])
def test_an_operator_of_the_region_may_look_for_a_booth_and_ask_it(order: o.AnyOrder) -> None:
    assert outcome(given_at(order, o.Role.OPERATOR), AT, trusted=True) is DONE
    assert outcome(given_at(order, o.Role.VIEWER), AT, trusted=True) is NOT_ALLOWED


def test_hours_that_end_when_they_begin_are_a_mistake_and_hours_over_midnight_are_not() -> None:
    assert outcome(given_at(o.SetTarget(100, 420, 420)), AT, trusted=True) is FAILED
    assert outcome(given_at(o.SetTarget(100, 1320, 360)), AT, trusted=True) is DONE


# ---- what it changes -----------------------------------------------------------------------


def test_pause_and_resume_change_the_intake_once(state: State) -> None:
    assert change(o.ResumeIntake(), state) == ()
    assert change(o.PauseIntake(), state) == (e.IntakeChanged(False),)
    state.intake_open = False
    assert change(o.PauseIntake(), state) == ()
    assert change(o.ResumeIntake(), state) == (e.IntakeChanged(True),)


def test_a_target_is_set_where_it_differs(state: State) -> None:
    wanted = o.SetTarget(200, 390, 1440)
    assert change(wanted, state) == (e.TargetSet(200, 390, 1440),)
    state.target = Target(200, 390, 1440)
    assert change(wanted, state) == ()


@pytest.mark.parametrize("order", [o.ReportNow(), o.SendLogs(), o.Locate()])
def test_reports_logs_and_lights_change_nothing_that_is_kept(
    order: o.AnyOrder, state: State
) -> None:
    assert change(order, state) == ()


orders = st.one_of(
    st.just(o.PauseIntake()),
    st.just(o.ResumeIntake()),
    st.builds(o.SetTarget, st.integers(0, 3), st.integers(0, 2), st.integers(3, 5)),
    st.just(o.ReportNow()),
)


@given(st.lists(orders, max_size=12))
def test_a_command_that_is_run_twice_is_as_good_as_run_once(given: list[o.AnyOrder]) -> None:
    """What a replay after a crash relies on."""
    booth = HandMade()
    for order in given:
        booth.record(*change(order, booth.state))
        assert change(order, booth.state) == ()
    targets = [order for order in given if isinstance(order, o.SetTarget)]
    switches = [order for order in given if isinstance(order, o.PauseIntake | o.ResumeIntake)]
    last = targets[-1] if targets else None
    assert booth.state.target == (Target(*last_of(last)) if last else None)
    assert booth.state.intake_open is not (
        bool(switches) and isinstance(switches[-1], o.PauseIntake)
    )
    assert booth.replayed() == booth.state


def last_of(order: o.SetTarget) -> tuple[int, int, int]:
    return order.per_day, order.opens, order.closes


def test_what_the_region_has_set_survives_a_power_cut() -> None:
    booth = HandMade()
    booth.record(e.IntakeChanged(False), e.CommandRun("0" * 16, DONE))
    booth.record(e.TargetSet(200, 390, 1440), e.CommandRun("1" * 16, DONE))
    booth.record(e.CommandRun("2" * 16, EXPIRED))
    booth.power_cut(600)
    assert not booth.state.intake_open
    assert booth.state.target == Target(200, 390, 1440)
    outcomes = [answer.outcome for answer in booth.state.answers.values()]
    assert outcomes == [DONE, DONE, EXPIRED]


def test_a_snapshot_keeps_all_of_it(tmp_path: Path) -> None:
    booth = HandMade()
    booth.record(
        e.IntakeChanged(False),
        e.TargetSet(1, 0, 1440),
        e.CommandRun("0" * 16, FAILED),
        e.Measured(271, 12_040),
        e.FirmwareSeen("9f86d081"),
    )
    journal = Journal(tmp_path / "journal.db", "TH0417", SteppedClock())
    try:
        journal.append(*(event.body for event in booth.events))
        snapshot = tmp_path / "state.snapshot"
        taken = restore(journal, snapshot, CapturePolicy(), tail=0)
        assert snapshot.exists()
        again = restore(journal, snapshot, CapturePolicy())
        assert again == taken == fold(journal.replay(), CapturePolicy())
        assert (again.measured, again.firmware) != (None, None)
    finally:
        journal.close()


# ---- climate and firmware ------------------------------------------------------------------

BOOT = "00000001"
LAST = Measurement(270, 12_000, BOOT, 0)
LATER = MIN_INTERVAL_MS


def test_the_first_reading_is_news() -> None:
    assert climate_news(Climate(27.04, 12.0996), None, BOOT, 5) == e.Measured(270, 12_100)


@pytest.mark.parametrize(
    ("climate", "is_news"),
    [
        (Climate(28.9, 12.0), False),
        (Climate(29.0, 12.0), True),
        (Climate(25.0, 12.0), True),
        (Climate(27.0, 12.099), False),
        (Climate(27.0, 12.1), True),
        (Climate(27.0, 11.9), True),
    ],
)
def test_a_reading_is_news_outside_its_dead_band(climate: Climate, is_news: bool) -> None:
    assert (climate_news(climate, LAST, BOOT, LATER) is not None) is is_news


def test_news_come_at_most_once_a_minute_of_a_boot() -> None:
    hot = Climate(60.0, 12.0)
    assert climate_news(hot, LAST, BOOT, LATER - 1) is None
    assert climate_news(hot, LAST, BOOT, LATER) == e.Measured(600, 12_000)
    assert climate_news(hot, LAST, "00000002", 1) == e.Measured(600, 12_000), "a new boot"


@given(
    st.floats(-60, 300),
    st.floats(0, 18.4),
    st.none()
    | st.builds(
        Measurement, st.integers(-1000, 2000), st.integers(0, 18_400), st.just(BOOT), st.just(0)
    ),
)
def test_whatever_the_sensors_say_is_journaled_or_near_what_is(
    celsius: float, volts: float, last: Measurement | None
) -> None:
    """A broken wire reads -50 or 280 °C."""
    news = climate_news(Climate(celsius, volts), last, BOOT, LATER)
    if news is None:
        assert last is not None
        bounded = min(2000, celsius * 10)
        assert abs(bounded - last.temperature_dc) <= DEAD_BAND_DC
        assert abs(volts * 1000 - last.supply_mv) <= DEAD_BAND_MV
    else:
        assert -1000 <= news.temperature_dc <= 2000


def test_a_firmware_is_told_when_it_is_another_one(state: State) -> None:
    assert firmware_news("9f86d081884c7d65", state) == e.FirmwareSeen("9f86d081")
    state.firmware = "9f86d081"
    assert firmware_news("9f86d081884c7d65", state) is None
    assert firmware_news("0000000000000000", state) == e.FirmwareSeen("00000000")


@pytest.mark.parametrize("odd", ["unknown", "", "9f86", "9F86D081884C7D65"])
def test_what_is_no_hash_is_not_told(odd: str, state: State) -> None:
    assert firmware_news(odd, state) is None
