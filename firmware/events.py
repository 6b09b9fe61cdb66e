"""What happened at the Pico, kept until the Pi says that it has it.

Events stay in a bounded ring until acknowledged. One that has waited ``SAVE_AFTER_MS`` (the Pi is
away), and any opening of the lid at once, is also added to a file in flash, so that it survives a
reset or a power cut; in normal service the flash is never touched. Saving stops the whole chip, so
it waits while somebody is pressing (``calm``), ``SAVE_AT_LATEST_MS`` at most. An event keeps the
boot id and number it got when it happened: the Pi recognises what it has seen before.
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
SAVE_AT_LATEST_MS = 60000
FORGET_AFTER_MS = 1000
TEND_EVERY_MS = 100
LINES_MAX = 2 * CAPACITY
_GONE = "gone"
"""In the file: the event of this boot and number is acknowledged."""
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
        self._log = flash.Log(path, LINES_MAX)
        self._ring: "list[Event]" = []
        self._last_no = 0
        self._tended = time.ticks_ms()
        self._gone: "list[list[int | str]]" = []
        self._waited_ms = 0
        self._gone_ms = 0
        self.unheard = False
        self.calm: "Callable[[], bool]" = lambda: True
        """Whether nobody is pressing; ``main`` sets it."""
        for no, of_boot, kind, age_ms in self._log.load():
            if kind == _GONE:
                self._ring = [e for e in self._ring if (e.boot, e.no) != (of_boot, no)]
                continue
            event = Event(str(of_boot), int(no), str(kind), int(age_ms))
            event.saved = True
            self._ring.append(event)
        self._ring = self._ring[-CAPACITY:]
        self.unheard = bool(self._ring)

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
                self._forgotten(event)
            else:
                kept.append(event)
        self._ring = kept

    def tend(self) -> None:
        """Let the events age, and bring the flash up to date where that is due."""
        now = time.ticks_ms()
        passed = time.ticks_diff(now, self._tended)
        self._tended = now
        self._gone_ms = self._gone_ms + passed if self._gone else 0
        due = bool(self._gone) and (not self._ring or self._gone_ms >= FORGET_AFTER_MS)
        for event in self._ring:
            event.age_ms = min(event.age_ms + passed, wire.INT_MAX)
            due = due or (event.age_ms >= SAVE_AFTER_MS and not event.saved)
        self._waited_ms = self._waited_ms + passed if due else 0
        if due and (self.calm() or self._waited_ms >= SAVE_AT_LATEST_MS):
            self._save()

    def keep(self) -> None:
        """The firmware ends: save all that is not."""
        self.tend()
        if self._gone or not all([event.saved for event in self._ring]):
            self._save()

    def _make_room(self) -> bool:
        """Forget the oldest event that is not of the lid, else the oldest closing of the lid."""
        for kinds in (wire.EVENTS, ("lid_closed",)):
            for i in range(len(self._ring)):
                kind = self._ring[i].kind
                if kind in kinds and (kind not in _LID or kinds is not wire.EVENTS):
                    self._forgotten(self._ring.pop(i))
                    return True
        return False

    def _forgotten(self, event: Event) -> None:
        if event.saved:
            self._gone.append([event.no, event.boot, _GONE, 0])

    def _save(self) -> None:
        fresh = self._gone + [_line(event) for event in self._ring if not event.saved]
        self._log.add(fresh, [_line(event) for event in self._ring])
        self._gone = []
        self._waited_ms = 0
        for event in self._ring:
            event.saved = True


def _line(event: Event) -> "list[int | str]":
    return [event.no, event.boot, event.kind, event.age_ms]
