"""How the firmware ends: safe outputs at once, then a bounded way back.

* Interrupted (0x03 at the port, by a technician or by noise): MicroPython's prompt follows. The
  watchdog is stopped, or it would cut off what is being copied, and a timer resets the Pico after
  ``AT_PROMPT_MS``. The station looks for the prompt and does not wait that long.
* Anything else (a task that ended, an exception): what it was is told on the port, and the Pico
  resets itself after ``TELL_MS``.

The outputs are set by their pins alone: whatever was being built or was broken does not matter. The
printer's line obeys CTS no more, or a soft reset would wait for a printer that holds it, for ever
(ports/rp2/machine_uart.c drains the UART first) and with no watchdog.
"""

import sys
import time

import machine
import micropython
import neopixel

import pins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

AT_PROMPT_MS = 10 * 60 * 1000
TELL_MS = 500
_WATCHDOG_CTRL_CLEAR = 0x4005B000
"""The register CTRL of the watchdog, written here clears bits (RP2040 datasheet 2.1.2, 4.7.6)."""
_ENABLE = 1 << 30
_UART1_CR_CLEAR = 0x4003B030
_CTSEN = 1 << 15
"""As above for the control register UARTCR of the printer's line (datasheet 4.2.8)."""

_way_back: "machine.Timer | None" = None
"""Held: a timer that nobody holds ends with the next collection (ports/rp2/machine_timer.c)."""


def _nothing() -> None:
    pass


keep: "Callable[[], None]" = _nothing
"""Saves what only memory holds; ``main`` sets it."""


def safe_outputs() -> None:
    """Buzzer silent, ring dark, the tower red: out of service."""
    buzzer = machine.Pin(pins.BUZZER, machine.Pin.OUT, value=0)  # takes the pin from the PWM
    buzzer.value(0)
    for pin in (pins.TOWER_AMBER, pins.TOWER_GREEN, pins.TOWER_BLUE):
        machine.Pin(pin, machine.Pin.OUT, value=0)
    machine.Pin(pins.TOWER_RED, machine.Pin.OUT, value=1)
    neopixel.NeoPixel(machine.Pin(pins.RING), pins.RING_PIXELS).write()
    machine.mem32[_UART1_CR_CLEAR] = _CTSEN


def interrupted() -> None:
    """Return to the prompt. More interrupts (mpremote sends two) change nothing."""
    while True:
        try:
            micropython.kbd_intr(-1)  # the prompt sets it again
            break
        except KeyboardInterrupt:
            pass
    global _way_back
    machine.mem32[_WATCHDOG_CTRL_CLEAR] = _ENABLE
    _way_back = machine.Timer(
        -1,
        mode=machine.Timer.ONE_SHOT,
        period=AT_PROMPT_MS,
        callback=lambda timer: machine.reset(),
    )
    safe_outputs()
    keep()


def broken(error: BaseException) -> None:
    """Tell what it was and reset. KeyboardInterrupt when somebody wants the prompt meanwhile."""
    safe_outputs()
    sys.print_exception(error)
    try:
        keep()
    except Exception as second:
        sys.print_exception(second)
    time.sleep_ms(TELL_MS)
    machine.reset()
