"""Order of calling, estimated waits, and presses of the ticket button."""

from __future__ import annotations

import pytest

from controller.policy import QueuePolicy
from controller.queue import (
    EVER,
    Ticket,
    TicketKey,
    TicketState,
    estimate,
    is_double_press,
    outlived,
    pace_s,
    waiting,
)
from controller.state import books
from edge.journal import events as e
from ground.day import before
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
    assert estimate(booth.state.queue, POLICY) == (4, 4 * 180)
    for gap_s in (100, 100, 120, 500):
        close_one(booth)
        booth.clock.advance(gap_s)
    close_one(booth)
    assert pace_s(booth.state.queue, POLICY) == 110
    assert estimate(booth.state.queue, POLICY) == (4, 440)


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
    ahead, wait_s = estimate(booth.state.queue, POLICY)
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


LATE_S = 86_400 - 1_760_000_000 % 86_400 - 60
"""From the hand-made clock's beginning to one minute before midnight."""


def keys(tickets: list[Ticket]) -> list[TicketKey]:
    return [ticket.key for ticket in tickets]


def gone(booth: HandMade) -> list[TicketKey]:
    clock = booth.clock
    return keys(outlived(booth.state.queue, booth.today, clock.boot, clock.mono_ms()))


def test_who_waits_over_midnight_is_called_before_those_of_the_new_day() -> None:
    booth = HandMade()
    booth.clock.advance(LATE_S)
    evening = booth.today
    for kind in (WALK_IN, WALK_IN, PRIORITY):
        booth.ticket(kind)
    booth.clock.advance(120)
    morning = booth.today
    assert morning == evening + 1
    assert [booth.ticket(WALK_IN), booth.ticket(PRIORITY)] == [1, 2]
    in_order = waiting(booth.state.queue, morning, booth.minute, POLICY)
    assert keys(in_order) == [(evening, 3), (morning, 2), (evening, 1), (evening, 2), (morning, 1)]
    assert estimate(booth.state.queue, POLICY)[0] == 5


def test_who_was_called_or_did_not_come_before_midnight_is_still_there_after_it() -> None:
    booth = HandMade()
    booth.clock.advance(LATE_S)
    evening = booth.today
    called, absent = booth.ticket(), booth.ticket()
    booth.record(e.TicketCalled(called, evening, 1), e.TicketNoShow(absent, evening))
    booth.clock.advance(120)
    queue = booth.state.queue
    assert keys(queue.in_state(EVER, TicketState.CALLED)) == [(evening, called)]
    since = before(booth.today)
    assert keys(queue.in_state(since, TicketState.NO_SHOW)) == [(evening, absent)]


def test_people_keep_their_places_when_the_clock_is_set() -> None:
    booth = HandMade()
    first = (booth.today, booth.ticket())
    booth.clock.step(-3 * 86_400)
    second = (booth.today, booth.ticket())
    booth.clock.step(4 * 86_400)
    third = (booth.today, booth.ticket())
    in_order = waiting(booth.state.queue, booth.today, booth.minute, POLICY)
    assert keys(in_order) == [first, second, third]
    assert gone(booth) == [], "they stand there, whatever day their tickets name"


def test_a_ticket_outlives_the_day_after_its_own_only_in_the_journal() -> None:
    booth = HandMade()
    number, day = booth.ticket(), booth.today
    booth.clock.advance(86_400)
    assert gone(booth) == []
    booth.clock.advance(86_400)
    assert gone(booth) == [(day, number)]
    booth.record(e.TicketExpired(number, day))
    assert gone(booth) == []
    assert order(booth) == []
    for count in (books(booth.state, day), books(booth.state)):
        assert (count.issued, count.expired, count.waiting, count.lost) == (1, 1, 0, 0)


def test_a_ticket_that_is_not_accounted_for_is_missing_from_the_books() -> None:
    booth = HandMade()
    number = booth.ticket()
    booth.state.queue.tickets[booth.today, number].state = TicketState.CANCELLED
    assert books(booth.state, booth.today).lost == 1


def test_after_a_week_switched_off_nobody_is_waited_for() -> None:
    booth = HandMade()
    old = (booth.today, booth.ticket())
    booth.power_cut(7 * 86_400)
    booth.ticket()
    assert gone(booth) == [old]


def test_a_group_that_comes_again_another_day_is_counted_anew() -> None:
    booth = HandMade()
    queue = booth.state.queue
    booth.record(e.GroupScheduled("G1", booth.today, 600, 40))
    booth.ticket(GROUP, "G1")
    booth.ticket(GROUP, "G1")
    booth.record(e.GroupScheduled("G1", booth.today, 630, 41))
    assert queue.group_issued["G1"] == 2, "later on the same day: the same visit"
    assert (queue.groups["G1"].minute_of_day, queue.groups["G1"].people) == (630, 41)
    booth.record(e.GroupScheduled("G1", booth.today + 1, 600, 3))
    assert queue.group_issued["G1"] == 0
    assert len(queue.groups) == 1
    assert booth.replayed() == booth.state


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
