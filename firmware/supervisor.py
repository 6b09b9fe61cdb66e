"""Feeds the watchdog only when every task has shown that it is alive.

The RP2040's watchdog runs at most 8,388 ms and cannot be stopped (RP2040 datasheet, 4.7). A task
that hangs, dies or starves the others stops the feeding, and the Pico starts anew.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Watchdog(Protocol):
        """What ``run`` needs of ``machine.WDT``."""

        def feed(self) -> None: ...


TIMEOUT_MS = 8000
PERIOD_MS = 500


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

    def pulse(self, name: str) -> Pulse:
        """A new task's pulse; from now on the watchdog's food depends on it."""
        pulse = Pulse(name)
        self._pulses.append(pulse)
        return pulse

    def all_alive(self) -> bool:
        """True when every task has beaten since the last True, which starts a new round."""
        for pulse in self._pulses:
            if not pulse.beaten:
                return False
        for pulse in self._pulses:
            pulse.beaten = False
        return True

    async def run(self, watchdog: "Watchdog") -> None:
        while True:
            if self.all_alive():
                watchdog.feed()
            await asyncio.sleep_ms(PERIOD_MS)
