"""What the region knows of one booth at one moment, as plain values: the judge's only input.

``None`` means "not known": figures of a booth that is away are not known, and nothing is judged
from what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.watch.hours import Hours


@dataclass(frozen=True)
class Seen:
    """One booth. Times are ms UTC by the host's clock unless said otherwise.

    ``waiting``: people with a ticket, all kinds; ``oldest_since``: since when the one who waits
    longest waits. ``ended``: dossiers of today that the region holds. ``sealed_today``: as the
    booth says. ``idle_s``: today's seconds in which the bottleneck stood free while people waited.
    ``faults``: device → fault code of those that do not work. ``lacking``: facts the booth told of
    and the region does not hold; ``lockout_at``: when the booth last locked somebody out.
    """

    station: str
    place: str
    online: bool
    changed_state_at: int = 0
    """When it was last born or died."""
    heard_at: int = 0
    hours: Hours = field(default_factory=Hours)
    per_day: int | None = None
    intake: bool | None = None
    waiting: int | None = None
    oldest_since: int | None = None
    open_dossiers: int | None = None
    sealed_today: int | None = None
    ended: int = 0
    idle_s: int | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    clock_trusted: bool | None = None
    clock_offset_ms: int | None = None
    disk_free_mb: int | None = None
    host_c: float | None = None
    booth_c: float | None = None
    supply_mv: int | None = None
    packets: int | None = None
    lid_open: bool | None = None
    quarrel: str | None = None
    lacking: int = 0
    lockout_at: int | None = None
