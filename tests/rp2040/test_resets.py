"""How the chip starts anew, and what the firmware says of it."""

from __future__ import annotations

from hw.twins.pico_board import LAMPS
from tests.rp2040.conftest import Fresh
from tests.rp2040.pico import Pico

WATCHDOG_MS = 8400.0
"""The longest that the RP2040's watchdog runs is 8,388 ms (datasheet 4.7)."""
BOOT_MS = 1500.0
RED = next(pin for pin, name in LAMPS.items() if name == "red")
INTERRUPT, SOFT_RESET = b"\x03", b"\x04"


def test_power_is_what_started_it(pico: Pico) -> None:
    assert pico.hello(session=5000)[3] == "power"


def test_a_hung_firmware_is_started_anew_by_the_watchdog_and_says_so(pico: Pico) -> None:
    boot = str(pico.hello(session=5000)[0])
    pico.advance(1000)
    pico.hang()
    pico.until(lambda: pico.resets, within_ms=WATCHDOG_MS)
    assert pico.resets == ["watchdog"]
    assert not any(pico.lamps.values()), "a reset leaves no lamp on"
    again = pico.booted(BOOT_MS)
    assert again != boot
    assert pico.hello(session=6000)[3] == "watchdog"
    assert [pin for pin, level in pico.lamps.items() if level] == [RED], "out of service"


def test_a_technicians_soft_reset_brings_the_firmware_back(pico: Pico) -> None:
    boot = str(pico.hello(session=5000)[0])
    pico.usb_write(INTERRUPT)
    pico.until(lambda: b">>>" in pico.usb, within_ms=2000)
    pico.usb_write(SOFT_RESET)
    assert pico.booted() != boot
    pico.hello(session=6000)
    pico.advance(WATCHDOG_MS)
    assert pico.resets == [], "the firmware that came back feeds the watchdog"


def test_every_start_has_a_boot_id_of_its_own(fresh: Fresh) -> None:
    pico = fresh()
    pico.power_on()
    first = pico.booted()
    pico.reset()
    assert pico.booted() != first
    assert pico.resets == ["run"]
