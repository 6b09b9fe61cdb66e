"""Order of calling, estimated waits, and presses of the ticket button."""

from __future__ import annotations

import pytest

from controller.policy import QueuePolicy
from controller.queue import estimate, is_double_press, pace_s, waiting
from edge.journal import events as e
from tests.unit.station.hand_made import HandMade

POLICY = QueuePolicy()
PICO = "0a0b0c0d"
WALK_IN, PRIORITY, GROUP = e.TicketKind.WALK_IN, e.TicketKind.PRIORITY, e.TicketKind.GROUP


def order(booth: HandMade, minute: int | None = None) -> list[int]:
    at = booth.minute if minute is None else minute
    return [t.number for t in waiting(booth.state.queue, booth.today, at, POLICY)]


def press(booth: HandMade, no: int, age_ms: int = 0) -> bool:
    """True when it made a ticket."""
    clock, queue = booth.clock, booth.state.queue
    mono = (clock.boot, clock.mono_ms() - age_ms)
    if is_double_press(queue, PICO, no, clock.now_ms() - age_ms, POLICY, mono):
        return False
    number = queue.last_number.get(booth.today, 0) + 1
    booth.record(
        e.TicketNumbered(
            number, booth.today, WALK_IN, e.TicketSource.BUTTON, 0, 0, None, PICO, no, age_ms
        )
    )
    return True


def test_three_priority_tickets_then_one_other() -> None:
    booth = HandMade()
    for kind in (WALK_IN, WALK_IN, *[PRIORITY] * 5):
        booth.ticket(kind)
    assert order(booth) == [3, 4, 5, 1, 6, 7, 2]


def test_the_run_of_priority_goes_on_from_call_to_call() -> None:
    booth = HandMade()
    for kind in (WALK_IN, *[PRIORITY] * 5):
        booth.ticket(kind)
    called = []
    while left := order(booth):
        booth.record(e.TicketCalled(left[0], booth.today, 1))
        called.append(left[0])
    assert called == [2, 3, 4, 1, 5, 6]


def test_a_group_goes_before_walk_ins_from_its_minute_and_after_them_until_then() -> None:
    booth = HandMade()
    booth.record(e.GroupScheduled("G1", booth.today, 600, 2))
    booth.ticket(WALK_IN)
    booth.ticket(GROUP, "G1")
    booth.ticket(WALK_IN)
    booth.ticket(GROUP, "G1")
    assert order(booth, 599) == [1, 3, 2, 4]
    assert order(booth, 600) == [2, 4, 1, 3]


def test_a_group_scheduled_for_tomorrow_is_early_all_day() -> None:
    booth = HandMade()
    booth.record(e.GroupScheduled("G1", booth.today + 1, 0, 2))
    booth.ticket(GROUP, "G1")
    booth.ticket(WALK_IN)
    assert order(booth, 1439) == [2, 1]


def test_walk_ins_are_called_in_the_end_however_many_priority_people_keep_coming() -> None:
    booth = HandMade()
    walk_in = booth.ticket(WALK_IN)
    called: list[int] = []
    while walk_in not in called:
        booth.ticket(PRIORITY)
        booth.ticket(PRIORITY)
        called.append(order(booth)[0])
        booth.record(e.TicketCalled(called[-1], booth.today, 1))
    assert len(called) == POLICY.priority_run + 1


def test_a_press_delivered_again_after_hours_and_a_restart_makes_no_second_ticket() -> None:
    booth = HandMade()
    assert press(booth, 7)
    booth.clock.advance(5 * 3600)
    assert not press(booth, 7, age_ms=5 * 3600 * 1000)
    booth.power_cut(60)
    assert not press(booth, 7, age_ms=5 * 3600 * 1000)


def test_a_double_press_delivered_again_after_somebody_elses_still_counts_for_nothing() -> None:
    booth = HandMade()
    assert press(booth, 1)
    booth.clock.advance(0.5)
    assert not press(booth, 2)  # and its acknowledgement gets lost
    booth.clock.advance(60)
    assert press(booth, 3)
    assert not press(booth, 2, age_ms=60_000)


def test_two_people_three_seconds_apart_both_count() -> None:
    booth = HandMade()
    assert press(booth, 1)
    booth.clock.advance(3)
    assert press(booth, 2)


def test_presses_heard_late_are_judged_by_when_they_were_pressed() -> None:
    booth = HandMade()
    booth.clock.advance(100)
    assert press(booth, 1, age_ms=10_000)
    assert not press(booth, 2, age_ms=9_500)  # the same finger again
    assert press(booth, 3, age_ms=1_000)  # somebody else, nine seconds after
    assert press(booth, 4, age_ms=5_000)


@pytest.mark.parametrize("set_by_s", [-60, -3600, 3600, 90_000])
def test_a_clock_that_is_set_loses_no_press_and_doubles_none(set_by_s: float) -> None:
    booth = HandMade()
    assert press(booth, 1)
    booth.clock.advance(60)
    booth.clock.step(set_by_s)
    assert press(booth, 2)
    booth.clock.step(-set_by_s)
    booth.clock.advance(1)
    assert not press(booth, 3)


def test_without_monotonic_time_the_wall_clock_tells() -> None:
    booth = HandMade()
    press(booth, 1)
    now = booth.clock.now_ms()
    assert is_double_press(booth.state.queue, PICO, 2, now + 1_900, POLICY)
    assert not is_double_press(booth.state.queue, PICO, 2, now + 2_000, POLICY)


def close_one(booth: HandMade) -> None:
    booth.record(e.DossierAbandoned(e.AbandonReason.LEFT), e.DossierClosed(0), dossier=booth.open())


def test_the_wait_is_told_from_the_stations_own_recent_pace() -> None:
    booth = HandMade()
    for _ in range(4):
        booth.ticket()
    assert estimate(booth.state.queue, booth.today, POLICY) == (4, 4 * 180)
    for gap_s in (100, 100, 120, 500):
        close_one(booth)
        booth.clock.advance(gap_s)
    close_one(booth)
    assert pace_s(booth.state.queue, POLICY) == 110
    assert estimate(booth.state.queue, booth.today, POLICY) == (4, 440)


def test_nights_and_set_clocks_are_no_pace() -> None:
    booth = HandMade()
    for _ in range(5):
        close_one(booth)
        booth.clock.advance(86_400)
    for _ in range(5):
        close_one(booth)
        booth.clock.step(-4000)
    assert pace_s(booth.state.queue, POLICY) == 180


def test_a_wait_always_fits_the_journal() -> None:
    booth = HandMade()
    for _ in range(5):
        close_one(booth)
        booth.clock.advance(3600)
    for _ in range(30):
        booth.ticket()
    ahead, wait_s = estimate(booth.state.queue, booth.today, POLICY)
    assert (ahead, wait_s) == (30, 86_400)


def test_numbers_start_again_each_day_and_go_on_after_a_restart() -> None:
    booth = HandMade()
    assert [booth.ticket(), booth.ticket()] == [1, 2]
    booth.power_cut(60)
    assert booth.ticket() == 3
    booth.clock.advance(86_400)
    assert booth.ticket() == 1
    booth.clock.step(-86_400)
    assert booth.ticket() == 4


def test_a_ticket_that_never_printed_is_not_counted_nor_called() -> None:
    booth = HandMade()
    booth.record(
        e.TicketNumbered(1, booth.today, WALK_IN, e.TicketSource.BUTTON, 0, 0),
        e.PrintRequested(e.Paper.TICKET, 1, booth.today),
    )
    assert order(booth) == []
    booth.record(e.TicketCancelled(1, booth.today))
    booth.record(e.TicketIssued(1, booth.today, e.IssuedHow.PRINTED))  # too late
    assert order(booth) == []
    assert not booth.state.queue.tickets[booth.today, 1].issued
