"""One booth's conditions as numbers, to be held against the rules' thresholds. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from monitor.store.fleet import LOCKOUT_MS, Booth, Span, gone
from monitor.watch.rules import Kind

IDLE_WINDOW_MS = 1_800_000
"""The stretch over which idle seconds are summed: half an hour."""
JUDGED_FROM = 0.2
"""Share of the day's open time that must be over before somebody is called behind."""
Reading = tuple[Kind, str, float | None]
"""Kind, device, value; None: not known."""
Detail = dict[str, int | float | str]
"""What the alarm's sentence names; ``alarm.detail`` in the store."""
_OF_WORK = (Kind.STANDS_STILL, Kind.QUEUE, Kind.WAIT, Kind.IDLE, Kind.BEHIND)


@dataclass(frozen=True)
class Progress:
    """What of a booth is judged over time: since when nothing moved, and how its idle time grew.

    ``since``: while it is open. ``mark``: what moves when a dossier does; a fall of the day's sums
    is a new day and no progress. ``idle``: (time, today's idle seconds) as it changed,
    the newest at or before the window's begin first.
    """

    since: int
    mark: tuple[int, ...] = ()
    idle: tuple[tuple[int, int], ...] = ()

    def after(self, seen: Booth, is_open: bool, now_ms: int) -> Progress:
        """After a look at the booth; nothing is learnt of one that is away or shut."""
        if not (seen.online and is_open):
            return replace(self, since=now_ms, idle=()) if self.since != now_ms else self
        progress = self
        mark = (seen.open_dossiers or 0, seen.sealed_said or 0, seen.ended)
        if mark != self.mark:
            begun, *done = zip(mark, self.mark or mark, strict=True)
            moved = begun[0] != begun[1] or any(now > before for now, before in done)
            progress = replace(progress, since=now_ms if moved else self.since, mark=mark)
        if not seen.waiting:
            progress = replace(progress, since=now_ms)
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


def readings(seen: Booth, progress: Progress, span: Span | None, now_ms: int) -> list[Reading]:
    """Every condition of the booth except its silence (``Kind.OFFLINE``).

    What belongs to the work with people (standstill, queue, idle machine, target) is 0 while the
    booth is closed (``span`` None). A device that is not named works.
    """
    there = seen.online
    locked_at = seen.lockout_at
    found: list[Reading] = [
        (Kind.QUARREL, "", float(seen.quarrel is not None)),
        (Kind.LOCKED_OUT, "", float(locked_at is not None and now_ms - locked_at < LOCKOUT_MS)),
    ]
    if span is None:
        found += [(kind, "", 0.0) for kind in _OF_WORK]
    elif not there or seen.waiting is None:
        found += [(kind, "", None) for kind in _OF_WORK]
    else:
        found += [
            (Kind.STANDS_STILL, "", float(_still_min(progress, now_ms))),
            (Kind.QUEUE, "", float(seen.waiting)),
            (Kind.WAIT, "", _wait_ms(seen, now_ms) / 60_000),
            (Kind.IDLE, "", float(progress.idle_s(now_ms))),
            (Kind.BEHIND, "", _behind(seen, span, now_ms)),
        ]
    trusted, offset_ms = seen.clock_trusted, seen.clock_offset_ms
    figures: tuple[tuple[Kind, float | None], ...] = (
        (Kind.MISSING, seen.missing),
        (Kind.CLOCK_UNTRUSTED, None if trusted is None else not trusted),
        (Kind.CLOCK_OFFSET, None if offset_ms is None else abs(offset_ms)),
        (Kind.DISK, seen.disk_free_mb),
        (Kind.HOST_HOT, seen.host_c),
        (Kind.BOOTH_HOT, seen.booth_c),
        (Kind.SUPPLY, seen.supply_mv),
        (Kind.PACKETS, seen.packets),
        (Kind.LID, seen.lid_open),
    )
    found += [(kind, "", value if there else None) for kind, value in figures]
    found += [(Kind.DEVICE, device, 1.0 if there else None) for device in seen.faults]
    return found


def detail(
    kind: Kind, device: str, seen: Booth, progress: Progress, span: Span | None, now_ms: int
) -> Detail:
    """What the sentence of an alarm that begins now names."""
    waiting = seen.waiting or 0
    match kind:
        case Kind.OFFLINE:
            return {"since": seen.changed_state_at}
        case Kind.STANDS_STILL:
            return {"minutes": _still_min(progress, now_ms), "waiting": waiting}
        case Kind.QUEUE:
            return {"waiting": waiting}
        case Kind.WAIT:
            return {"minutes": _wait_ms(seen, now_ms) // 60_000}
        case Kind.IDLE:
            return {"seconds": progress.idle_s(now_ms), "waiting": waiting}
        case Kind.BEHIND if span is not None:
            due = round(seen.due(span, now_ms))
            return {"done": seen.done, "due": due, "target": seen.per_day or 0}
        case Kind.QUARREL:
            return {"quarrel": seen.quarrel or ""}
        case Kind.MISSING:
            return {"facts": seen.missing}
        case Kind.DEVICE:
            return {"fault": seen.faults.get(device, "")}
        case Kind.CLOCK_OFFSET:
            return {"offset_ms": seen.clock_offset_ms or 0}
        case Kind.DISK:
            return {"free_mb": seen.disk_free_mb or 0}
        case Kind.HOST_HOT:
            return {"celsius": seen.host_c or 0.0}
        case Kind.BOOTH_HOT:
            return {"celsius": seen.booth_c or 0.0}
        case Kind.SUPPLY:
            return {"millivolt": seen.supply_mv or 0}
        case Kind.PACKETS:
            return {"packets": seen.packets or 0}
    return {}


def _still_min(progress: Progress, now_ms: int) -> int:
    return max(0, now_ms - progress.since) // 60_000


def _wait_ms(seen: Booth, now_ms: int) -> int:
    return max(0, now_ms - seen.oldest_since) if seen.oldest_since and seen.waiting else 0


def _behind(seen: Booth, span: Span, now_ms: int) -> float:
    """0 as long as the day is young."""
    early = gone(span, now_ms) < JUDGED_FROM
    return 0.0 if early else seen.behind(span, now_ms) or 0.0
