"""A fleet made by hand and a judge that looks at it, for the alarm tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ground.hours import VIETNAM, Hours
from monitor.store.fleet import Booth
from monitor.watch.alarms import Change, Cleared, Judge, Key, Raised
from monitor.watch.rules import Kind

OPENS = Hours(7 * 60, 17 * 60)
TEN = int(datetime(2026, 11, 23, 10, tzinfo=VIETNAM).timestamp() * 1000)
"""Ten o'clock on a Monday, in the midst of opening hours."""


def booth(station: str, place: str = "vn/thanh-hoa/bim-son", **known: Any) -> Booth:
    """A booth at which all is well, unless ``known`` says otherwise."""
    well: dict[str, Any] = {
        "online": True,
        "heard_at": TEN,
        "hours": OPENS,
        "waiting": 0,
        "open_dossiers": 2,
        "sealed": 40,
        "ended": 40,
        "idle_s": 0,
        "clock_trusted": True,
        "clock_offset_ms": 5,
        "disk_free_mb": 20_000,
        "host_c": 55.0,
        "booth_c": 30.0,
        "supply_mv": 12_100,
        "packets": 10,
        "lid_open": False,
    }
    return Booth(station, place, **(well | known))


def fleet_of(count: int, place: str = "vn/thanh-hoa/bim-son", first: int = 0) -> dict[str, Booth]:
    codes = [f"TH{n:04d}" for n in range(first, first + count)]
    return {code: booth(code, place) for code in codes}


class Region:
    """``fleet`` is what the judge sees; ``now_ms`` moves by ``watch``."""

    def __init__(self, fleet: dict[str, Booth], now_ms: int = TEN, **of_judge: Any) -> None:
        self.fleet, self.now_ms = fleet, now_ms
        self.judge = Judge(now_ms, **of_judge)
        self.changes: list[Change] = []
        self.deaf = False
        """Broker or ingest is away: nothing that booths do is seen."""

    def know(self, *stations: str, **known: Any) -> None:
        for station in stations or tuple(self.fleet):
            self.fleet[station] = replace(self.fleet[station], **known)

    def die(self, *stations: str) -> None:
        self.know(*stations, online=False, died_at=self.now_ms)

    def born(self, *stations: str) -> None:
        self.know(*stations, online=True, born_at=self.now_ms, heard_at=self.now_ms)

    def watch(self, seconds: float, each: Callable[[], None] | None = None) -> list[Change]:
        """Look every five seconds for so long (every thirty where it is hours); what began and
        ended in that time."""
        every_ms = 5_000 if seconds <= 3600 else 30_000
        before = len(self.changes)
        end_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < end_ms:
            self.now_ms += every_ms
            if each is not None:
                each()
            if not self.deaf:
                there = [code for code, seen in self.fleet.items() if seen.online]
                for code in there:
                    self.fleet[code] = replace(self.fleet[code], heard_at=self.now_ms)
            self.changes += self.judge.step(self.fleet, self.now_ms)
        return self.changes[before:]

    def open(self, kind: Kind | None = None) -> set[str]:
        """Stations and branches with an open alarm, as the changes tell it."""
        found: dict[Key, bool] = {}
        for change in self.changes:
            found[change.key] = isinstance(change, Raised)
        return {k.of for k, on in found.items() if on and (kind is None or k.kind is kind)}


def raised(changes: list[Change], kind: Kind | None = None) -> list[Raised]:
    return [c for c in changes if isinstance(c, Raised) and (kind is None or c.key.kind is kind)]


def cleared(changes: list[Change], kind: Kind | None = None) -> list[Cleared]:
    return [c for c in changes if isinstance(c, Cleared) and (kind is None or c.key.kind is kind)]
