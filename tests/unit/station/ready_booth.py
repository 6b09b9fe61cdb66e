"""A booth whose camera and fingerprint scanner are always ready and answer at once: for tests of
timing. Every portrait and every finger image differs from the one before, so that a file shows
whose it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from controller import commands as c
from controller.devices.ports import (
    Adapter,
    DeviceStatus,
    FingerImage,
    Health,
    Preview,
    Shot,
    no_listener,
)
from controller.dossier.state import Dossier, Stage
from controller.portrait.judged import Assessment
from controller.rules import captures_complete
from controller.stages.fingers.stage import finger_name
from controller.stages.portrait.stage import portrait_name
from controller.station.devices import Devices
from controller.station.station import Station
from edge.journal import events as e
from edge.journal.events import Device
from hw.twins.control import Hand
from tests.hil.floor import Floor
from tests.hil.premises import HANH, TOAN, TWO_FINGERS, Keyring, configuration

GOOD = Assessment(checks=(), quality=90)
SIDE_PX = 96
DPI = 508
RIDGE_PX = 10


class Ready:
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


class ReadyCamera(Ready):
    """Somebody sits before it, and every check passes."""

    def __init__(self, side_px: int = 8) -> None:
        super().__init__(Device.CAMERA)
        self._side_px = side_px

    async def preview(self) -> Preview:
        await asyncio.sleep(0)
        return Preview(b"", GOOD)

    async def burst(self, frames: int, *, forced: bool = False) -> Shot:
        await asyncio.sleep(0.001)
        chance = np.random.default_rng(next(self._numbers))
        noise = chance.integers(0, 256, (self._side_px, self._side_px, 3)).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(noise).save(file, "PNG")
        return Shot(file.getvalue(), GOOD, frames)

    async def read_code(self, deadline_s: float) -> bytes | None:
        return None


class ReadyScanner(Ready):
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


_folders = itertools.count()


@asynccontextmanager
async def booth(
    keyring: Keyring,
    folder: Path,
    policy: str = TWO_FINGERS,
    portrait_px: int = 8,
    others: Sequence[Adapter] = (),
) -> AsyncIterator[Floor]:
    """A booth whose operator has signed in; its camera, its scanner and ``others`` are ready."""
    data = folder / f"booth-{next(_folders)}"
    keyring.furnish(data, [HANH, TOAN])
    devices = Devices(None, ReadyScanner(), ReadyCamera(portrait_px), None, others=others)
    station = Station(configuration(data, {}, 1.0, policy), devices)
    await station.start()
    try:
        floor = Floor(station, _no_hands)
        await floor.admit(keyring.keys)
        yield floor
    finally:
        await station.stop()
        shutil.rmtree(data)


def _no_hands(twin: str) -> Hand:
    raise AssertionError(f"there is no twin {twin}")


async def identified(floor: Floor, row: Mapping[str, str] = HANH, desk: int = 1) -> Dossier:
    """Somebody who may go to camera and scanner."""
    opened = await floor.do(c.OpenDossier(desk))
    await floor.do(c.EnterPerson(opened.dossier, number=row["number"]))
    return floor.station.core.state.dossiers[opened.dossier]


async def complete(floor: Floor, dossier: Dossier) -> None:
    policy = floor.station.core.policy.capture
    await floor.until(lambda: captures_complete(dossier, policy), "every capture")


async def sealed(floor: Floor, dossier: Dossier) -> None:
    """Confirmed, and sealed from the very files that the journal names."""
    await floor.do(c.Confirm(dossier.id, e.ConfirmedBy.BUTTON))
    await floor.until(lambda: dossier.stage is Stage.SEALED, "the packet")
    assert floor.count(e.ConfirmationUndone) == 0, "who has confirmed may leave"


def misfits(floor: Floor, dossier: Dossier) -> list[str]:
    """Artefacts whose file is not the one that the journal names."""
    named = {
        finger_name(position, finger.best_try): finger.best_sealed
        for position, finger in dossier.fingers.items()
        if finger.captured
    }
    if dossier.portrait:
        named[portrait_name(dossier.portrait_no)] = dossier.portrait.sealed
    folder = floor.station.core.data / "vault" / dossier.id
    return [
        name
        for name, digest in named.items()
        if hashlib.sha256((folder / f"{name}.age").read_bytes()).hexdigest() != digest
    ]
