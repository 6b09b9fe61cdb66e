"""Camera and fingerprint scanner that are always ready and answer at once: for tests of timing.

Every portrait and every finger image differs from the one before, so that a file shows whose it is.
"""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable

import numpy as np
from PIL import Image

from controller.devices.ports import (
    Assessment,
    DeviceStatus,
    FingerImage,
    Health,
    Preview,
    Shot,
    no_listener,
)
from edge.journal.events import Device

GOOD = Assessment(checks=(), quality=90)
SIDE_PX = 96
DPI = 508
RIDGE_PX = 10


class _Ready:
    on_status: Callable[[DeviceStatus], None]

    def __init__(self, device: Device) -> None:
        self.on_status = no_listener
        self.status = DeviceStatus(device, Health.READY)
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def self_test(self) -> str:
        return "ready"


class ReadyCamera(_Ready):
    """Somebody sits before it, and every check passes."""

    def __init__(self) -> None:
        super().__init__(Device.CAMERA)

    async def preview(self) -> Preview:
        await asyncio.sleep(0)
        return Preview(b"", GOOD)

    async def burst(self, frames: int, *, forced: bool = False) -> Shot:
        await asyncio.sleep(0.001)
        file = io.BytesIO()
        Image.new("RGB", (8, 8), next(self._numbers)).save(file, "PNG")
        return Shot(file.getvalue(), GOOD, frames)

    async def read_code(self, deadline_s: float) -> bytes | None:
        return None


class ReadyScanner(_Ready):
    """The finger that is asked for lies on the glass, and is lifted when it may be."""

    capture_class = "test"

    def __init__(self) -> None:
        super().__init__(Device.FINGERPRINT)

    async def wait_for_finger(self, deadline_s: float) -> bool:
        await asyncio.sleep(0.001)
        return True

    async def read_image(self, deadline_s: float) -> FingerImage:
        """Ridges half a millimetre apart, some touches clearer than others."""
        chance = np.random.default_rng(next(self._numbers))
        ridges = np.sin(np.arange(SIDE_PX) * 2 * np.pi / RIDGE_PX)[:, None] * np.ones(SIDE_PX)
        noise = chance.normal(size=ridges.shape) * chance.uniform(0, 2)
        return FingerImage(np.clip(128 + 100 * (ridges + noise), 0, 255).astype(np.uint8), DPI)

    async def match(self) -> int | None:
        return None

    async def keep(self, slot: int) -> None:
        pass

    async def wait_for_removal(self, deadline_s: float) -> bool:
        return True

    async def wipe(self) -> None:
        pass

    async def ring(self, colour: str) -> None:
        pass
