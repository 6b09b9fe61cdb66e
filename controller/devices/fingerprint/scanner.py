"""The R503 at the station's fingerprint port: one worker thread, one line, reconnecting for ever.

All calls queue for the one worker, so that a light command can never meet a transfer (the R503
loses both). Waiting for a finger polls in separate short jobs: the light can change between them
and a cancelled wait ends at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from controller.devices.fingerprint.sensor import COLOURS, Sensor
from controller.devices.opening import AT_THE_DOOR, Door
from controller.devices.ports import DeviceStatus, FingerImage, Health, no_listener
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode

T = TypeVar("T")

COMMAND_S = 5.0
CONNECT_S = 3.0
RETRY_S = 0.3
IDLE_CHECK_S = 1.0
POLL_GAP_S = 0.01
"""Between two looks for a finger; the look itself takes the sensor some 25 ms."""


class R503Scanner:
    """``FingerprintScanner`` for R503-class sensors. ``port`` is a path, best by-id."""

    capture_class = "single-finger-192x192-508dpi-4bit"

    def __init__(self, port: str, *, baud: int = 115200) -> None:
        self.on_status: Callable[[DeviceStatus], None] = no_listener
        self._path = port
        self._baud = baud
        self._status = DeviceStatus(Device.FINGERPRINT, Health.STARTING)
        self._sensor: Sensor | None = None
        self._worker = ThreadPoolExecutor(1, "fingerprint")
        self._turn = asyncio.Lock()
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._spoken = 0.0
        self._door = Door(port)
        self._captured = False
        self._colour = "off"

    @property
    def status(self) -> DeviceStatus:
        return self._status

    async def start(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep_connected())

    async def close(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        self._worker.shutdown(wait=False)

    async def self_test(self) -> str:
        return await self._job(COMMAND_S, Sensor.report)

    # ---- the port --------------------------------------------------------------------------

    async def wait_for_finger(self, deadline_s: float) -> bool:
        self._captured = False
        self._captured = await self._poll_until(True, deadline_s)
        return self._captured

    async def read_image(self, deadline_s: float) -> FingerImage:
        self._need_finger()
        return await self._job(deadline_s, Sensor.image)

    async def match(self) -> int | None:
        self._need_finger()
        return await self._job(COMMAND_S, Sensor.match)

    async def keep(self, slot: int) -> None:
        self._need_finger()
        await self._job(COMMAND_S, lambda sensor: sensor.keep(slot))

    async def wait_for_removal(self, deadline_s: float) -> bool:
        self._captured = False
        return await self._poll_until(False, deadline_s)

    async def wipe(self) -> None:
        await self._job(COMMAND_S, Sensor.wipe)

    async def ring(self, colour: str) -> None:
        if colour not in COLOURS:
            raise ValueError(f"no such colour: {colour!r}")
        self._colour = colour
        await self._job(COMMAND_S, lambda sensor: sensor.ring(colour))

    async def _poll_until(self, present: bool, deadline_s: float) -> bool:
        """A look under way when the deadline passes is finished: whoever asks for a short time says
        nothing about the sensor, which answers as late as for any other command."""
        end = time.monotonic() + deadline_s
        while True:
            if await self._job(COMMAND_S, Sensor.capture) is present:
                return True
            if time.monotonic() >= end:
                return False
            await asyncio.sleep(POLL_GAP_S)

    def _need_finger(self) -> None:
        if self._sensor and not self._captured:
            raise DeviceFault(Device.FINGERPRINT, FaultCode.RESTARTED, "no image in the sensor")

    # ---- the worker ------------------------------------------------------------------------

    async def _job(self, seconds: float, work: Callable[[Sensor], T]) -> T:
        """Run ``work`` on the worker within ``seconds``. A sensor that fails is reported lost."""
        async with self._turn:
            sensor = self._sensor
            if sensor is None:
                code = self._status.fault or FaultCode.NOT_FOUND
                raise DeviceFault(Device.FINGERPRINT, code, "not ready")

            def bounded() -> T:
                with sensor.job(seconds):
                    return work(sensor)

            try:
                return await self._in_worker(bounded)
            except DeviceFault as error:
                if error.code is not FaultCode.REFUSED:
                    self._lose(error)
                raise
            except asyncio.CancelledError:
                sensor.interrupt()
                raise
            finally:
                self._spoken = time.monotonic()

    async def _in_worker(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _lose(self, error: DeviceFault) -> None:
        self._sensor = None
        self._captured = False
        self._report(Health.FAILED, error.code, error.detail)
        self._lost.set()

    async def _keep_connected(self) -> None:
        while True:
            sensor = Sensor(self._path, self._baud)
            try:
                detail = await self._in_worker(partial(self._connected, sensor))
                self._lost.clear()
                self._door.opened()
                self._sensor = sensor
                self._report(Health.READY, None, detail)
                await self._watch()
                pause_s = 0.0
            except DeviceFault as error:
                self._not_connected(error)
                pause_s = RETRY_S
            finally:
                self._sensor = None
                sensor.interrupt()
                await self._in_worker(sensor.close)
            await asyncio.sleep(pause_s)

    def _connected(self, sensor: Sensor) -> str:
        """On the worker: connect, show the colour it should have; returns its self-test."""
        sensor.connect(CONNECT_S)
        with sensor.job(COMMAND_S):
            sensor.ring(self._colour)
            return sensor.report()

    def _not_connected(self, error: DeviceFault) -> None:
        """What failed first is what the operator is told, unless the port itself does not open."""
        if (told := self._door.judged(error.code, error.detail)) is None:
            return
        code, detail = told
        if code in AT_THE_DOOR or self._status.fault in (None, *AT_THE_DOOR):
            self._report(Health.FAILED, code, detail)

    async def _watch(self) -> None:
        """Until the sensor is lost. An idle one is asked now and then, so that it is noticed."""
        while not self._lost.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_CHECK_S):
                    await self._lost.wait()
            if not self._lost.is_set() and time.monotonic() - self._spoken > IDLE_CHECK_S:
                with contextlib.suppress(DeviceFault):
                    await self._job(COMMAND_S, Sensor.alive)

    def _report(self, health: Health, fault: FaultCode | None, detail: str) -> None:
        status = DeviceStatus(Device.FINGERPRINT, health, fault, detail)
        same = (status.health, status.fault) == (self._status.health, self._status.fault)
        if not same:
            self._status = status
            self.on_status(status)
