"""One process drives hundreds of stations: one loop over their sockets and due times (epoll(7)).

Only connecting waits for the network, so a few threads do that; a station is never in two threads
at once. Whoever finds them all at work waits its turn, as a booth does on a slow link.
"""

from __future__ import annotations

import heapq
import os
import select
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from math import inf

from ground.clock import Clock
from tram.fleet.station import Station

CONNECTORS = 8
TICK_S = 0.2
"""The longest wait: how soon ``run`` sees that it is to stop, and tells its tally."""

TURNS = 20
"""Due ones between two looks at the network."""


@dataclass
class Tally:
    """Sums over stations; ``facts`` are in the journals, ``acknowledged`` of them by the region."""

    connected: int = 0
    born: int = 0
    facts: int = 0
    acknowledged: int = 0


@dataclass
class _Driven:
    """A station and when its next turn is due (monotonic seconds), inf: it has it now."""

    station: Station
    due: float = inf
    seen: tuple[int, int, int, int] = (0, 0, 0, 0)


class Loop:
    def __init__(self, stations: Sequence[Station], clock: Clock) -> None:
        self._clock = clock
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._all = [_Driven(station) for station in stations]
        self._of_fd: dict[int, _Driven] = {}
        self._due: list[tuple[float, int, _Driven]] = []
        self._order = count()
        self._pool = ThreadPoolExecutor(CONNECTORS)
        self._back: deque[tuple[_Driven, Future[None]]] = deque()
        self.tally = Tally()

    def run(self, stopped: Callable[[], bool], tell: Callable[[Tally], None]) -> None:
        """Until ``stopped``; then every station tells its death. ``tell`` is called at least every
        ``TICK_S``.
        """
        try:
            for driven in self._all:
                self._settle(driven)
            while not stopped():
                self._round()
                tell(self.tally)
        finally:
            self._pool.shutdown(cancel_futures=True)
            with ThreadPoolExecutor(CONNECTORS) as pool:
                for driven in self._all:
                    pool.submit(driven.station.uplink.close)
            self.tally.connected = self.tally.born = 0
            tell(self.tally)
            self._epoll.close()
            os.close(self._wake)

    def _round(self) -> None:
        for fd, _event in self._epoll.poll(self._wait_s()):
            if fd == self._wake:
                os.eventfd_read(fd)
            elif (driven := self._of_fd.get(fd)) is not None and driven.due < inf:
                self._turn(driven)
        while self._back:
            driven, done = self._back.popleft()
            done.result()
            self._settle(driven)
        for _turn in range(TURNS):
            if not self._due or self._due[0][0] > self._now():
                break
            at, _, driven = heapq.heappop(self._due)
            if at == driven.due:
                self._turn(driven)

    def _now(self) -> float:
        return self._clock.mono_ms() / 1000

    def _wait_s(self) -> float:
        return min(TICK_S, max(0.0, self._due[0][0] - self._now())) if self._due else TICK_S

    def _turn(self, driven: _Driven) -> None:
        driven.due = inf
        if not driven.station.uplink.connects:
            driven.station.turn()
            self._settle(driven)
            return
        work = self._pool.submit(driven.station.turn)
        work.add_done_callback(lambda done: self._returned(driven, done))

    def _returned(self, driven: _Driven, done: Future[None]) -> None:
        """In a connecting thread, or in the loop's when the turn was over at once."""
        if not done.cancelled():
            self._back.append((driven, done))
            os.eventfd_write(self._wake, 1)

    def _settle(self, driven: _Driven) -> None:
        """After a turn: what its uplink waits for now, and what has come of it."""
        uplink = driven.station.uplink
        fd = uplink.fileno()
        if fd >= 0:
            mask = select.EPOLLIN | (select.EPOLLOUT if uplink.writing else 0)
            self._of_fd[fd] = driven
            # A descriptor's number comes back with another socket: ask the kernel, not a table.
            try:
                self._epoll.modify(fd, mask)
            except FileNotFoundError:
                self._epoll.register(fd, mask)
        driven.due = uplink.next_at
        heapq.heappush(self._due, (driven.due, next(self._order), driven))
        seen = (int(uplink.connected), int(uplink.born), *uplink.facts)
        if seen != driven.seen:
            before, driven.seen = driven.seen, seen
            tally = self.tally
            tally.connected += seen[0] - before[0]
            tally.born += seen[1] - before[1]
            tally.facts += seen[2] - before[2]
            tally.acknowledged += seen[3] - before[3]


def descriptors_of(stations: int) -> int:
    """Open files that so many stations need in one process: a socket, edge.db with its log, index
    and lock each, and what is open for a moment.
    """
    return 5 * stations + 64 + 4 * CONNECTORS
