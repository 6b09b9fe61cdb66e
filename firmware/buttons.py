"""Buttons and the lid switch: debounced contacts to ground, with the internal pull-up.

The interrupt only sets a ThreadSafeFlag; a task then watches the level until it has been the same
for ``STABLE_READS`` reads (20 ms), which outlasts the bounce of the switches used (≤ 10 ms).
"""

import asyncio

import machine

from supervisor import Pulse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

STABLE_READS = 4
READ_EVERY_MS = 5


class Contact:
    """``on_change(closed)`` is called by the task at every debounced change."""

    def __init__(self, pin: int, on_change: "Callable[[bool], None]", pulse: Pulse) -> None:
        self._pin = machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP)
        self._flag = asyncio.ThreadSafeFlag()
        self._on_change = on_change
        self._pulse = pulse
        self.closed = not self._pin.value()
        self._pin.irq(self._edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING)

    def _edge(self, pin: machine.Pin) -> None:
        self._flag.set()

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            try:
                await asyncio.wait_for_ms(self._flag.wait(), 1000)
            except asyncio.TimeoutError:
                pass
            closed = await self._settled()
            if closed != self.closed:
                self.closed = closed
                self._on_change(closed)

    async def _settled(self) -> bool:
        """The level once it is stable; still bouncing after a second counts as no change."""
        level = self._pin.value()
        same = 1
        for _ in range(1000 // READ_EVERY_MS):
            if same >= STABLE_READS:
                return not level
            await asyncio.sleep_ms(READ_EVERY_MS)
            now = self._pin.value()
            same = same + 1 if now == level else 1
            level = now
        return self.closed
