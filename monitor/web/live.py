"""One look at the store for everybody: the number of open screens costs the database nothing.

Four times a second the booths that changed are read again and their pictures compared; what differs
gets a higher version. A screen remembers the version it has and asks for what is newer, so a slow
or sleeping phone never holds anything up, and catches up with exactly what it missed.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ground.hours import local_day
from monitor.store import fleet, history, reading
from monitor.store.absence import UNKNOWN, Absence, Reason, reason
from monitor.store.fleet import Booth
from monitor.store.reading import Alarm, Place
from monitor.tree import Branch, Counts, roll_up
from monitor.web.past import Past, tree_place
from monitor.web.picture import STANDING, Picture, picture
from monitor.web.reader import midnight

log = logging.getLogger("tram.monitor.web")

ROUND_S = 0.25
OVERLAP_MS = 10_000
"""Look this far back: a transaction may commit after one that was stamped later."""
REVIEW_S = 10.0
"""Time alone changes pictures too (behind target, closing time), the tree may be re-planted."""
SUM_UP_S = 600.0
"""Past days hardly ever change: a booth that was away sends what it kept."""

Clock = Callable[[], int]


def wall_clock() -> int:
    return time.time_ns() // 1_000_000


class Screen(Protocol):
    def poke(self, codes: frozenset[str] | None, alarms: bool) -> None: ...


@dataclass
class _Seen:
    """What one look found, handed from the thread that looked."""

    booths: dict[str, Booth]
    alarms: dict[int, Alarm]
    places: dict[str, Place] | None = None
    past: Past | None = None
    stamps: dict[str, int] = field(default_factory=dict)


class Live:
    """Booths, alarms and places as they are now. All but the looking runs on the event loop."""

    def __init__(self, engine: Engine, clock: Clock = wall_clock) -> None:
        self.engine, self.clock = engine, clock
        self.run_id = secrets.token_hex(4)
        self.version = 0
        self.booths: dict[str, Booth] = {}
        self.alarms: dict[int, Alarm] = {}
        self.places: dict[str, Place] = {}
        self.pictures: dict[str, Picture] = {}
        self.past = Past([])
        self.versions: dict[str, int] = {}
        self.away_since: int | None = None
        self._absence = Absence(log)
        self.ready = False
        self._stamps: dict[str, int] = {}
        self._day = 0
        self._rolled: tuple[int, dict[str, Branch]] = (-1, {})
        self._reviewed = self._summed = float("-inf")
        self._next = asyncio.Event()
        self._screens: set[Screen] = set()

    def add(self, screen: Screen) -> None:
        self._screens.add(screen)

    def discard(self, screen: Screen) -> None:
        self._screens.discard(screen)

    async def news(self, version: int, timeout_s: float) -> bool:
        """Wait until something is newer than ``version``, or the database comes or goes."""
        if self.version > version:
            return True
        try:
            await asyncio.wait_for(self._next.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def wake(self) -> None:
        """Whoever waits for news looks again, though nothing is newer."""
        woken, self._next = self._next, asyncio.Event()
        woken.set()

    def rouse(self) -> None:
        """All open pages look again: somebody's session has ended."""
        self.wake()
        for screen in list(self._screens):
            screen.poke(None, False)

    def newer(self, version: int) -> list[Picture]:
        return [self.pictures[code] for code, at in self.versions.items() if at > version]

    async def run(self) -> None:
        """Look until cancelled. A database that is away is tried again every round."""
        while True:
            started = time.monotonic()
            try:
                await self.round()
                self._present()
            except (SQLAlchemyError, OSError) as error:
                self._absent(error)
            except Exception as error:  # one bad row must not blind the region
                log.exception("look: %s", type(error).__name__)
            await asyncio.sleep(max(0.05, ROUND_S - (time.monotonic() - started)))

    async def round(self) -> None:
        """One look."""
        now = self.clock()
        review = time.monotonic() - self._reviewed >= REVIEW_S or midnight(now) != self._day
        seen = await asyncio.to_thread(self._look, now, review)
        if seen.places is not None:
            self.places = seen.places
            self._reviewed, self._day = time.monotonic(), midnight(now)
        if seen.past is not None:
            self.past, self._summed = seen.past, time.monotonic()
        alarms_differ = seen.alarms != self.alarms
        self.booths |= seen.booths
        self.alarms = seen.alarms
        self._stamps |= seen.stamps
        judged = self.booths if review or alarms_differ else seen.booths
        changed = self._judge(judged.values(), now)
        self.ready = True
        if changed or alarms_differ or seen.booths:
            self._tell(frozenset(seen.booths) | changed, alarms_differ)
        elif review:
            for screen in list(self._screens):
                screen.poke(None, False)

    def _look(self, now: int, review: bool) -> _Seen:
        with self.engine.connect() as connection:
            places = reading.places(connection) if review else None
            sum_up = midnight(now) != self._day or time.monotonic() - self._summed >= SUM_UP_S
            past = Past(history.daily(connection)) if sum_up else None
            alarms = {alarm.id: alarm for alarm in reading.open_alarms(connection)}
            if not self._stamps or midnight(now) != self._day:
                booths = fleet.booths(connection, midnight(now))
            else:
                newest = max(self._stamps.values(), default=0)
                stamps = fleet.changed(connection, newest - OVERLAP_MS)
                codes = [code for code, at in stamps.items() if self._stamps.get(code) != at]
                booths = fleet.booths(connection, midnight(now), codes)
        return _Seen(booths, alarms, places, past, {c: b.changed_at for c, b in booths.items()})

    def _judge(self, booths: Iterable[Booth], now: int) -> frozenset[str]:
        """Pictures anew; those that differ get the next version."""
        of_booth: dict[str, list[Alarm]] = defaultdict(list)
        of_branch: dict[str, list[Alarm]] = defaultdict(list)
        for alarm in self.alarms.values():
            if alarm.station is None:
                of_branch[alarm.place].append(alarm)
            else:
                of_booth[alarm.station].append(alarm)
        changed = set()
        for booth in booths:
            alarms = of_booth.get(booth.code, [])
            if of_branch:
                alarms = [
                    *alarms,
                    *(a for p in branches(booth.place) for a in of_branch.get(p, [])),
                ]
            made = picture(booth, alarms, now)
            if made != self.pictures.get(booth.code):
                self.pictures[booth.code] = made
                self.versions[booth.code] = self.version + 1
                changed.add(booth.code)
        return frozenset(changed)

    def _tell(self, codes: frozenset[str], alarms: bool) -> None:
        self.version += 1
        self.wake()
        for screen in list(self._screens):
            screen.poke(codes, alarms)

    def _present(self) -> None:
        if self.away_since is not None:
            self._absence.over()
            self.away_since = None
            self._tell(frozenset(self.booths), True)

    def _absent(self, error: Exception) -> None:
        self._absence.note(
            reason(error)
            if isinstance(error, DBAPIError)
            else Reason(type(error).__name__, UNKNOWN)
        )
        if self.away_since is None:
            self.away_since = self.clock()
            self._tell(frozenset(), False)

    def rolled(self) -> dict[str, Branch]:
        """Every place with what its booths come to. Counted once a version."""
        version, known = self._rolled
        if version == self.version:
            return known
        before = self.past.before(local_day(self.clock()))
        found = roll_up(
            (tree_place(place) for place in list(self.places.values())),
            (
                (booth.place, self._counts(booth, before.get(booth.code, 0)))
                for booth in list(self.booths.values())
            ),
        )
        self._rolled = self.version, found
        return found

    def _counts(self, booth: Booth, before: int) -> Counts:
        shown = self.pictures.get(booth.code)
        return Counts(
            booths=1,
            online=int(booth.online),
            sealed_today=booth.sealed,
            done=before + booth.sealed,
            waiting=shown.waiting if shown else 0,
            pace=(booth.pace or 0) if booth.online else 0,
            per_day=booth.per_day or 0,
            missing=booth.missing,
            alarms=int(shown is not None and shown.state in STANDING),
        )


def branches(path: str) -> list[str]:
    """``vn/a/b`` → ``["", "vn", "vn/a", "vn/a/b"]``: every branch that a place is in."""
    parts = path.split("/") if path else []
    return ["", *("/".join(parts[: end + 1]) for end in range(len(parts)))]
