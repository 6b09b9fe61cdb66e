"""When a booth is open: every judgement of silence, standstill and pace is within these hours.

A booth tells its hours as minutes of its local day (``Target/Opens``, ``Target/Closes``); the
field works day and night in places (0–1440), so hours may also run over midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from ground import day as days

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
EVERY_DAY = frozenset(range(7))
"""Monday is 0. The campaign worked every day of the week."""
_MINUTE_MS = 60_000


@dataclass(frozen=True)
class Hours:
    """``opens`` and ``closes``: minutes of the local day, 0…1440. ``closes`` ≤ ``opens``: over
    midnight. ``days``: weekdays on which it opens."""

    opens: int = 7 * 60
    closes: int = 17 * 60
    days: frozenset[int] = EVERY_DAY

    @property
    def open_min(self) -> int:
        """Minutes of one opening, 1…1440."""
        return self.closes - self.opens if self.closes > self.opens else self.closes_next_day

    @property
    def closes_next_day(self) -> int:
        return self.closes + 1440 - self.opens


def opening(hours: Hours, day: date, zone: tzinfo = VIETNAM) -> tuple[int, int] | None:
    """(opens, closes) of the opening that begins on ``day``, ms UTC; None when it is closed."""
    if day.weekday() not in hours.days:
        return None
    midnight = datetime.combine(day, time(), zone)
    begins = int(midnight.timestamp() * 1000) + hours.opens * _MINUTE_MS
    return begins, begins + hours.open_min * _MINUTE_MS


def open_now(hours: Hours, now_ms: int, zone: tzinfo = VIETNAM) -> tuple[int, int] | None:
    """The opening that ``now_ms`` is in, or None: an opening of yesterday may not be over yet."""
    today = local_day(now_ms, zone)
    for day in (today, today - timedelta(days=1)):
        span = opening(hours, day, zone)
        if span is not None and span[0] <= now_ms < span[1]:
            return span
    return None


def open_throughout(hours: Hours, now_ms: int, zone: tzinfo = VIETNAM) -> tuple[int, int] | None:
    """``open_now``, and the openings before and behind it that it touches: a booth that works day
    and night neither opens nor closes at midnight."""
    span = open_now(hours, now_ms, zone)
    if span is None:
        return None
    before, behind = open_now(hours, span[0] - 1, zone), open_now(hours, span[1], zone)
    return (before or span)[0], (behind or span)[1]


def local_day(at_ms: int, zone: tzinfo = VIETNAM) -> date:
    return days.local_day(at_ms, zone)


def day_start_ms(day: date, zone: tzinfo = VIETNAM) -> int:
    return days.start_ms(day, zone)
