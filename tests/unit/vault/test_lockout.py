"""Wrong passphrases lock out, longer each time, whatever is done to the station or its clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.vault.lockout import KEPT, Lockout, LockoutPolicy, Moment, Tries, fold
from edge.journal.events import (
    LockReason,
    OperatorLocked,
    OperatorUnlocked,
    StationStarted,
    UnlockFailed,
)
from edge.journal.store import Journal, read_events
from ground.clock import SteppedClock


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def journal(tmp_path: Path, clock: SteppedClock) -> Journal:
    return Journal(tmp_path / "journal.db", "TH0417", clock)


OP, HERE, THERE = "OP1", "00000000c0a80409", "20010db800000001"


def lockout(journal: Journal) -> Lockout:
    """What a restarted station would know."""
    return fold(read_events(journal.path))


def fail(
    journal: Journal, times: int = 1, operator: str | None = OP, source: str | None = HERE
) -> Tries:
    """Journal wrong tries as the station does; gives what a restarted station would know."""
    for _ in range(times):
        journal.append(fold(journal.replay()).failure(operator, source))
    return lockout(journal).of[operator, source]


@pytest.mark.parametrize(
    ("tries", "lock_s"), [(1, 0), (3, 0), (4, 30), (5, 60), (6, 120), (8, 480), (9, 900), (99, 900)]
)
def test_three_tries_are_free_then_the_lock_doubles_up_to_a_quarter_of_an_hour(
    tries: int, lock_s: int
) -> None:
    assert LockoutPolicy().lock_s(tries) == lock_s


@given(st.integers(1, 9_999_999))
def test_a_lock_never_gets_shorter_and_fits_the_journal(tries: int) -> None:
    policy = LockoutPolicy()
    assert 0 <= policy.lock_s(tries) <= policy.lock_s(tries + 1) <= policy.longest_s


def test_a_fresh_station_is_open(clock: SteppedClock) -> None:
    assert fold([]).seconds_left(OP, HERE, Moment.read(clock)) == 0


def test_the_fourth_wrong_try_locks_for_half_a_minute(
    journal: Journal, clock: SteppedClock
) -> None:
    assert fail(journal, 3).seconds_left(Moment.read(clock)) == 0
    tries = fail(journal)
    assert tries.seconds_left(Moment.read(clock)) == 30
    clock.advance(29.5)
    assert tries.seconds_left(Moment.read(clock)) == 1
    clock.advance(0.5)
    assert tries.seconds_left(Moment.read(clock)) == 0


def test_a_restart_of_the_station_does_not_forget(journal: Journal, clock: SteppedClock) -> None:
    fail(journal, 5)
    journal.append(StationStarted(version="0.1.0"), OperatorLocked(reason=LockReason.IDLE))
    clock.advance(10)
    restarted = lockout(journal)
    assert restarted.of[OP, HERE].count == 5
    assert restarted.seconds_left(OP, HERE, Moment.read(clock)) == 50


def test_a_right_passphrase_starts_over(journal: Journal, clock: SteppedClock) -> None:
    fail(journal, 6)
    journal.append(OperatorUnlocked(OP, HERE))
    tries = fail(journal, 3)
    assert tries.count == 3
    assert tries.seconds_left(Moment.read(clock)) == 0


def test_turning_the_clock_forward_does_not_open_it(journal: Journal, clock: SteppedClock) -> None:
    tries = fail(journal, 4)
    now = Moment.read(clock)
    turned = Moment(now.at + 86_400_000, now.mono, now.boot, trusted=True)
    assert tries.seconds_left(turned) == 30


def test_a_clock_that_fell_back_in_a_power_cut_does_not_lock_for_days(journal: Journal) -> None:
    tries = fail(journal, 4)
    back = SteppedClock(now_ms=0, boot="00000002")
    back.is_trusted = False
    assert tries.seconds_left(Moment.read(back)) == 29  # the new boot is one second old
    back.advance(29)
    assert tries.seconds_left(Moment.read(back)) == 0


@pytest.mark.parametrize(("trusted", "left"), [(True, 0), (False, 29)])
def test_time_switched_off_counts_only_when_the_clocks_are_synchronised(
    journal: Journal, clock: SteppedClock, trusted: bool, left: int
) -> None:
    tries = fail(journal, 4)
    later = SteppedClock(now_ms=clock.now_ms() + 3_600_000, boot="00000002")
    later.is_trusted = trusted
    assert tries.seconds_left(Moment.read(later)) == left


def test_wrong_tries_cost_nobody_else_anything(journal: Journal, clock: SteppedClock) -> None:
    fail(journal, 9)
    known, now = lockout(journal), Moment.read(clock)
    assert known.seconds_left(OP, HERE, now) == 900
    assert known.seconds_left(OP, THERE, now) == 0, "the same operator at another machine"
    assert known.seconds_left("OP2", HERE, now) == 0, "another operator at the same machine"


def test_a_right_passphrase_elsewhere_gives_the_guesser_no_new_tries(
    journal: Journal, clock: SteppedClock
) -> None:
    fail(journal, 4)
    journal.append(OperatorUnlocked(OP, THERE))
    assert lockout(journal).seconds_left(OP, HERE, Moment.read(clock)) == 30


def test_numbers_that_nobody_has_count_together(journal: Journal, clock: SteppedClock) -> None:
    fail(journal, 4, operator=None)
    assert lockout(journal).seconds_left(None, HERE, Moment.read(clock)) == 30


def test_names_made_up_by_the_thousand_do_not_free_the_one_that_is_tried(
    journal: Journal, clock: SteppedClock
) -> None:
    fail(journal, 5)
    known = lockout(journal)
    for number in range(2, KEPT + 50):
        (event,) = journal.append(known.failure(f"OP{number}", HERE))
        known = known.after(event)
    assert len(known.of) == KEPT
    assert known.seconds_left(OP, HERE, Moment.read(clock)) == 60


def test_rows_of_before_tell_neither_and_lock_no_operator_out(
    journal: Journal, clock: SteppedClock
) -> None:
    journal.append(*[UnlockFailed(tries=4, locked_out_s=30)] * 4)
    known, now = lockout(journal), Moment.read(clock)
    assert [known.seconds_left(OP, source, now) for source in (HERE, None)] == [0, 0]
