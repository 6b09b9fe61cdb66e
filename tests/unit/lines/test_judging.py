"""What levels and time mean: debounced power, short and long presses. In simulated seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.devices.lines.judging import (
    LONG_PRESS_S,
    POWER_SETTLE_S,
    PRESS_SETTLE_S,
    Button,
    Judge,
    Line,
    Settled,
    Wire,
    Wiring,
)
from controller.devices.ports import Power, Press

FAIL, LOW, SERVICE = Line.MAINS_FAIL, Line.BATTERY_LOW, Line.SERVICE


def run(judge: Judge, edges: list[tuple[float, bool]], until_s: float) -> list[tuple[float, Press]]:
    """Play ``edges`` of the button, and look whenever the judge asks to. (when told, press)."""
    told: list[tuple[float, Press]] = []
    now_s, level = 0.0, False
    for at_s, next_level in [*edges, (until_s, False)]:
        while (due_s := judge.due_s()) is not None and due_s < at_s:
            assert due_s > now_s, "a look that changes nothing is asked for again"
            now_s = due_s
            if press := judge.see(now_s, SERVICE, level):
                told.append((now_s, press))
        now_s, level = at_s, next_level
        if press := judge.see(now_s, SERVICE, level):
            told.append((now_s, press))
    return told


def idle() -> Judge:
    judge = Judge()
    judge.see(0.0, SERVICE, False)
    return judge


# ---- power ---------------------------------------------------------------------------------


def test_the_mains_have_failed_when_the_line_has_said_so_for_a_second() -> None:
    judge = Judge()
    judge.see(0.0, FAIL, False)
    told = []
    for moment in (5.0, 5.0 + POWER_SETTLE_S / 2, 5.0 + POWER_SETTLE_S):
        judge.see(moment, FAIL, True)
        told.append((judge.power, judge.due_s()))
    soon = (Power.MAINS, 5.0 + POWER_SETTLE_S)
    assert told == [soon, soon, (Power.BATTERY, None)]


def test_a_dip_of_the_mains_is_no_news() -> None:
    judge = Judge()
    judge.see(0.0, FAIL, False)
    for moment in range(1, 20):
        judge.see(moment, FAIL, True)
        judge.see(moment + POWER_SETTLE_S / 2, FAIL, False)
    assert judge.power is Power.MAINS


def test_a_booth_that_starts_on_its_battery_knows_at_once() -> None:
    judge = Judge()
    judge.see(0.0, FAIL, True)
    assert judge.power is Power.BATTERY


def test_a_low_battery_is_on_battery_whatever_the_other_line_says() -> None:
    judge = Judge()
    judge.see_all(0.0, {FAIL: False, LOW: True})
    assert judge.power is Power.LOW


def test_the_mains_come_back() -> None:
    judge = Judge()
    judge.see(0.0, FAIL, True)
    judge.see(10.0, FAIL, False)
    judge.see(10.0 + POWER_SETTLE_S, FAIL, False)
    assert judge.power is Power.MAINS


# ---- the button ----------------------------------------------------------------------------


@pytest.mark.parametrize("held_s", [0.04, 0.3, LONG_PRESS_S - 0.1])
def test_a_press_is_told_when_the_button_is_up_again(held_s: float) -> None:
    told = run(idle(), [(1.0, True), (1.0 + held_s, False)], 20.0)
    ((at_s, press),) = told
    assert press is Press.SHORT
    assert at_s == pytest.approx(1.0 + held_s + PRESS_SETTLE_S)


def test_a_long_press_is_told_while_it_is_held_and_once() -> None:
    told = run(idle(), [(1.0, True), (9.0, False)], 20.0)
    ((at_s, press),) = told
    assert press is Press.LONG
    assert at_s == pytest.approx(1.0 + LONG_PRESS_S)


def test_a_knock_is_no_press() -> None:
    assert run(idle(), [(1.0, True), (1.0 + PRESS_SETTLE_S / 2, False)], 20.0) == []


def test_a_button_that_bounces_is_pressed_once() -> None:
    down = [(1.0 + n / 1000, n % 2 == 0) for n in range(11)]
    up = [(2.0 + n / 1000, n % 2 == 1) for n in range(11)]
    assert [press for _, press in run(idle(), [*down, *up], 20.0)] == [Press.SHORT]


def test_a_button_that_is_down_from_the_start_is_stuck_until_it_was_up() -> None:
    judge = Judge()
    judge.see(0.0, SERVICE, True)
    told = run(judge, [(30.0, False), (40.0, True), (40.5, False)], 60.0)
    assert [press for _, press in told] == [Press.SHORT]


def test_both_edges_of_a_press_that_come_late_together_are_a_press() -> None:
    """The thread was busy: edges have their own time."""
    button = Button()
    button.see(0.0, False)
    assert button.see(1.0, True) is None
    assert button.see(1.2, False) is None
    assert button.see(9.0, False) is Press.SHORT


@given(st.lists(st.tuples(st.floats(0.0, 8.0), st.booleans()), max_size=30))
def test_whatever_the_contacts_do_nothing_is_asked_for_in_the_past(
    steps: list[tuple[float, bool]],
) -> None:
    now_s, edges = 0.0, []
    for gap_s, level in steps:
        now_s += gap_s
        edges.append((now_s, level))
    told = run(idle(), edges, now_s + 10.0)
    assert len(told) <= len(edges) / 2 + 1


@given(st.lists(st.tuples(st.floats(0.001, 3.0), st.booleans()), max_size=40))
def test_a_level_that_counts_has_stayed(steps: list[tuple[float, bool]]) -> None:
    settled, now_s, history = Settled(1.0), 0.0, [(0.0, False)]
    settled.see(0.0, False)
    for gap_s, level in steps:
        now_s += gap_s
        before = settled.level
        if settled.see(now_s, level):
            since = next(at for at, its in reversed(history) if its is before)
            came = next(at for at, its in history if at > since and its is not before)
            assert now_s - came >= 1.0
            assert settled.from_s == came
        history.append((now_s, level))


def test_only_lines_that_are_wired_are_read() -> None:
    wiring = Wiring(mains_fail=Wire(17, True), service=Wire(22, False), pico_run=23)
    assert dict(wiring.inputs()) == {FAIL: Wire(17, True), SERVICE: Wire(22, False)}
