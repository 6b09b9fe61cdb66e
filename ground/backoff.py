"""When to try again: each wait twice the one before, up to a longest.

``BackOff`` draws it at random, so that a province's booths do not come at once; ``Doubling`` is for
what nobody else tries at the same time.
"""

from __future__ import annotations

import random

BASE_S = 1.0
CAP_S = 300.0
STABLE_S = 60.0
"""A session that lived so long begins the row of delays anew."""


class Doubling:
    """``first``, 2·``first``, … ``last``, ``last``, in the unit of both."""

    def __init__(self, first: float, last: float) -> None:
        self._first, self._last = first, last
        self.wait = first
        """The wait that stands now."""

    def longer(self) -> float:
        """The wait that stands now; the next one is twice as long."""
        now, self.wait = self.wait, min(2 * self.wait, self._last)
        return now

    def anew(self) -> None:
        """It went well."""
        self.wait = self._first


class BackOff:
    """Full jitter: delay n is uniform over 0 … min(cap, base·2ⁿ).

    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """

    def __init__(
        self, base_s: float = BASE_S, cap_s: float = CAP_S, rng: random.Random | None = None
    ) -> None:
        self._limit = Doubling(base_s, cap_s)
        self._rng = rng or random.Random()

    def failed(self, lived_s: float = 0.0) -> float:
        """Seconds to wait after a try that failed, or a session that ended after ``lived_s``."""
        if lived_s >= STABLE_S:
            self._limit.anew()
        return self._rng.uniform(0.0, self._limit.longer())
