"""The chip's ticks wrap after 12.4 days; what compares them does not care."""

from __future__ import annotations

from hw.twins.pico_board import BUTTONS
from tests.rp2040.pico import Pico

DAY_MS = 24 * 3600 * 1000.0


# A jump stays below 6.2 days: no clock of the chip ever sees more pass at once.


def test_commands_presses_and_lamps_work_on_across_the_wrap(pico: Pico) -> None:
    for days in (6.0, 6.0, 0.4):
        pico.skip(days * DAY_MS)
        pico.advance(600)
        assert pico.say("show", "ready")[0] == "ok"
    pico.press(BUTTONS["ticket"], 120)
    pico.advance(400)
    assert pico.say("next", "", 0)[3] == "ticket"
    pico.advance(3500)
    assert pico.resets == []
