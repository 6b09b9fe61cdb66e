"""A battery that runs down and a Pico that stays silent, in simulated seconds."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from controller.devices.ports import DeviceStatus, Health, Power
from controller.station.supply import LONGEST_S, LOW_S, SILENT_S, Rundown, Silence, Step
from edge.journal.events import Device, FaultCode

BATTERY_S = 600.0
READY = DeviceStatus(Device.PERIPHERALS, Health.READY)
STARTING = DeviceStatus(Device.PERIPHERALS, Health.STARTING)


def steps(powers: Iterable[Power], battery_s: float = BATTERY_S) -> list[tuple[int, Step]]:
    """One look a second: (second, step)."""
    rundown = Rundown(battery_s)
    seen = ((second, rundown.see(second, power)) for second, power in enumerate(powers))
    return [(second, step) for second, step in seen if step]


def failed(fault: FaultCode) -> DeviceStatus:
    return DeviceStatus(Device.PERIPHERALS, Health.FAILED, fault)


def resets(statuses: Iterable[DeviceStatus]) -> list[int]:
    silence = Silence()
    return [second for second, status in enumerate(statuses) if silence.see(second, status)]


def test_on_mains_there_is_nothing_to_say() -> None:
    assert steps([Power.MAINS] * 1000) == []


def test_a_battery_is_told_warned_of_a_minute_before_and_then_the_booth_ends_once() -> None:
    told = steps([Power.MAINS] * 10 + [Power.BATTERY] * 1000)
    assert told == [(10, Step.BATTERY), (550, Step.LAST_MINUTE), (610, Step.OFF)]


def test_mains_that_come_back_stop_the_clock_and_the_next_failure_has_all_of_it() -> None:
    told = steps([Power.BATTERY] * 590 + [Power.MAINS] * 5 + [Power.BATTERY] * 601)
    assert told == [
        (0, Step.BATTERY),
        (540, Step.LAST_MINUTE),
        (590, Step.MAINS),
        (595, Step.BATTERY),
        (1135, Step.LAST_MINUTE),
        (1195, Step.OFF),
    ]


def test_a_low_battery_ends_the_booth_in_seconds() -> None:
    told = steps([Power.BATTERY] * 100 + [Power.LOW] * 100)
    assert told == [(0, Step.BATTERY), (100, Step.LOW), (100 + LOW_S, Step.OFF)]


def test_a_low_line_that_flickers_gives_no_time_back() -> None:
    told = steps([Power.LOW, *[Power.BATTERY, Power.LOW] * 50])
    assert told == [(0, Step.LOW), (LOW_S, Step.OFF)]


def test_a_battery_shorter_than_the_warning_is_told_both() -> None:
    assert steps([Power.BATTERY] * 40, 30.0) == [
        (0, Step.BATTERY),
        (1, Step.LAST_MINUTE),
        (30, Step.OFF),
    ]


@pytest.mark.parametrize(
    "fault", [FaultCode.NO_ANSWER, FaultCode.DISCONNECTED, FaultCode.NOT_FOUND]
)
def test_a_silent_pico_is_reset_and_again_ever_more_seldom(fault: FaultCode) -> None:
    found = resets([failed(fault)] * 4000)
    gaps = [after - before for before, after in zip([0, *found], found, strict=False)]
    assert gaps[:6] == [SILENT_S * n for n in (1, 2, 4, 8, 16, 20)]
    assert max(gaps) == LONGEST_S


def test_a_pico_that_answers_again_has_its_whole_time() -> None:
    silent = failed(FaultCode.NO_ANSWER)
    assert resets([silent] * 29 + [READY] + [silent] * 30) == []
    assert resets([silent] * 50 + [READY] + [silent] * 31) == [30, 81]


def test_a_pico_that_is_being_looked_for_is_still_silent() -> None:
    silent = failed(FaultCode.NOT_FOUND)
    assert resets([silent, STARTING] * 20) == [30]


@pytest.mark.parametrize(
    "fault", [FaultCode.WRONG_FIRMWARE, FaultCode.TAKEN, FaultCode.NO_RIGHTS, FaultCode.RESTARTED]
)
def test_a_pico_that_is_not_silent_is_left_alone(fault: FaultCode) -> None:
    assert resets([failed(fault)] * 1000) == []
