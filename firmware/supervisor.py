"""Feeds the watchdog only while every task shows that it is alive, and ends all when one has ended.

The RP2040's watchdog runs at most 8,388 ms (RP2040 datasheet, 4.7). A task that hangs or starves
the others stops the feeding, and the Pico starts anew. A task that ends, however it does, is no
reason to wait that long: ``Ended`` goes up to ``ending``.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Protocol

    class Watchdog(Protocol):
        """What ``run`` needs of ``machine.WDT``."""

        def feed(self) -> None: ...


TIMEOUT_MS = 8000
PERIOD_MS = 500


class Ended(Exception):
    """A task that never ends has ended: its name."""


class Pulse:
    """One task's sign of life. Each task beats at least every two seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.beaten = False

    def beat(self) -> None:
        self.beaten = True


class Supervisor:
    def __init__(self) -> None:
        self._pulses: "list[Pulse]" = []
        self._ended: "list[str]" = []
        self._end = asyncio.Event()

    def pulse(self, name: str) -> Pulse:
        """A new task's pulse; from now on the watchdog's food depends on it."""
        pulse = Pulse(name)
        self._pulses.append(pulse)
        return pulse

    async def endless(self, name: str, work: "Awaitable[None]") -> None:
        """Await a task's work; should it end, so does ``run``."""
        try:
            await work
        finally:
            self._ended.append(name)
            self._end.set()

    def all_alive(self) -> bool:
        """True when every task has beaten since the last True, which starts a new round."""
        for pulse in self._pulses:
            if not pulse.beaten:
                return False
        for pulse in self._pulses:
            pulse.beaten = False
        return True

    async def run(self, watchdog: "Watchdog") -> None:
        """Raises Ended at once when a task has ended. What ended it is told by its own task."""
        while not self._ended:
            if self.all_alive():
                watchdog.feed()
            try:
                await asyncio.wait_for_ms(self._end.wait(), PERIOD_MS)
            except asyncio.TimeoutError:
                pass
        raise Ended(self._ended[0])
