"""Whole shifts of the simulated line: no free device beside a person who needs it, ever."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.simulated_line import Line, Outage, Times
from controller.dossier.state import Dossier, Stage
from controller.line import estimates
from controller.policy import LinePolicy
from controller.rules import needs
from controller.state import books, fold
from edge.journal.events import Device

CITIZENS = 15
BOTTLENECK = Device.FINGERPRINT
LINE_DEVICES = (Device.CAMERA, Device.FINGERPRINT)


def spared(line: Line) -> set[str]:
    """The one whom the rule may keep from the camera, by its own limits."""
    holder = line.state.holder(BOTTLENECK)
    if holder is None:
        return set()
    guess = estimates(line.state, line.policy)
    left_s = guess.bottleneck_s - (line.now_ms - holder.holding[BOTTLENECK]) / 1000
    next_up = [d.id for d in waiting_for(line, BOTTLENECK)]
    return (
        set(next_up)
        if len(next_up) == 1 and abs(left_s) <= guess.device_s[Device.CAMERA]
        else set()
    )


def waiting_for(line: Line, device: Device) -> list[Dossier]:
    dossiers = line.state.dossiers.values()
    return [d for d in dossiers if not d.holding and device in needs(d, line.state.policy)]


def in_the_hall(line: Line) -> int:
    """Called, being identified or captured; whoever waits for papers only does not count."""
    captured = (Stage.CHECKED_IN, Stage.IDENTIFIED)
    return sum(d.stage in captured for d in line.state.dossiers.values()) + line.called()


def no_free_device_waits(line: Line) -> None:
    assert in_the_hall(line) <= line.policy.in_flight_max
    for device in LINE_DEVICES:
        assert sum(device in d.holding for d in line.state.dossiers.values()) <= 1
        if device not in line.ready or line.state.holder(device) is not None:
            continue
        left = {d.id for d in waiting_for(line, device)}
        assert not left or (device is Device.CAMERA and left == spared(line))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    "times", [Times(), Times(spread=0.7), Times(portrait=50), Times(walk=60), Times(finger=1.5)]
)
def test_a_free_ready_device_never_waits_beside_a_person_who_needs_it(
    seed: int, times: Times
) -> None:
    line = Line(seed, CITIZENS, times=times, watch=no_free_device_waits).run()
    assert books(line.state).sealed == CITIZENS
    assert books(line.state).lost == 0


OUTAGES = [
    Outage(Device.FINGERPRINT, 200, 420),
    Outage(Device.CAMERA, 0, 300),
    Outage(Device.SCANNER, 60, 200),
]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "outage", OUTAGES[:2] + OUTAGES[3:], ids=lambda o: f"{o.device}@{o.begins_s}"
)
def test_a_device_that_fails_and_comes_back_costs_time_and_nobody(
    seed: int, outage: Outage
) -> None:
    line = Line(seed, CITIZENS, outages=[outage], watch=no_free_device_waits).run()
    assert books(line.state).sealed == CITIZENS
    assert fold(line.events, line.state.policy) == line.state


def test_while_the_camera_is_down_the_fingers_go_on() -> None:
    line = Line(1, CITIZENS, outages=[Outage(Device.CAMERA, 0, 250)])
    line.run()
    busy = [ev.at for ev in line.events if getattr(ev.body, "device", None) is BOTTLENECK]
    assert (busy[0] - line.events[0].at) / 1000 < 60
    assert line.efficiency > 0.8


def test_fingers_taken_before_the_sensor_failed_are_not_taken_again() -> None:
    line = Line(2, 6, outages=[Outage(Device.FINGERPRINT, 100, 200)])
    line.run()
    taken = [
        (ev.dossier, ev.body.position)  # type: ignore[attr-defined]
        for ev in line.events
        if type(ev.body).__name__ == "FingerCaptured"
    ]
    assert len(taken) == len(set(taken)) == 6 * 10


def test_the_hall_is_never_fuller_than_its_chairs() -> None:
    fullest = 0

    def watch(line: Line) -> None:
        nonlocal fullest
        fullest = max(fullest, in_the_hall(line))

    slow = Times(review=200)  # they sit and read while others come
    Line(3, CITIZENS, times=slow, policy=LinePolicy(in_flight_max=5), watch=watch).run()
    assert fullest == 5


def test_the_bottleneck_works_more_than_nine_tenths_of_a_shift_with_start_and_tail() -> None:
    found = [Line(seed, 30).run().efficiency for seed in range(8)]
    assert statistics.median(found) >= 0.93
    assert min(found) >= 0.90


def test_a_shift_is_the_same_for_the_same_seed() -> None:
    assert Line(5, 5).run().events == Line(5, 5).run().events
