"""When to try the broker again: full jitter, so that a province's booths do not come at once.

Delay n is uniform over 0 … min(cap, base·2ⁿ):
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
"""

from __future__ import annotations

import random

BASE_S = 1.0
CAP_S = 300.0
STABLE_S = 60.0
"""A session that lived so long begins the row of delays anew."""


class BackOff:
    def __init__(
        self, base_s: float = BASE_S, cap_s: float = CAP_S, rng: random.Random | None = None
    ) -> None:
        self._base_s, self._cap_s = base_s, cap_s
        self._rng = rng or random.Random()
        self._tries = 0

    def failed(self, lived_s: float = 0.0) -> float:
        """Seconds to wait after a try that failed, or a session that ended after ``lived_s``."""
        if lived_s >= STABLE_S:
            self._tries = 0
        limit = min(self._cap_s, self._base_s * 2.0 ** min(self._tries, 30))
        self._tries += 1
        return self._rng.uniform(0.0, limit)
