"""Why it started: a reset that a program asked for is no bite of the watchdog (F5)."""

from __future__ import annotations

from tests.rp2040.pico import Pico

INTERRUPT = b"\x03"


def test_a_reset_that_a_program_asked_for_is_not_reported_as_a_bite(pico: Pico) -> None:
    pico.usb_write(INTERRUPT)
    pico.until(lambda: b">>>" in pico.usb, within_ms=2000)
    pico.usb_write(b"import machine; machine.reset()\r")
    pico.until(lambda: pico.resets, within_ms=2000)
    assert pico.resets == ["reset"]
    pico.booted()
    assert pico.hello(session=6000)[3] != "watchdog"
