"""What the station does with the Pi's own lines: a battery that runs down, a Pico that is silent,
the service button.

Nothing has to be saved when the mains fail: every step was durable when it was taken. What a UPS of
some minutes is for is that people are finished with, that the clerk knows how long there is, and
that the disk is unmounted before the power goes. Pure: ``Rundown``, ``Silence``; ``Supply`` acts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto

from controller.devices.ports import DeviceStatus, Health, Lines, Peripherals, Power, Press
from controller.fault import DeviceFault
from controller.station.core import Core, log
from controller.station.signals import Signals
from edge.journal.events import FaultCode
from ground.backoff import Doubling
from ground.text import N_, P_

TICK_S = 1.0
WARNED_S = 60.0
"""Before the end: long enough for somebody to take a card back and leave."""
LOW_S = 20.0
"""A UPS that says low has little more than a shutdown takes; a clerk reads one sentence."""
LOCATE_S = 10
SILENT_S = 30.0
"""The Pico's own watchdog bites after 8 s and its start takes one more: by now neither helped."""
LONGEST_S = 600.0
"""Between two resets of a Pico that stays silent: it may be unplugged, or broken."""
_SILENT = (FaultCode.NO_ANSWER, FaultCode.DISCONNECTED, FaultCode.NOT_FOUND)
"""A chip that hangs keeps its USB or loses it. Other faults are somebody's who is there."""


class Step(Enum):
    """What there is to say or do."""

    MAINS = auto()
    BATTERY = auto()
    LAST_MINUTE = auto()
    LOW = auto()
    OFF = auto()


TEXTS = {
    Step.MAINS: N_("The mains are back. The booth goes on as before."),
    Step.BATTERY: P_(
        "The mains have failed; the booth runs on its battery. Go on with those who are in the "
        "line; in {n} minute the booth switches itself off. Nothing is lost.",
        "The mains have failed; the booth runs on its battery. Go on with those who are in the "
        "line; in {n} minutes the booth switches itself off. Nothing is lost.",
    ),
    Step.LAST_MINUTE: N_(
        "The booth switches itself off in a minute. Give cards back now and begin nothing new; "
        "whoever is in the line goes on here when the mains are back."
    ),
    Step.LOW: N_(
        "The battery is nearly empty: the booth switches itself off now. Nothing is lost; whoever "
        "is in the line goes on here when the mains are back."
    ),
    Step.OFF: N_("The booth switches itself off."),
}
BY_HAND = N_(
    "The booth cannot switch itself off. Call a technician: “sudo systemctl poweroff” shuts it "
    "down; then the plug may be pulled."
)


class Rundown:
    """Time on the battery. ``see`` is told the power at a moment; each step comes once."""

    def __init__(self, battery_s: float) -> None:
        self._battery_s = battery_s
        self._ends_s: float | None = None
        self._done: set[Step] = set()

    def see(self, now_s: float, power: Power) -> Step | None:
        """The step that is due. A battery that was low stays so until the mains are back."""
        if power is Power.MAINS:
            was, self._ends_s = self._ends_s, None
            self._done.clear()
            return None if was is None else Step.MAINS
        if self._ends_s is None:
            self._ends_s = now_s + self._battery_s
        if power is Power.LOW and self._first(Step.LOW):
            self._ends_s = min(self._ends_s, now_s + LOW_S)
            self._done |= {Step.BATTERY, Step.LAST_MINUTE}
            return Step.LOW
        if self._first(Step.BATTERY):
            return Step.BATTERY
        if now_s >= self._ends_s:
            return Step.OFF if self._first(Step.OFF) else None
        if now_s >= self._ends_s - WARNED_S and self._first(Step.LAST_MINUTE):
            return Step.LAST_MINUTE
        return None

    def _first(self, step: Step) -> bool:
        known = step in self._done
        self._done.add(step)
        return not known


class Silence:
    """Tells when a Pico that does not answer is to be reset: after ``SILENT_S``, then each time
    after twice as long."""

    def __init__(self) -> None:
        self._from_s: float | None = None
        self._pause = Doubling(SILENT_S, LONGEST_S)

    def see(self, now_s: float, status: DeviceStatus) -> bool:
        if status.health is Health.STARTING:
            return False
        if status.health is not Health.FAILED or status.fault not in _SILENT:
            self._from_s = None
            self._pause.anew()
            return False
        if self._from_s is None:
            self._from_s = now_s
        if now_s < self._from_s + self._pause.wait:
            return False
        self._from_s = now_s
        self._pause.longer()
        return True


class Supply:
    """``switch_off`` has the machine shut down; False: nothing here can."""

    def __init__(
        self,
        core: Core,
        lines: Lines,
        peripherals: Peripherals | None,
        signals: Signals,
        switch_off: Callable[[], bool],
    ) -> None:
        self._core = core
        self._lines = lines
        self._peripherals = peripherals
        self._signals = signals
        self._switch_off = switch_off
        self._battery_s = core.config.lines.battery_s
        self._rundown = Rundown(self._battery_s)
        self._silence = Silence()
        lines.on_press = self._pressed

    async def run(self) -> None:
        """For ever. By time, not by news: a battery runs down while nobody can read the line."""
        while True:
            now_s = time.monotonic()
            if step := self._rundown.see(now_s, self._lines.power):
                self._take(step)
            await self._wake_pico(now_s)
            await asyncio.sleep(TICK_S)

    def _take(self, step: Step) -> None:
        log.warning("power: %s", step.name.lower().replace("_", " "))
        params = {"n": round(self._battery_s / 60)} if step is Step.BATTERY else {}
        self._core.notice(TEXTS[step], **params)
        if step is Step.OFF:
            self._end()

    def _end(self) -> None:
        if not self._switch_off():
            log.error("power: nothing here switches the booth off")
            self._core.notice(BY_HAND)

    def _pressed(self, press: Press) -> None:
        log.info("service button: %s", press.value)
        if press is Press.SHORT:
            self._signals.locate(LOCATE_S)
        else:
            self._take(Step.OFF)

    async def _wake_pico(self, now_s: float) -> None:
        pico = self._peripherals
        if pico is None or not self._lines.can_reset_pico:
            return
        if self._silence.see(now_s, pico.status):
            log.warning("peripherals: silent; reset by its RUN")
            try:
                await self._lines.reset_pico()
            except DeviceFault as fault:
                log.warning("%s", fault)
