"""Ticks of 30 bits: they wrap after 12.4 days."""

from __future__ import annotations

import pytest

from tests.behaviours.board import Board

WRAP_MS = 1 << 30


def test_a_difference_over_the_wrap_is_small(board: Board) -> None:
    assert board.run(
        "from time import *\nlast = (1 << 30) - 1\n"
        "print(ticks_add(last, 1), ticks_diff(0, last), ticks_diff(last, 0))\n"
        "print(ticks_add(0, -1) == last)"
    ) == ["0", "1", "-1", "True"]


@pytest.mark.parametrize("delta", ["1 << 29", "-(1 << 29)"])
def test_half_a_round_is_too_much_to_add(board: Board, delta: str) -> None:
    assert "OverflowError:" in board.run(f"from time import *\nticks_add(0, {delta})")


def test_after_half_a_round_what_was_long_ago_lies_ahead(board: Board) -> None:
    """6.2 days: the kind of fault that looks like "just now"."""
    assert board.run("from time import *\nprint(ticks_diff((1 << 29) + 5, 0) < 0)") == ["True"]


def test_the_clock_itself_wraps(board: Board) -> None:
    board.power_cycle(ticks_ms=WRAP_MS - 3000)
    said = board.run(
        "from time import *\nbegan = ticks_ms()\nprint(began > 1 << 29)\n"
        "while ticks_ms() >= began:\n    sleep_ms(5)\n"
        "print(0 < ticks_diff(ticks_ms(), began) < 100000)"
    )
    assert said == ["True", "True"]
