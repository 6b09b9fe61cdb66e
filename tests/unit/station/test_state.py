"""Idle time, holding times, books over days, who is enrolled: on histories made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.dossier.state import Outcome
from controller.state import books, fold
from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SteppedClock
from tests.unit.station.hand_made import DIGEST, HandMade

CAMERA, FINGERPRINT = e.Device.CAMERA, e.Device.FINGERPRINT


@pytest.fixture
def booth() -> HandMade:
    return HandMade()


@pytest.fixture
def waiting(booth: HandMade) -> str:
    """Somebody identified who stands before camera and fingerprint scanner."""
    new = booth.open()
    booth.identify(new)
    return new


def pass_time(booth: HandMade, seconds: float) -> None:
    booth.clock.advance(seconds)
    booth.record(e.DeviceRecovered(e.Device.SCANNER))  # any event: time is counted at events


def test_a_free_device_that_somebody_waits_for_is_idle(booth: HandMade, waiting: str) -> None:
    pass_time(booth, 30)
    assert booth.state.idle_ms == {CAMERA: 30_000, FINGERPRINT: 30_000}


def test_nothing_is_idle_while_nobody_waits(booth: HandMade) -> None:
    pass_time(booth, 600)
    booth.open()  # not identified: stands at the desk, not in the line
    pass_time(booth, 600)
    assert booth.state.idle_ms == {}


def test_who_is_at_one_device_waits_for_no_other(booth: HandMade, waiting: str) -> None:
    booth.record(e.DeviceTaken(CAMERA), dossier=waiting)
    pass_time(booth, 20)
    assert booth.state.idle_ms == {}


def test_a_device_at_work_is_not_idle_but_the_other_is(booth: HandMade, waiting: str) -> None:
    other = booth.open()
    booth.identify(other)
    booth.record(e.DeviceTaken(FINGERPRINT), dossier=waiting)
    pass_time(booth, 45)
    assert booth.state.idle_ms == {CAMERA: 45_000}


def test_the_time_switched_off_is_not_idle(booth: HandMade, waiting: str) -> None:
    pass_time(booth, 10)
    booth.power_cut(600)
    pass_time(booth, 5)
    assert booth.state.idle_ms[FINGERPRINT] == 15_000


def test_a_program_started_anew_on_the_same_boot_was_not_idle_meanwhile(
    booth: HandMade, waiting: str
) -> None:
    booth.clock.advance(600)
    booth.record(e.StationStarted("0.1.0"))
    pass_time(booth, 5)
    assert booth.state.idle_ms[FINGERPRINT] == 5_000


@pytest.mark.parametrize("set_by_s", [-7200, -5, 50, 100_000])
def test_a_clock_that_is_set_makes_no_idle_time(
    booth: HandMade, waiting: str, set_by_s: float
) -> None:
    booth.clock.step(set_by_s)
    pass_time(booth, 10)
    assert booth.state.idle_ms[FINGERPRINT] == 10_000


def test_holding_times_are_the_lines_estimates(booth: HandMade, waiting: str) -> None:
    booth.record(e.DeviceTaken(FINGERPRINT), dossier=waiting)
    booth.clock.advance(48)
    booth.record(e.DeviceReleased(FINGERPRINT), dossier=waiting)
    assert booth.state.busy_ms == {FINGERPRINT: 48_000}
    assert list(booth.state.hold_s[FINGERPRINT]) == [48.0]


@pytest.mark.parametrize("set_by_s", [-7200, 100_000])
def test_a_clock_set_while_a_device_is_held_spoils_no_estimate(
    booth: HandMade, waiting: str, set_by_s: float
) -> None:
    booth.record(e.DeviceTaken(FINGERPRINT), dossier=waiting)
    booth.clock.step(set_by_s)
    booth.record(e.DeviceReleased(FINGERPRINT), dossier=waiting)
    assert FINGERPRINT not in booth.state.hold_s
    assert booth.state.busy_ms == {}


def test_arrival_is_from_the_latest_call_to_identification(booth: HandMade) -> None:
    number = booth.ticket()
    booth.record(e.TicketCalled(number, booth.today, 1))
    booth.clock.advance(100)
    booth.record(e.TicketCalled(number, booth.today, 1, again=True))
    booth.clock.advance(25)
    new = booth.open(number)
    booth.clock.advance(15)
    booth.identify(new)
    assert list(booth.state.arrival_s) == [40.0]


def test_a_person_is_enrolled_once_their_packet_is_sealed(booth: HandMade, waiting: str) -> None:
    assert booth.state.enrolled == {}
    booth.capture_all(waiting)
    assert booth.state.enrolled == {}
    booth.clock.advance(5)
    booth.record(e.Sealed(DIGEST, 1, 1), dossier=waiting)
    assert booth.state.enrolled == {DIGEST: booth.clock.now_ms()}


def test_books_of_a_day_are_that_days_alone(booth: HandMade) -> None:
    for day in range(3):
        booth.finish(booth.open(booth.ticket()), f"{day:064x}")  # with a ticket
        booth.finish(booth.open(), f"{day + 10:064x}")  # without one
        walked_away = booth.ticket()
        booth.record(e.TicketCalled(walked_away, booth.today, 1))
        booth.record(e.TicketNoShow(walked_away, booth.today))
        for count in (books(booth.state, booth.today), books(booth.state)):
            assert count.lost == 0
        today = books(booth.state, booth.today)
        assert (today.issued, today.sealed, today.no_shows, today.without_ticket) == (2, 2, 1, 1)
        assert books(booth.state).sealed == 2 * (day + 1)
        booth.clock.advance(86_400)
    assert books(booth.state, booth.today).sealed == 0


def test_a_dossier_open_over_night_stays_on_the_day_of_its_ticket(booth: HandMade) -> None:
    yesterday = booth.today
    left_open = booth.open(booth.ticket())
    booth.clock.advance(86_400)
    booth.finish(left_open)
    assert books(booth.state, yesterday).sealed == 1
    assert books(booth.state, booth.today).sealed == 0
    assert books(booth.state, yesterday).lost == books(booth.state, booth.today).lost == 0


def test_what_is_kept_of_an_ended_dossier_tells_nothing_of_the_person(booth: HandMade) -> None:
    booth.finish(booth.open(), "c" * 64)
    (ended,) = booth.state.ended
    assert ended.outcome is Outcome.SEALED
    assert "c" * 64 not in repr(ended)


def test_numbers_of_dossiers_go_on_after_a_restart(booth: HandMade) -> None:
    first = booth.open()
    booth.power_cut(10)
    second = booth.open()
    assert int(second.split("-")[1]) == int(first.split("-")[1]) + 1


def test_the_state_from_the_disk_is_the_state_in_memory(booth: HandMade, tmp_path: Path) -> None:
    """Encoded, stored, read and folded: nothing of an event is lost on the way."""
    clock = SteppedClock()
    journal = Journal(tmp_path / "journal.db", "TH0417", clock)
    state = fold([], booth.policy)
    booth.record(e.GroupScheduled("G1", booth.today, 600, 40))
    booth.finish(booth.open(booth.ticket(e.TicketKind.GROUP, "G1")))
    booth.open(booth.ticket())
    for event in booth.events:
        clock.advance(1)
        for durable in journal.append(event.body, dossier=event.dossier):
            state.apply(durable)
    assert fold(journal.replay(), booth.policy) == state
    journal.close()
