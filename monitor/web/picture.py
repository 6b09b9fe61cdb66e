"""A booth at a glance: one state, worst first, and the reason for it.

Pure: from what the store knows of a booth, its open alarms and the time. Outside its hours a booth
that is away is closed, not lost; one that serves people is not closed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from monitor.store.fleet import Booth, gone
from monitor.store.reading import Alarm
from monitor.watch.rules import Kind

BEHIND_SHARE = 0.85
"""Less than this share of what should be done by now: behind."""
GRACE_SHARE = 0.05
"""Of the day's opening that passes before anybody is called behind."""
PEOPLE_WAIT = frozenset({Kind.IDLE, Kind.QUEUE, Kind.WAIT})
QUIET = PEOPLE_WAIT | {Kind.OFFLINE, Kind.OUTAGE, Kind.BEHIND}
"""Alarms that have a state of their own, or none."""


class State(IntEnum):
    """Worst first."""

    ALARM = 0
    OFFLINE = 1
    IDLE = 2
    """People wait while a machine stands free, or far too long."""
    BEHIND = 3
    FINE = 4
    CLOSED = 5


FAR_MS = 10**14
STANDING = (State.ALARM, State.OFFLINE, State.IDLE)
"""States in which nobody, or hardly anybody, is served."""


@dataclass(frozen=True)
class Picture:
    """``why``: the kind of trouble, "" when there is none; ``device`` and ``fault`` belong to a
    failed device. ``since``: from when on it is so. ``share``: done of what should be done by now,
    of a booth that is behind, in whole percents: pictures differ where a person would see it.
    ``others``: further alarms that stand. ``detail``: the numbers of the alarm that it is about,
    ``taken_by``: who has it."""

    code: str
    name: str
    place: str
    state: State
    why: str = ""
    device: str = ""
    fault: str = ""
    since: int | None = None
    sealed: int = 0
    waiting: int = 0
    target: int = 0
    share: float | None = None
    paused: bool = False
    others: int = field(default=0)
    detail: Mapping[str, Any] = field(default_factory=dict)
    taken_by: str = ""

    @property
    def rank(self) -> tuple[int, float, str]:
        """Order on the wall: by state, within it what is worst or longest so."""
        if self.state is State.BEHIND:
            return self.state, self.share or 0.0, self.code
        if self.state in STANDING:
            later = FAR_MS if self.why == Kind.OUTAGE else 0  # one trouble: after the others
            return self.state, float(self.since or 0) + later, self.code
        return self.state, 0.0, self.code


def picture(booth: Booth, alarms: Sequence[Alarm], now: int) -> Picture:
    """``alarms``: the open ones of this booth and of the branches above it."""
    span = booth.span(now)
    young = span is None or gone(span, now) < GRACE_SHARE
    share = None if young else booth.share(span, now)
    state, why, device, fault, since = _trouble(booth, alarms, span is not None, share)
    about = [a for a in alarms if a.kind == why and a.device == device]
    return Picture(
        booth.code,
        booth.name,
        booth.place,
        state,
        why,
        device,
        fault,
        since,
        booth.sealed,
        booth.queue,
        booth.per_day or 0,
        int(share * 100) / 100 if share is not None and state is State.BEHIND else None,
        paused=booth.paused,
        others=sum(1 for alarm in alarms if alarm.kind != why),
        detail=about[0].detail if about else {},
        taken_by=next((a.acknowledged_by for a in about if a.acknowledged_by), ""),
    )


def _trouble(
    booth: Booth, alarms: Sequence[Alarm], is_open: bool, share: float | None
) -> tuple[State, str, str, str, int | None]:
    loud = [alarm for alarm in alarms if alarm.severity == 1 and alarm.kind not in QUIET]
    if loud:
        worst = min(loud, key=lambda alarm: alarm.raised_at)
        fault = booth.broken.get(worst.device) or str(worst.detail.get("fault", ""))
        return State.ALARM, worst.kind, worst.device, fault, worst.raised_at
    if not booth.online:
        outage = next((alarm for alarm in alarms if alarm.kind == Kind.OUTAGE), None)
        if not is_open and outage is None:
            return State.CLOSED, "", "", "", booth.died_at
        why = Kind.OFFLINE if outage is None else Kind.OUTAGE
        return State.OFFLINE, why, "", "", booth.died_at or booth.heard_at or None
    if booth.broken:  # not an alarm yet: it has to last for that, but it stands still now
        device, fault = min(booth.broken.items())
        return State.ALARM, Kind.DEVICE, device, fault, None
    waits = [alarm for alarm in alarms if alarm.kind in PEOPLE_WAIT]
    if waits:
        worst = min(waits, key=lambda alarm: (alarm.severity, alarm.raised_at))
        return State.IDLE, worst.kind, "", "", worst.raised_at
    if share is not None and share < BEHIND_SHARE:
        return State.BEHIND, Kind.BEHIND, "", "", None
    works = is_open or booth.waiting or booth.open_dossiers
    return (State.FINE if works else State.CLOSED), "", "", "", None
