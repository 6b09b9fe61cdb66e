"""All live figures of the booth, by name: the journal's, the machine's, the uplink's own."""

from __future__ import annotations

from edge.config import EdgeConfig
from edge.journal.terms import Device
from edge.report import metrics
from edge.report.figures import Value, failed_devices
from edge.report.fold import Now
from edge.uplink import host
from edge.uplink.book import Book
from edge.uplink.health import HealthRing
from ground.clock import Clock

LOOK_S = 2.0
"""How often the kernel is asked whether the station runs."""


class Figures:
    def __init__(self, config: EdgeConfig, clock: Clock, book: Book, ring: HealthRing) -> None:
        self._config, self._clock, self._book, self._ring = config, clock, book, ring
        self.sample = host.sample(clock, config.data)
        self._runs = host.station_runs(book.path)
        self._looked_at = clock.mono_ms()

    def look(self) -> host.Sample:
        """A fresh sample of the machine."""
        self.sample = host.sample(self._clock, self._config.data)
        return self.sample

    def node(self) -> dict[str, Value]:
        """Of ``metrics.NODE``."""
        ledger = self._book.ledger
        return {
            **self._book.head.figures(self._now()),
            **self.sample.figures(),
            metrics.CLOCK_TRUSTED: self._clock_trusted(),
            metrics.PROPERTY_NAME: self._config.name,
            metrics.PROPERTY_REGION: self._config.region,
            metrics.STATION_RUNNING: self._running(),
            metrics.STATION_FAILED_DEVICES: failed_devices(self.devices()),
            metrics.UPLINK_DROPPED_SAMPLES: self._ring.dropped,
            metrics.UPLINK_QUARREL: (ledger.quarrel if ledger else "") or self._book.trouble,
        }

    def devices(self) -> dict[Device, dict[str, Value]]:
        """Of ``metrics.DEVICE`` and ``metrics.EXTRA``: the devices that this booth has."""
        told = self._book.head.device_figures(self._now())
        return {device: told[device] for device in self._config.devices}

    def _clock_trusted(self) -> bool:
        """Both must trust it, the uplink and the station that runs: rows that the station's program
        marks as untrusted are never dated, however well the uplink's own sandbox lets it see."""
        last = self._book.head.last
        told = last is not None and last.boot == self._clock.boot and self._running()
        return self.sample.trusted and (last.trusted if told and last is not None else True)

    def _now(self) -> Now:
        return Now(self._clock.now_ms(), self._clock.mono_ms(), self._clock.boot)

    def _running(self) -> bool:
        mono_ms = self._clock.mono_ms()
        if mono_ms - self._looked_at >= LOOK_S * 1000:
            self._runs, self._looked_at = host.station_runs(self._book.path), mono_ms
        return self._runs
