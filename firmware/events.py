"""What happened at the Pico, kept until the Pi says that it has it.

Events stay in a bounded ring until acknowledged. One that has waited ``SAVE_AFTER_MS`` (the Pi is
away), and any opening of the lid at once, is also written to flash, so that it survives a reset
or a power cut; in normal service the flash is never touched. An event keeps the boot id and
number it got when it happened: the Pi recognises what it has seen before.
"""

import asyncio
import time

import flash
import wire
from supervisor import Pulse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

CAPACITY = 64
SAVE_AFTER_MS = 250
TEND_EVERY_MS = 100
_LID = ("lid_open", "lid_closed")


class Event:
    """``age_ms`` is as of the last ``tend``."""

    def __init__(self, boot: str, no: int, kind: str, age_ms: int) -> None:
        self.boot = boot
        self.no = no
        self.kind = kind
        self.age_ms = age_ms
        self.saved = False


class Events:
    """The ring. ``unheard`` is true while the Pi has not fetched the newest event."""

    def __init__(self, boot: str, path: str) -> None:
        self._boot = boot
        self._path = path
        self._ring: "list[Event]" = []
        self._last_no = 0
        self._tended = time.ticks_ms()
        self._stale = False
        self.unheard = False
        for no, of_boot, kind, age_ms in flash.load(path):
            event = Event(str(of_boot), int(no), str(kind), int(age_ms))
            event.saved = True
            self._ring.append(event)
            self.unheard = True

    async def run(self, ring: "Callable[[], None]", pulse: Pulse) -> None:
        """Tend the events, and ``ring`` until the Pi has fetched the newest."""
        while True:
            pulse.beat()
            self.tend()
            if self.unheard:
                ring()
            await asyncio.sleep_ms(TEND_EVERY_MS)

    def add(self, kind: str) -> None:
        """Called by tasks, never by an interrupt."""
        self.tend()
        self._last_no += 1
        if len(self._ring) >= CAPACITY and not self._make_room():
            return
        self._ring.append(Event(self._boot, self._last_no, kind, 0))
        self.unheard = True
        if kind == "lid_open":
            self._save()

    def after(self, boot: str, no: int) -> "Event | None":
        """The event that follows (``boot``, ``no``); the oldest when that one is not kept."""
        self.tend()
        found = -1
        for i in range(len(self._ring)):
            if self._ring[i].no == no and self._ring[i].boot == boot:
                found = i
        if found + 1 < len(self._ring):
            return self._ring[found + 1]
        self.unheard = False
        return None

    def acknowledge(self, boot: str, no: int) -> None:
        """The Pi has it for good. Unknown ones are fine: the answer to an ``ack`` was lost."""
        kept = []
        for event in self._ring:
            if event.boot == boot and event.no == no:
                self._stale = self._stale or event.saved
            else:
                kept.append(event)
        self._ring = kept

    def tend(self) -> None:
        """Let the events age, and bring the flash up to date where that is due."""
        now = time.ticks_ms()
        passed = time.ticks_diff(now, self._tended)
        self._tended = now
        due = self._stale
        for event in self._ring:
            event.age_ms = min(event.age_ms + passed, wire.INT_MAX)
            due = due or (event.age_ms >= SAVE_AFTER_MS and not event.saved)
        if due:
            self._save()

    def _make_room(self) -> bool:
        """Forget the oldest event that is not of the lid, else the oldest closing of the lid."""
        for kinds in (wire.EVENTS, ("lid_closed",)):
            for i in range(len(self._ring)):
                kind = self._ring[i].kind
                if kind in kinds and (kind not in _LID or kinds is not wire.EVENTS):
                    self._stale = self._stale or self._ring[i].saved
                    self._ring.pop(i)
                    return True
        return False

    def _save(self) -> None:
        self._stale = False
        flash.store(self._path, [[e.no, e.boot, e.kind, e.age_ms] for e in self._ring])
        for event in self._ring:
            event.saved = True
