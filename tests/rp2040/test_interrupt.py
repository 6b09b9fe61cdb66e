"""One byte 0x03 at the port, from a terminal or a noisy line: the booth is left safe (F2)."""

from __future__ import annotations

from hw.twins.pico_board import LAMPS
from tests.rp2040.pico import Pico

INTERRUPT = b"\x03"
AT_ONCE_MS = 100.0
SAFE = {"red"}
"""Out of service, as when the Pi is silent; dark is as good."""


def test_a_stray_interrupt_leaves_lamps_and_buzzer_safe(pico: Pico) -> None:
    pico.say("show", "ready")
    pico.say("play", "call")
    pico.until(lambda: pico.tone, within_ms=200)
    pico.usb_write(INTERRUPT)
    pico.advance(AT_ONCE_MS)
    lit = {LAMPS[pin] for pin, level in pico.lamps.items() if level}
    assert (pico.tone, lit - SAFE) == (0, set())
    pico.advance(1000)
    assert pico.tone == 0
