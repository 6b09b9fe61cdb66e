"""The day's figures."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from statistics import median, quantiles

from controller import views as v
from controller.queue import pace_s
from controller.state import Ended, books
from controller.station.core import Core
from controller.station.region import Region


class Shift:
    def __init__(self, core: Core, region: Region) -> None:
        self._core = core
        self._region = region
        taken = core.policy.capture.stages
        self._spans = ("identify", *taken, "review", "papers", "total")
        self._closed: dict[int, list[Ended]] = {}
        """By local day of closing, of the first ``_filed`` in ``State.ended``."""
        self._filed = 0

    def view(self, day: int | None = None) -> v.ShiftView:
        core, today = self._core, self._core.today()[0]
        day = today if day is None else day
        ended = self._closed_on(day)
        count = books(core.state, day)
        return v.ShiftView(
            day=day,
            issued=count.issued,
            waiting=count.waiting,
            called=count.called,
            no_shows=count.no_shows,
            served=count.served,
            without_ticket=count.without_ticket,
            open=count.open,
            sealed=count.sealed,
            referred=count.referred,
            refused=count.refused,
            abandoned=count.abandoned,
            lost=count.lost,
            pace_s=pace_s(core.state.queue, core.policy.queue),
            per_hour=tuple(sorted(Counter(self._hour(d.closed_at) for d in ended).items())),
            stages=tuple(_stage(name, ended) for name in self._spans),
            idle_s=tuple((d.value, ms / 1000) for d, ms in sorted(core.state.idle_ms.items())),
            busy_s=tuple((d.value, ms / 1000) for d, ms in sorted(core.state.busy_ms.items())),
            software_p95_ms=_p95([d.software_ms for d in ended]),
            forced=sum(d.forced for d in ended),
            missing_fingers=sum(d.missing_fingers for d in ended),
            expired=count.expired,
            target=self._region.view().target if day == today else None,
        )

    def _closed_on(self, day: int) -> list[Ended]:
        """Each dossier's local day is worked out once: a campaign has tens of thousands."""
        ended = self._core.state.ended
        for dossier in ended[self._filed :]:
            day, _ = self._core.local_day(dossier.closed_at)
            self._closed.setdefault(day, []).append(dossier)
        self._filed = len(ended)
        return self._closed.get(day, [])

    def _hour(self, at_ms: int) -> int:
        return datetime.fromtimestamp(at_ms / 1000, self._core.zone).hour


def _stage(name: str, ended: list[Ended]) -> v.StageView:
    spans = [d.durations_s[name] for d in ended if name in d.durations_s]
    return v.StageView(name, round(median(spans), 1) if spans else 0.0, len(spans))


def _p95(values: list[int]) -> int:
    if len(values) < 2:
        return max(values, default=0)
    return round(quantiles(values, n=20, method="inclusive")[-1])
