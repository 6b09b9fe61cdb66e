"""Which devices the booth has, and how they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from controller.devices.ports import (
    Adapter,
    Camera,
    DeviceStatus,
    DocumentScanner,
    FingerprintScanner,
    Lines,
    Peripherals,
)
from edge.journal import events as e


class Devices:
    """The booth's devices; a missing one is None. ``others``: those of stages beyond portrait and
    fingers. ``adapters`` are all that exist."""

    def __init__(
        self,
        peripherals: Peripherals | None,
        fingerprint: FingerprintScanner | None,
        camera: Camera | None,
        scanner: DocumentScanner | None,
        lines: Lines | None = None,
        others: Sequence[Adapter] = (),
    ) -> None:
        self.peripherals = peripherals
        self.fingerprint = fingerprint
        self.camera = camera
        self.scanner = scanner
        self.lines = lines
        self.others = tuple(others)

    @property
    def adapters(self) -> list[Any]:
        every = (self.peripherals, self.fingerprint, self.camera, self.scanner, self.lines)
        return [*(adapter for adapter in every if adapter is not None), *self.others]

    def at(self, device: e.Device) -> Any:
        """The adapter of ``device``, None where the booth has none."""
        return next((a for a in self.adapters if a.status.device is device), None)

    def statuses(self) -> dict[e.Device, DeviceStatus]:
        found = {a.status.device: a.status for a in self.adapters}
        if self.peripherals is not None:
            found[e.Device.PRINTER] = self.peripherals.printer_status
        return found
