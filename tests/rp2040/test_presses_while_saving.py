"""No press is lost while the flash is written, at any time its maker allows (F3)."""

from __future__ import annotations

import pytest

from hw.twins.pico_board import BUTTONS
from hw.twins.rp2040.chip import Options
from tests.rp2040.conftest import Fresh
from tests.rp2040.events import kept

PRESS_MS = 60.0
TYPICAL = (45.0, 0.7)
LIMIT = (400.0, 3.0)
"""Ms to erase a sector and to program a page (W25Q16JV)."""
STEADY_MS = [press * 200.0 for press in range(20)]
PAIRS_MS = [at for pair in range(6) for at in (pair * 3000.0, pair * 3000.0 + 400.0)]
"""The second press of a pair falls into the saving of the first, which is 250 ms old then."""


@pytest.mark.parametrize(
    ("flash", "presses_ms"), [(TYPICAL, STEADY_MS), (LIMIT, PAIRS_MS)], ids=["typical", "limit"]
)
def test_no_press_is_lost_while_nobody_is_there_and_all_is_saved(
    fresh: Fresh, flash: tuple[float, float], presses_ms: list[float]
) -> None:
    pico = fresh(options=Options(erase_ms=flash[0], program_ms=flash[1]))
    pico.power_on()
    pico.booted()
    for at in presses_ms:
        pico.press(BUTTONS["ticket"], PRESS_MS, after_ms=100 + at)
    pico.advance(100 + presses_ms[-1] + 1500)
    pico.hello()
    assert [event[2] for event in kept(pico)] == ["ticket"] * len(presses_ms)
