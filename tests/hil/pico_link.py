"""What the tests of the Pico share: a connected adapter, waiting for a condition, papers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import serial
from PIL import Image

from controller.devices.peripherals import PicoPeripherals, firmware_hash
from controller.devices.peripherals.adapter import CLIMATE_EVERY_S
from controller.devices.ports import Climate, DeviceStatus, Health, PicoEvent
from controller.papers.bitmap import Bitmap
from edge.journal.events import FaultCode
from firmware import wire
from tests.hil.rig import LiveRig
from tests.patience import CEILING_S

WIDTH_PX = 384
JOBS = itertools.count(random.SystemRandom().randrange(1, 90_000_000))
"""A bench's Pico remembers the last jobs in its flash: never the same number twice."""


async def until(condition: Callable[[], object], deadline_s: float = CEILING_S) -> None:
    """Return when ``condition`` holds; the test fails at the deadline."""
    end = time.monotonic() + deadline_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.005)


class Booth:
    """One station at the Pico: its adapter, what it was told, and the hand at the twin."""

    def __init__(self, rig: LiveRig, climate_every_s: float = CLIMATE_EVERY_S) -> None:
        self.pico = PicoPeripherals(
            rig.port("pico"),
            expected_firmware_hash=firmware_hash(),
            climate_every_s=climate_every_s,
        )
        self.pico.on_status = self._note
        self.pico.on_climate = self._felt
        self._hands = (
            {name: rig.hand(name) for name in ("pico", "printer") if rig.has_hand(name)}
            if not rig.lacks("hands")
            else {}
        )
        self.statuses: list[DeviceStatus] = []
        self.climates: list[Climate] = []
        self.events: list[PicoEvent] = []
        self.acknowledge = True
        self._listener: asyncio.Task[None] | None = None

    def _note(self, status: DeviceStatus) -> None:
        self.statuses.append(status)

    def _felt(self, climate: Climate, fault: FaultCode | None) -> None:
        self.climates.append(climate)

    async def do(self, op: str, **arguments: Any) -> dict[str, Any]:
        """Something a hand does at the Pico's twin."""
        return await asyncio.to_thread(self._hands["pico"].do, op, **arguments)

    async def do_at_printer(self, op: str, **arguments: Any) -> dict[str, Any]:
        return await asyncio.to_thread(self._hands["printer"].do, op, **arguments)

    def sees(self, light: str) -> Any:
        """What a person at the booth sees (or, of the buzzer, hears) now."""
        return self._hands["pico"].do("lights")[light]

    async def ready(self) -> None:
        await until(lambda: self.pico.status.health is Health.READY)

    async def printer_ready(self) -> None:
        await until(lambda: self.pico.printer_status.health is Health.READY)

    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]

    async def open(self) -> None:
        await self.pico.start()
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        if self._listener:
            self._listener.cancel()
        await self.pico.close()

    async def _listen(self) -> None:
        async for event in self.pico.events():
            self.events.append(event)
            if self.acknowledge:
                await self.pico.acknowledge(event)


@contextlib.asynccontextmanager
async def booth(
    rig: LiveRig, *, acknowledge: bool = True, climate_every_s: float = CLIMATE_EVERY_S
) -> AsyncIterator[Booth]:
    """A connected booth."""
    station = Booth(rig, climate_every_s)
    station.acknowledge = acknowledge
    await station.open()
    try:
        await station.ready()
        yield station
    finally:
        await station.close()


async def forget_the_past(rig: LiveRig) -> None:
    """Acknowledge what earlier tests left at the Pico."""
    async with booth(rig) as station:
        if not rig.lacks("pico", "hands"):
            await station.do("lid", open=False)
        await station.printer_ready()
        await station.pico.self_test()


class Raw:
    """The bare line: frames typed by hand, in a session of their own."""

    def __init__(self, port: serial.Serial) -> None:
        self.port = port
        self.seq = random.SystemRandom().randrange(1, wire.SESSION_MAX)

    def say(self, op: str, *arguments: int | str) -> list[int | str]:
        """The next command; gives its answer without the seq."""
        self.seq += 1
        return self.send([self.seq, op, *arguments])[1:]

    def send(self, message: list[int | str]) -> list[int | str]:
        """One frame as it is; gives its answer. Notices and noise before it are skipped."""
        self.port.write(wire.encode(message))
        while line := self.port.readline():
            with contextlib.suppress(ValueError):
                answer = wire.decode(line)
                if answer[0] == message[0]:
                    return answer
        raise AssertionError(f"no answer to {message}")


@contextlib.contextmanager
def bare_line(rig: LiveRig) -> Iterator[Raw]:
    with serial.Serial(rig.port("pico"), exclusive=True, timeout=CEILING_S) as port:
        yield Raw(port)


def paper(seed: int, height_px: int = 300) -> Bitmap:
    """A paper on which every row is unlike all others, so that none can be lost unnoticed."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (height_px, WIDTH_PX // 8), dtype=np.uint8)
    rows[:, ::3] = 0
    return Bitmap(WIDTH_PX, height_px, rows.tobytes())


def rows_of(bitmap: Bitmap) -> list[bytes]:
    stride = bitmap.width_px // 8
    return [bitmap.rows[at : at + stride] for at in range(0, len(bitmap.rows), stride)]


def rows_printed(path: str) -> list[bytes]:
    """The rows of a slip as the printer's twin rendered it, white rows at its end left off."""
    black = np.asarray(Image.open(path).convert("L")) < 128
    rows = [row.tobytes() for row in np.packbits(black, axis=1)]
    while rows and not any(rows[-1]):
        rows.pop()
    return rows
