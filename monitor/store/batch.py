"""Messages coalesced by station before one transaction writes them.

A figure that changed three times within a batch is written once; facts are never dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from monitor.host.outcomes import (
    Born,
    DeviceBorn,
    DeviceDied,
    Died,
    Figures,
    Logged,
    Outcome,
    Readings,
    Reported,
    Told,
)

NODE = ""
LOGS_KEPT = 5
"""The last so many of a booth."""
LOG_BYTES = 65_536
"""A longer one is none of a booth's: it sends less (``edge/uplink/logs.py``)."""


class StationBatch:
    """``figures`` are fresh; ``gone`` came and grew stale within the batch; ``stale``: devices
    whose stored figures are stale, None: all of the station's. ``turns``: (device, up, at) in
    order."""

    __slots__ = (
        "asked",
        "bd_seq",
        "born",
        "died_at",
        "figures",
        "gone",
        "group",
        "heard_at",
        "logs",
        "online",
        "reports",
        "stale",
        "totals",
        "turns",
    )

    def __init__(self) -> None:
        self.heard_at = 0
        self.group: str | None = None
        self.online: bool | None = None
        self.bd_seq = 0
        self.born: int | None = None
        self.died_at: int | None = None
        self.figures: Readings = {}
        self.gone: Readings = {}
        self.stale: set[str] | None = set()
        self.turns: list[tuple[str, bool, int]] = []
        self.reports: list[bytes] = []
        self.logs: list[tuple[int, bytes]] = []
        self.totals: dict[str, int] = {}
        self.asked: set[str] = set()

    def wither(self, device: str | None) -> None:
        """The figures of a device, or of all, are stale."""
        if device is None:
            self.stale = None
        elif self.stale is not None:
            self.stale.add(device)
        for key in [key for key in self.figures if device is None or key[0] == device]:
            self.gone[key] = self.figures.pop(key)


class Batch:
    """``stations`` by code; ``outcomes``: how many are in it."""

    def __init__(self) -> None:
        self.stations: dict[str, StationBatch] = {}
        self.outcomes = 0
        self._urgent: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self.stations)

    @property
    def is_urgent(self) -> bool:
        """Whether somebody waits: a booth for its acknowledgement, the wall for a death."""
        return bool(self._urgent)

    def urgent(self) -> Batch:
        """What somebody waits for, taken out of it: whole stations, so that their order stays."""
        part = Batch()
        part.stations = {station: self.stations.pop(station) for station in self._urgent}
        self._urgent = set()
        return part

    def put_back(self, part: Batch) -> None:
        """Undo ``urgent``, before anything else was added."""
        self.stations |= part.stations
        self._urgent = set(part.stations)

    def add(self, outcome: Outcome) -> None:
        """Take in an outcome; ``AskRebirth`` concerns no store and is not to be given."""
        self.outcomes += 1
        kind = type(outcome)
        if kind is not Figures and kind is not Told:
            self._urgent.add(outcome.station)
        _ADD[kind](self, outcome)

    def of(self, station: str, heard_at: int = 0) -> StationBatch:
        """``heard_at`` 0: the station itself said nothing."""
        one = self.stations.get(station)
        if one is None:
            one = self.stations[station] = StationBatch()
        if heard_at:
            one.heard_at = heard_at
        return one

    def _figures(self, outcome: Figures) -> None:
        self.of(outcome.station, outcome.at).figures.update(outcome.figures)

    def _reported(self, outcome: Reported) -> None:
        self.of(outcome.station, outcome.at).reports.append(outcome.report)

    def _told(self, outcome: Told) -> None:
        self.of(outcome.station, outcome.at).totals[outcome.epoch] = outcome.total

    def _logged(self, outcome: Logged) -> None:
        one = self.of(outcome.station, outcome.at)
        if len(outcome.body) <= LOG_BYTES:
            one.logs = [*one.logs, (outcome.at, outcome.body)][-LOGS_KEPT:]

    def _born(self, outcome: Born) -> None:
        one = self.of(outcome.station, outcome.at)
        one.group, one.online, one.bd_seq = outcome.group, True, outcome.bd_seq
        one.born = outcome.at
        one.turns.append((NODE, True, outcome.at))
        one.wither(NODE)
        one.figures.update(outcome.figures)
        if outcome.epoch is not None:
            one.asked.add(outcome.epoch)
            one.totals[outcome.epoch] = outcome.total or 0

    def _device_born(self, outcome: DeviceBorn) -> None:
        one = self.of(outcome.station, outcome.at)
        one.turns.append((outcome.device, True, outcome.at))
        one.wither(outcome.device)
        one.figures.update(outcome.figures)

    def _died(self, outcome: Died) -> None:
        one = self.of(outcome.station)
        one.online, one.died_at = False, outcome.at
        one.turns.append((NODE, False, outcome.at))
        one.wither(None)

    def _device_died(self, outcome: DeviceDied) -> None:
        one = self.of(outcome.station)
        one.turns.append((outcome.device, False, outcome.at))
        one.wither(outcome.device)

    def alone(self, stations: Iterable[str]) -> Batch:
        """The part of it that concerns ``stations``."""
        part = Batch()
        part.stations = {station: self.stations[station] for station in stations}
        return part


_ADD: dict[type, Callable[[Batch, Any], None]] = {
    Figures: Batch._figures,
    Reported: Batch._reported,
    Told: Batch._told,
    Logged: Batch._logged,
    Born: Batch._born,
    DeviceBorn: Batch._device_born,
    Died: Batch._died,
    DeviceDied: Batch._device_died,
}
