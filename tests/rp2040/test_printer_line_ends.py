"""The ends of the printer's line that a kind stand-in does not have (F7, F8)."""

from __future__ import annotations

from controller.devices.peripherals.printing import packed
from firmware import pins, wire
from tests.rp2040.pico import Pico

UART_FUNCTION = 2
RTS_FLOW = 1
INTERRUPT, SOFT_RESET = b"\x03", b"\x04"


def test_a_pin_that_is_named_rts_is_driven_by_the_uart(pico: Pico) -> None:
    """A printer that honours it would follow a floating line."""
    rts = getattr(pins, "PRINTER_RTS", None)
    if rts is None:
        return  # no such wire: the printer's own pull decides
    state = pico.state()
    assert state["gpio"][rts]["function"] == UART_FUNCTION
    assert state["uart"]["flow"] & RTS_FLOW


def test_a_soft_reset_while_the_printer_holds_the_line_needs_no_watchdog(pico: Pico) -> None:
    pico.cts(True)
    pico.say("begin", 1, 2, "0123456789abcdef", 0)
    taken = pico.say("print", 1, 0, packed(bytes(wire.CHUNK_MAX)))
    assert taken == ["ok", 1, 0], "a chunk is on the line, and more of it than the FIFO holds"
    pico.advance(50)
    pico.usb_write(INTERRUPT)
    pico.until(lambda: b">>>" in pico.usb, within_ms=2000)
    pico.usb_write(SOFT_RESET)
    pico.booted(within_ms=3000)
    assert pico.resets == []
