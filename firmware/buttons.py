"""Buttons and the lid switch: debounced contacts to ground, with the internal pull-up.

The interrupt itself keeps the books, so nothing depends on when the task comes to look: a level
counts once it has lasted ``STABLE_MS``, which outlasts the bounce of the switches used (<= 10 ms),
and each change that counted is counted. It is a hard interrupt: it also runs between the erases and
programs of a saving, while the loop stands still.

*Within* an erase no interrupt runs (ports/rp2/rp2_flash.c); the chip keeps that there was an edge
(RP2040 datasheet 2.19.6.1, ``INTR``), though not how many. So both edges at once, found at the
level from before while the flash is written, are a whole press that nobody could see. What remains
unseen: a second press of the same button within one erase (45 ms; 400 ms at the flash chip's limit,
W25Q16JV). ``main`` therefore saves while nobody presses (``calm``).
"""

import asyncio
import time

import machine

import flash
from supervisor import Pulse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STABLE_MS = 20
LOOK_EVERY_MS = 5
LOOK_AT_LATEST_MS = 1000
CALM_MS = 500
"""Longer than the longest erase, and than people wait between the presses of a series."""


class Contact:
    """``on_change(closed)`` is called by the task at every debounced change, in their order."""

    def __init__(self, pin: int, on_change: "Callable[[bool], None]", pulse: Pulse) -> None:
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._flag = asyncio.ThreadSafeFlag()
        self._on_change = on_change
        self._pulse = pulse
        self.closed = not self._pin.value()
        # the interrupt's books
        self._raw = self.closed
        self._settled = self.closed
        self._since = time.ticks_ms()
        self._unseen = False
        self._changes = 0
        self._touched = False
        self._pin.irq(
            handler=self._edge,
            trigger=machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING,
            hard=True,
        )

    def calm(self) -> bool:
        """Whether no edge came for ``CALM_MS``."""
        if self._touched and time.ticks_diff(time.ticks_ms(), self._since) >= CALM_MS:
            self._touched = False
        return not self._touched

    def _edge(self, pin: machine.Pin) -> None:
        """A hard interrupt: nothing here may take memory."""
        self._settle()
        raw = not self._pin.value()
        if raw == self._raw and raw == self._settled and flash.writing:
            self._unseen = True
        self._raw = raw
        self._since = time.ticks_ms()
        self._touched = True
        self._flag.set()

    def _settle(self) -> None:
        """Count the level, and what nobody saw before it, once it has lasted. Interrupts are off.

        After half a round of the ticks (6.2 days) without an edge ``lasted`` is negative: then
        there is nothing left to count.
        """
        if time.ticks_diff(time.ticks_ms(), self._since) < STABLE_MS:
            return
        if self._raw != self._settled:
            self._settled = self._raw
            self._changes += 1
        elif self._unseen:
            self._changes += 2
        self._unseen = False

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            for _ in range(self._count()):
                self.closed = not self.closed
                self._on_change(self.closed)
            if self._raw != self._settled or self._unseen:
                await asyncio.sleep_ms(LOOK_EVERY_MS)
                continue
            self.calm()  # at each turn, long before the ticks wrap
            try:
                await asyncio.wait_for_ms(self._flag.wait(), LOOK_AT_LATEST_MS)
            except asyncio.TimeoutError:
                pass

    def _count(self) -> int:
        """Changes since the last look. A 0x03 that came just before is raised within."""
        state = machine.disable_irq()
        try:
            self._settle()
            changes = self._changes
            self._changes = 0
        finally:
            machine.enable_irq(state)
        return changes
