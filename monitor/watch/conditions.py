"""One booth's conditions as numbers, to be held against the rules' thresholds. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo

from monitor.watch.hours import VIETNAM, open_now
from monitor.watch.rules import Kind
from monitor.watch.seen import Seen

IDLE_WINDOW_MS = 1_800_000
"""The stretch over which idle seconds are summed: half an hour."""
JUDGED_FROM = 0.2
"""Share of the day's open time that must be over before somebody is called behind."""
LOCKOUT_MS = 900_000
"""For so long after it a lock-out counts as going on."""

Reading = tuple[Kind, str, float | None, dict[str, int | float | str]]
"""Kind, device, value (None: not known), detail for the sentence."""


@dataclass(frozen=True)
class Progress:
    """What of a booth is judged over time: since when nothing moved, and how its idle time grew.

    ``mark``: what moves when a dossier does. ``idle``: (time, today's idle seconds) as it changed,
    the newest at or before the window's begin first.
    """

    since: int
    mark: tuple[int | None, ...] = ()
    idle: tuple[tuple[int, int], ...] = ()

    def after(self, seen: Seen, now_ms: int) -> Progress:
        """After a look at the booth; nothing is learnt of one that is away."""
        if not seen.online:
            return replace(self, since=now_ms, idle=()) if self.since != now_ms else self
        progress = self
        mark = (seen.open_dossiers, seen.sealed_today, seen.ended)
        if mark != self.mark or not seen.waiting:
            progress = replace(progress, since=now_ms, mark=mark)
        if seen.idle_s is not None and (not self.idle or self.idle[-1][1] != seen.idle_s):
            kept = progress.idle
            while len(kept) > 1 and kept[1][0] <= now_ms - IDLE_WINDOW_MS:
                kept = kept[1:]
            progress = replace(progress, idle=(*kept, (now_ms, seen.idle_s)))
        return progress

    def idle_s(self, now_ms: int) -> int:
        """Idle seconds that came up within the last window; today's sum begins at 0 every day."""
        begin = now_ms - IDLE_WINDOW_MS
        total = 0
        for (_, before), (at, after) in zip(self.idle, self.idle[1:], strict=False):
            if at > begin:
                total += after - before if after >= before else after
        return total


def readings(
    seen: Seen, progress: Progress, now_ms: int, zone: tzinfo = VIETNAM
) -> Iterator[Reading]:
    """Every condition of the booth except its silence (``Kind.OFFLINE``).

    What belongs to the work with people (standstill, queue, idle machine, target) is 0 while the
    booth is closed. A device that is not named works.
    """
    span = open_now(seen.hours, now_ms, zone)
    there = seen.online
    yield Kind.QUARREL, "", float(seen.quarrel is not None), {"quarrel": seen.quarrel or ""}
    yield Kind.MISSING, "", float(seen.lacking) if there else None, {"facts": seen.lacking}
    locked_at = seen.lockout_at
    locked_out = locked_at is not None and now_ms - locked_at < LOCKOUT_MS
    yield Kind.LOCKED_OUT, "", float(locked_out), {}
    yield from _work(seen, progress, span, now_ms)
    for device, fault in seen.faults.items():
        yield Kind.DEVICE, device, 1.0 if there else None, {"fault": fault}
    trusted, offset = seen.clock_trusted, seen.clock_offset_ms
    yield Kind.CLOCK_UNTRUSTED, "", _known(there, None if trusted is None else not trusted), {}
    offset_ms = None if offset is None else abs(offset)
    yield Kind.CLOCK_OFFSET, "", _known(there, offset_ms), {"offset_ms": offset or 0}
    yield Kind.DISK, "", _known(there, seen.disk_free_mb), {"free_mb": seen.disk_free_mb or 0}
    yield Kind.HOST_HOT, "", _known(there, seen.host_c), {"celsius": seen.host_c or 0.0}
    yield Kind.BOOTH_HOT, "", _known(there, seen.booth_c), {"celsius": seen.booth_c or 0.0}
    yield Kind.SUPPLY, "", _known(there, seen.supply_mv), {"millivolt": seen.supply_mv or 0}
    yield Kind.PACKETS, "", _known(there, seen.packets), {"packets": seen.packets or 0}
    yield Kind.LID, "", _known(there, seen.lid_open), {}


def _known(there: bool, value: float | None) -> float | None:
    return float(value) if there and value is not None else None


def _work(
    seen: Seen, progress: Progress, span: tuple[int, int] | None, now_ms: int
) -> Iterator[Reading]:
    if span is None:
        for kind in (Kind.STANDS_STILL, Kind.QUEUE, Kind.WAIT, Kind.IDLE, Kind.BEHIND):
            yield kind, "", 0.0, {}
        return
    if not seen.online or seen.waiting is None:
        for kind in (Kind.STANDS_STILL, Kind.QUEUE, Kind.WAIT, Kind.IDLE, Kind.BEHIND):
            yield kind, "", None, {}
        return
    still_min = max(0, now_ms - max(progress.since, span[0])) // 60_000
    detail = {"minutes": still_min, "waiting": seen.waiting}
    yield Kind.STANDS_STILL, "", float(still_min), {**detail}
    yield Kind.QUEUE, "", float(seen.waiting), {"waiting": seen.waiting}
    oldest_ms = now_ms - seen.oldest_since if seen.oldest_since and seen.waiting else 0
    yield Kind.WAIT, "", oldest_ms / 60_000, {"minutes": oldest_ms // 60_000}
    idle_s = progress.idle_s(now_ms)
    yield Kind.IDLE, "", float(idle_s), {"seconds": idle_s, "waiting": seen.waiting}
    yield _behind(seen, span, now_ms)


def _behind(seen: Seen, span: tuple[int, int], now_ms: int) -> Reading:
    """The day's target is spread evenly over the open hours."""
    gone = (now_ms - span[0]) / (span[1] - span[0])
    done = max(seen.ended, seen.sealed_today or 0)
    if not seen.per_day or gone < JUDGED_FROM:
        return Kind.BEHIND, "", 0.0, {}
    due = seen.per_day * gone
    value = max(0.0, 1 - done / due)
    return Kind.BEHIND, "", value, {"done": done, "due": round(due), "target": seen.per_day}
