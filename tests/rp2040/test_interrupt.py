"""One byte 0x03 at the port, from a terminal or a noisy line: the booth is left safe, and comes
back by itself (F2).
"""

from __future__ import annotations

import pytest

from controller.devices.peripherals.link import Up
from hw.twins.pico_board import BUTTONS, LAMPS
from tests.rp2040.events import kept
from tests.rp2040.pico import Pico
from tests.rp2040.station import Station

INTERRUPT, RAW, SOFT_RESET = b"\x03", b"\x01", b"\x04"
AT_ONCE_MS = 100.0
BACK_MS = 3000.0
"""Till the firmware runs again: a heartbeat that nobody answers, a reset, a start."""
FOUND_MS = 6000.0
"""As that, and what a station waits before it calls a silent Pico lost."""
MINUTE_MS = 60_000.0
SAFE = {"red"}
"""Out of service, as when the Pi is silent; dark is as good."""


def lit(pico: Pico) -> set[str]:
    return {LAMPS[pin] for pin, level in pico.lamps.items() if level}


def test_a_stray_interrupt_leaves_lamps_and_buzzer_safe(pico: Pico) -> None:
    pico.say("show", "ready")
    pico.say("play", "call")
    pico.until(lambda: pico.tone, within_ms=200)
    pico.usb_write(INTERRUPT)
    pico.advance(AT_ONCE_MS)
    assert (pico.tone, lit(pico) - SAFE) == (0, set())
    pico.advance(1000)
    assert pico.tone == 0


def test_the_station_brings_an_interrupted_firmware_back_by_itself(pico: Pico) -> None:
    station = Station(pico)

    async def interrupted() -> None:
        boots = len(ups(station))
        pico.usb_write(INTERRUPT)
        await station.until(lambda: len(ups(station)) > boots)

    station.run(interrupted)
    began = pico.now_ms
    station.run(interrupted, within_ms=BACK_MS)
    assert ups(station)[-1].restarted
    assert ups(station)[-1].cause == "command"
    assert pico.resets == ["reset"] * 2
    assert pico.now_ms - began < BACK_MS


@pytest.mark.parametrize(
    "left_by",
    [INTERRUPT, INTERRUPT + RAW, INTERRUPT + RAW + SOFT_RESET],
    ids=["prompt", "raw", "soft"],
)
def test_a_station_that_comes_to_a_prompt_starts_the_firmware(pico: Pico, left_by: bytes) -> None:
    """Whatever somebody left: mpremote's raw REPL says nothing, and its soft reset ends timers."""
    for byte in left_by:
        pico.usb_write(bytes([byte]))
        pico.advance(500)
    Station(pico).run(nothing, within_ms=FOUND_MS)
    assert pico.resets == ["reset"]


def test_an_interrupted_pico_that_nobody_helps_starts_anew_after_ten_minutes(pico: Pico) -> None:
    """Until then no watchdog ends what a technician does there."""
    pico.press(BUTTONS["ticket"], 60)
    pico.usb_write(INTERRUPT, after_ms=120)
    pico.advance(10_000)
    pico.skip(9.5 * MINUTE_MS)
    assert pico.resets == []
    pico.until(lambda: pico.resets, within_ms=MINUTE_MS)
    assert pico.resets == ["reset"]
    pico.advance(1000)
    pico.hello(session=7000)
    assert [event[2] for event in kept(pico)] == ["ticket"], (
        "a press that was not saved yet is gone"
    )


def test_a_soft_reset_does_not_wait_for_a_printer_that_holds_its_line(pico: Pico) -> None:
    """With the watchdog stopped, nothing would end that wait."""
    pico.cts(True)
    pico.advance(1500)  # a question about the printer's state is in the UART by now
    pico.usb_write(INTERRUPT)
    pico.advance(500)
    pico.usb_write(SOFT_RESET)
    pico.advance(1000)
    pico.hello(session=7000)
    assert pico.resets == []


async def nothing() -> None:
    """The station is there, the Pico and its printer answer."""


def ups(station: Station) -> list[Up]:
    return [happening for happening in station.happened if isinstance(happening, Up)]


def test_an_interrupt_while_presses_are_counted_leaves_the_port_alive(pico: Pico) -> None:
    """They are counted with interrupts off; who is thrown out of there turns them on again."""
    pico.usb_write(INTERRUPT)
    pico.advance(500)
    pico.usb_write(RAW)
    pico.advance(100)
    counting = (
        "import buttons\nfrom supervisor import Supervisor\n"
        "c = buttons.Contact(22, print, Supervisor().pulse('test'))\n"
        "print('counts')\nwhile True:\n    c._count()\n"
    )
    for microseconds in range(0, 2000, 40):
        heard = len(pico.usb)
        pico.usb_write(counting.encode() + SOFT_RESET)
        pico.until(lambda: b"counts" in pico.usb[heard:], within_ms=2000)  # noqa: B023
        pico.usb_write(INTERRUPT, after_ms=5 + microseconds / 1000)
        pico.until(lambda: b"KeyboardInterrupt" in pico.usb[heard:], within_ms=2000)  # noqa: B023
        pico.usb_write(b"print(6 * 7)" + SOFT_RESET)
        pico.until(lambda: b"OK42" in pico.usb[heard:], within_ms=2000)  # noqa: B023
