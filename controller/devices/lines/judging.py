"""What the levels of the lines mean. Pure: time and levels come in, power and presses come out.

Contacts bounce and a UPS's signal flickers while it switches over, so a level counts when it has
stayed. Debouncing is done here and not by a pin factory: each of those does it in its own way
(lgpio in the kernel's event queue, pigpiod by a glitch filter of at most 0.3 s, mock not at all).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from controller.devices.ports import Power, Press

POWER_SETTLE_S = 1.0
"""A UPS switches over within milliseconds; a dip of the mains that is over sooner is no news."""
PRESS_SETTLE_S = 0.03
"""Push-buttons bounce for some 1 to 10 ms, old ones longer. A knock is shorter than a press."""
LONG_PRESS_S = 3.0
"""Nobody leans on a button this long by mistake."""


class Line(StrEnum):
    """The lines that are read. Values are the keys of the configuration."""

    MAINS_FAIL = "mains_fail"
    BATTERY_LOW = "battery_low"
    SERVICE = "service"


@dataclass(frozen=True)
class Wire:
    """A pin by its GPIO number (Broadcom's), and which level of it means yes."""

    gpio: int
    active_high: bool


@dataclass(frozen=True)
class Wiring:
    """The lines that this booth has, by the names of ``Line``; ``pico_run`` is a GPIO number."""

    mains_fail: Wire | None = None
    battery_low: Wire | None = None
    service: Wire | None = None
    pico_run: int | None = None

    def inputs(self) -> Iterator[tuple[Line, Wire]]:
        for field in fields(self):
            wire = getattr(self, field.name)
            if isinstance(wire, Wire):
                yield Line(field.name), wire


class Settled:
    """A level that counts when it has stayed for ``settle_s``. The first one counts at once."""

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._seen: bool | None = None
        self._since_s = 0.0
        self.level: bool | None = None
        """What counts; None before anything was seen."""
        self.from_s = 0.0
        """When it came."""

    def see(self, now_s: float, level: bool) -> bool:
        """Take a level that holds from ``now_s`` on. True when the one before has stayed long
        enough until now to count, and did not yet."""
        if self.level is None:
            self.level = self._seen = level
            self.from_s = self._since_s = now_s
            return True
        settled = self._seen is not self.level and now_s >= self._since_s + self._settle_s
        if settled:
            self.level, self.from_s = self._seen, self._since_s
        if level is not self._seen:
            self._seen, self._since_s = level, now_s
        return settled

    def due_s(self) -> float | None:
        """When the level that was seen last will count, if nothing happens; None: it does."""
        return None if self._seen is self.level else self._since_s + self._settle_s


class Button:
    """Presses of the service button. A long one is told while it is still held down: the finger
    learns that it was long enough. A button that is down from the start is stuck or miswired, and
    tells nothing until it was up."""

    def __init__(self) -> None:
        self._down = Settled(PRESS_SETTLE_S)
        self._told = True

    def see(self, now_s: float, down: bool) -> Press | None:
        """Take a level that holds from ``now_s`` on; the press that is complete by now."""
        first = self._down.level is None
        if self._down.see(now_s, down) and not first:
            if self._down.level:
                self._told = False
            elif not self._told:
                self._told = True
                return Press.SHORT
        if self._down.level and not self._told and now_s >= self._down.from_s + LONG_PRESS_S:
            self._told = True
            return Press.LONG
        return None

    def due_s(self) -> float | None:
        """When to look again, if nothing happens."""
        due = [self._down.due_s()]
        if self._down.level and not self._told:
            due.append(self._down.from_s + LONG_PRESS_S)
        return min((moment for moment in due if moment is not None), default=None)


class Judge:
    """All lines of a booth. ``see`` takes a line's level at a moment; moments do not go back."""

    def __init__(self) -> None:
        self._levels = {
            Line.MAINS_FAIL: Settled(POWER_SETTLE_S),
            Line.BATTERY_LOW: Settled(POWER_SETTLE_S),
        }
        self._button = Button()

    @property
    def power(self) -> Power:
        """A UPS whose battery runs low is on it, whatever the other line says."""
        if self._levels[Line.BATTERY_LOW].level:
            return Power.LOW
        return Power.BATTERY if self._levels[Line.MAINS_FAIL].level else Power.MAINS

    def see(self, now_s: float, line: Line, active: bool) -> Press | None:
        """Take ``line``'s level; the press that it completes, if it does."""
        if line is Line.SERVICE:
            return self._button.see(now_s, active)
        self._levels[line].see(now_s, active)
        return None

    def see_all(self, now_s: float, levels: Mapping[Line, bool]) -> list[Press]:
        """``see`` for every line that was read."""
        return [p for line, active in levels.items() if (p := self.see(now_s, line, active))]

    def due_s(self) -> float | None:
        """When to look again, if nothing happens; None: whenever something does."""
        due = [level.due_s() for level in self._levels.values()]
        known = [moment for moment in (*due, self._button.due_s()) if moment is not None]
        return min(known, default=None)
