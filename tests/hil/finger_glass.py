"""What the tests of the fingerprint scanner share: the connected scanner, touching it, failing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from controller.devices.fingerprint import R503Scanner
from controller.devices.ports import DeviceStatus, FingerprintScanner, Health
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from hw.bench.hand import Doing
from tests.hil.rig import LiveRig
from tests.patience import CEILING_S

WAIT_S = 10.0
"""Far longer than anything here takes; a wait that ends by it has failed."""


def lifted_hand(rig: LiveRig) -> Doing:
    """The hand at the sensor, off the glass."""
    hand = rig.hand("fingerprint")
    hand.do("lift")
    return hand


class Seen:
    """The scanner with all statuses it reported."""

    def __init__(self, port: str) -> None:
        self.scanner: FingerprintScanner = R503Scanner(port)
        self.history: list[DeviceStatus] = []
        self._changed = asyncio.Event()
        self.scanner.on_status = self._note

    def _note(self, status: DeviceStatus) -> None:
        self.history.append(status)
        self._changed.set()

    async def until(self, health: Health) -> DeviceStatus:
        """The status once it is ``health``, be it now or later."""
        async with asyncio.timeout(CEILING_S):
            while self.scanner.status.health is not health:
                self._changed.clear()
                await self._changed.wait()
        return self.scanner.status


@contextlib.asynccontextmanager
async def connected(rig: LiveRig) -> AsyncIterator[Seen]:
    """The scanner, ready, its memory empty."""
    seen = Seen(rig.port("fingerprint"))
    await seen.scanner.start()
    try:
        await seen.until(Health.READY)
        await seen.scanner.wipe()
        yield seen
    finally:
        await seen.scanner.close()


async def touched(scanner: FingerprintScanner, hand: Doing, **finger: Any) -> None:
    hand.do("put", **{"person": 1, "position": "right_index", **finger})
    assert await scanner.wait_for_finger(WAIT_S)


async def transfer_begun(hand: Doing) -> None:
    async with asyncio.timeout(CEILING_S):
        while not hand.do("state")["transferring"]:  # noqa: ASYNC110  (another process knows)
            await asyncio.sleep(0.001)


async def failing(code: FaultCode, call: Callable[[], Any]) -> None:
    """``call`` ends with ``code``."""
    with pytest.raises(DeviceFault) as caught:
        async with asyncio.timeout(CEILING_S):
            await call()
    assert caught.value.code is code, caught.value
