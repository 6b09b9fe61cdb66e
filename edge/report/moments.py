"""When something happened, by two clocks, and how long it took.

A Pi has no battery-backed clock (``ground/clock.py``): its wall time is wrong until the network has
set it, and may be set later. Within a boot the monotonic clock tells durations; across boots only
wall times can, and they are corrected with what the clock said once it was trusted.
"""

from __future__ import annotations

import msgspec

from edge.journal.terms import BootId
from edge.report.facts import ClockDated, Millis

DAY_MS = 86_400_000
"""A longer or negative span between the wall times of two boots means that the clock was set."""
STEP_MS = 1_000
"""A trusted clock that moved by more than this against the monotonic one was stepped."""
BELIEVABLE_MS = range(1_577_836_800_000, 4_070_908_800_000)
"""2020 to 2098: a clock that says anything else is wrong, whatever the kernel says of it."""
BOOTS_KEPT = 8
COUNT_LAST = 9_999_999


class Moment(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A journal row's clocks: ``boot``, ms since it, wall ms UTC and whether it was trusted."""

    boot: BootId
    mono: int
    at: int
    trusted: bool


class Clocks(msgspec.Struct, array_like=True):
    """What is known of the clocks of the latest boots.

    ``offsets``: wall time minus monotonic time by boot, where the clock became trusted, in the
    order of the boots.
    """

    offsets: dict[BootId, Millis] = msgspec.field(default_factory=dict)

    def seen(self, boot: str, mono: int, at: int) -> ClockDated | None:
        """A row whose clock was trusted: what there is to tell of it, if anything."""
        offset = at - mono
        known = self.offsets.get(boot)
        if known is not None and -STEP_MS <= offset - known <= STEP_MS:
            return None
        if at not in BELIEVABLE_MS or offset not in BELIEVABLE_MS:
            return None
        self.offsets[boot] = offset
        if len(self.offsets) > BOOTS_KEPT:
            del self.offsets[next(iter(self.offsets))]
        return ClockDated(boot, offset)

    def wall_ms(self, moment: Moment) -> int | None:
        """Wall time in ms UTC, None where nobody can tell."""
        if moment.trusted and moment.at in BELIEVABLE_MS:
            return moment.at
        wall = self.offsets.get(moment.boot, -moment.mono) + moment.mono
        return wall if wall in BELIEVABLE_MS else None

    def age_ms(self, since: Moment, until: Moment) -> int | None:
        """Ms between two moments, None where it cannot be told."""
        if since.boot == until.boot:
            return max(0, until.mono - since.mono)
        began, ended = self.wall_ms(since), self.wall_ms(until)
        span = (until.at if ended is None else ended) - (since.at if began is None else began)
        return span if 0 <= span <= DAY_MS else None

    def span_ms(self, since: Moment, until: Moment) -> int:
        """Ms between two moments, 0 where it cannot be told."""
        return self.age_ms(since, until) or 0


def seconds(span_ms: int) -> int:
    """Whole seconds, as a ``Count``."""
    return min((span_ms + 500) // 1000, COUNT_LAST)


def millis(clock_ms: int) -> int:
    """A clock's ms as ``Millis``: one set before 1970 says 1970."""
    return min(max(clock_ms, 0), 9_999_999_999_999)
