"""A Pi that says nothing for a week: the chip's ticks are half round, and mean nothing new (F8)."""

from __future__ import annotations

from hw.twins.pico_board import BUTTONS
from tests.rp2040.pico import Pico

DAY_MS = 24 * 3600 * 1000.0


def notices(pico: Pico) -> int:
    return sum(message[:2] == [0, "events"] for message in pico.frames())


def test_a_pi_that_was_silent_for_a_week_is_not_rung_for_days(pico: Pico) -> None:
    """After 6.2 days without a word, an old "heard just now" must not look like a new one."""
    for _ in range(2):
        pico.advance(4000)
        pico.skip(3.2 * DAY_MS)
    pico.advance(500)
    pico.press(BUTTONS["ticket"], 120)
    notices(pico)
    pico.advance(2000)
    assert notices(pico) == 0
