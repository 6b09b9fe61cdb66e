"""Who is asked for a rebirth and when: a host that starts anew must not wake the fleet at once.

Three thousand booths answering one request each is 10 MB over links that are poor and paid for.
So requests wait a random moment, the fleet together has a rate, and a node that is asked again
and again is asked ever more rarely.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from random import Random

RATE = 50.0
"""Requests a second, over all nodes."""
JITTER_MS = 1_000
FIRST_WAIT_MS = 10_000
LAST_WAIT_MS = 600_000
"""Between two requests to one node: doubles from the first to the last."""


class Rebirths:
    def __init__(self, rate: float = RATE, random: Random | None = None) -> None:
        self._rate = rate
        self._random = random or Random()
        self._due: dict[str, int] = {}
        self._queue: list[tuple[int, str]] = []
        self._asked: dict[str, tuple[int, int]] = {}  # when last, how long to wait from then
        self._tokens = rate
        self._filled = 0

    def want(self, node: str, mono: int, delay_ms: int = 0) -> None:
        """Ask ``node`` soon, unless that is planned already and no later."""
        at = mono + delay_ms + self._random.randrange(JITTER_MS)
        if node in self._asked:
            last, wait = self._asked[node]
            at = max(at, last + wait)
        if node in self._due and self._due[node] <= at:
            return
        self._due[node] = at
        heapq.heappush(self._queue, (at, node))

    def born(self, node: str) -> None:
        """It has answered, or is gone: nobody needs to ask."""
        self._due.pop(node, None)

    def due(self, mono: int) -> Iterator[str]:
        """Nodes to be asked now. Each is planned again at once: only ``born`` ends it."""
        self._tokens = min(self._rate, self._tokens + (mono - self._filled) * self._rate / 1000)
        self._filled = mono
        while self._queue and self._queue[0][0] <= mono and self._tokens >= 1:
            at, node = heapq.heappop(self._queue)
            if self._due.get(node) != at:
                continue
            del self._due[node]
            self._tokens -= 1
            last, wait = self._asked.get(node, (mono, FIRST_WAIT_MS // 2))
            calm = mono - last > 2 * LAST_WAIT_MS
            wait = FIRST_WAIT_MS if calm else min(2 * wait, LAST_WAIT_MS)
            self._asked[node] = (mono, wait)
            self.want(node, mono)
            yield node
