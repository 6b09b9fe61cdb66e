"""The station's side of the camera: starts the worker, gives it deadlines, kills and replaces it.

States: STARTING → READY ⇄ FAILED. A worker ends by itself when its source fails; it is killed
(by its own pid) when it lets a deadline pass. Either way a new one is started, after a pause that
grows from ``FIRST_PAUSE_S`` to ``LONGEST_PAUSE_S`` while workers don't last, for ever.
Nobody is before the camera most of the day, so an idle worker is asked for a frame every
``WATCH_S``: a dead camera is known before the next person sits down.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import msgspec

from controller.devices.camera.framing import PREFIX, Reply, Request, lengths, pack
from controller.devices.ports import DeviceStatus, Health, Preview, Shot, no_listener
from controller.fault import DeviceFault
from controller.portrait.judged import Assessment
from controller.portrait.limits import PortraitLimits
from edge.journal.events import Device, FaultCode
from ground.decode import Malformed, from_json

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
SETTLED_S = 5.0
"""A worker that was ready for so long is replaced without a pause."""
START_DEADLINE_S = 15.0
"""Imports and libcamera's start from a cold SD card, and the first frame."""
LONGEST_START_S = 120.0
"""A worker that did not come so far leaves twice its time to the next one, up to this: on a machine
that is too slow or too busy for the first, the camera comes late, not never."""
WATCH_S = 2.0
BURST_FRAME_S = 0.5
"""Added to a burst's deadline for each frame."""

Answer = tuple[Reply, bytes]
_reply = from_json(Reply)


class WorkerCamera:
    """``Camera`` of ``controller.devices.ports``; ``source`` is ``picamera2:`` or ``twin:PATH``."""

    def __init__(
        self,
        source: str,
        limits: PortraitLimits,
        *,
        deadline_s: float = 5.0,
        start_deadline_s: float = START_DEADLINE_S,
    ) -> None:
        self.on_status: Callable[[DeviceStatus], None] = no_listener
        self._source = source
        self._limits = limits
        self._deadline_s = deadline_s
        self._start_deadline_s = start_deadline_s
        self._status = DeviceStatus(Device.CAMERA, Health.STARTING)
        self._process: asyncio.subprocess.Process | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._turn = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._number = 0
        self._last_answer = 0.0
        self._ready_at = 0.0
        self._killed_for: DeviceFault | None = None
        self._tasks: list[asyncio.Task[None]] = []

    # ---- what every device has -------------------------------------------------------------

    @property
    def status(self) -> DeviceStatus:
        return self._status

    @property
    def worker_pid(self) -> int | None:
        """For the technician page; None while there is no worker."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_worker()), asyncio.create_task(self._watch())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def self_test(self) -> str:
        began = time.monotonic()
        reply, _ = await self._ask("alive")
        return f"{reply.detail}: frame in {1000 * (time.monotonic() - began):.0f} ms"

    # ---- the camera ------------------------------------------------------------------------

    async def preview(self) -> Preview:
        reply, jpeg = await self._ask("preview")
        return Preview(jpeg, _assessment(reply))

    async def burst(self, frames: int, *, forced: bool = False) -> Shot:
        if frames < 1:
            raise ValueError("a burst has at least one frame")
        reply, png = await self._ask("burst", frames=frames, forced=forced)
        return Shot(png if reply.found else None, _assessment(reply), frames, reply.software_s)

    async def read_code(self, deadline_s: float) -> bytes | None:
        """One frame a request, so that a preview can be asked for in between."""
        until = time.monotonic() + deadline_s
        while True:
            reply, content = await self._ask("code")
            if reply.found:
                return content
            if time.monotonic() >= until:
                return None

    # ---- one request at a time -------------------------------------------------------------

    async def _ask(self, op: Any, *, frames: int = 1, forced: bool = False) -> Answer:
        async with self._turn:
            if self._status.health is not Health.READY or self._writer is None:
                raise _fault(
                    self._status.fault or FaultCode.NO_ANSWER,
                    self._status.detail or "camera is starting",
                )
            self._number += 1
            number = self._number
            answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            self._waiting[number] = answer
            deadline_s = self._deadline_s + (frames - 1) * BURST_FRAME_S
            try:
                self._writer.write(pack(Request(number, op, frames, forced)))
                async with asyncio.timeout(deadline_s):
                    return await answer
            except TimeoutError:
                fault = _fault(FaultCode.HUNG, f"no answer to {op} in {deadline_s:g} s")
                self._kill(fault)
                raise fault from None
            finally:
                # An answer to a cancelled caller is dropped by its number.
                self._waiting.pop(number, None)

    def _kill(self, fault: DeviceFault) -> None:
        self._killed_for = fault
        self._say(Health.FAILED, fault)
        if self._process and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGKILL)

    # ---- the worker's life -----------------------------------------------------------------

    async def _keep_worker(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            self._ready_at = 0.0
            self._killed_for = None
            try:
                await self._one_worker()
            except OSError as error:  # no memory, no processes left: try again as with any fault
                self._say(Health.FAILED, _fault(FaultCode.RESTARTED, str(error.strerror)))
            lived = self._ready_at and time.monotonic() - self._ready_at > SETTLED_S
            pause_s = FIRST_PAUSE_S if lived else min(2 * pause_s, LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _one_worker(self) -> None:
        """From start to end of one worker."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # what lies in the folder from which it is started is none of its modules
                "-m",
                "controller.devices.camera.worker",
                f"--source={self._source}",
                f"--fd={theirs.fileno()}",
                f"--limits={msgspec.json.encode(self._limits).decode()}",
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            )
            theirs.close()
            self._process = process
            try:
                reader, self._writer = await asyncio.open_connection(sock=ours)
                fault = await self._listen(reader)
                self._say(Health.FAILED, fault)
                for answer in self._waiting.values():
                    if not answer.done():
                        answer.set_exception(fault)
            finally:
                if self._writer:
                    self._writer.close()
                    self._writer = None
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                await process.wait()
                self._process = None

    async def _listen(self, reader: asyncio.StreamReader) -> DeviceFault:
        """Take the worker's messages until there are no more; says why."""
        try:
            async with asyncio.timeout(self._start_deadline_s):
                fault = self._take(await _receive(reader))
            while fault is None:
                fault = self._take(await _receive(reader))
            return fault
        except TimeoutError:
            self._start_deadline_s = min(2 * self._start_deadline_s, LONGEST_START_S)
            return _fault(FaultCode.HUNG, "the camera gives no picture")
        except (OSError, EOFError, ValueError, Malformed) as error:
            ended = _fault(FaultCode.RESTARTED, f"camera worker ended ({type(error).__name__})")
            return self._killed_for or ended

    def _take(self, message: Answer) -> DeviceFault | None:
        """Hand the worker's message to who waits for it; a fault is its last message."""
        reply, blob = message
        if reply.fault is not None:
            return _fault(reply.fault, reply.detail)
        self._last_answer = time.monotonic()
        if reply.number == 0:
            self._ready_at = self._last_answer
            self._status = DeviceStatus(Device.CAMERA, Health.READY, None, reply.detail)
            self.on_status(self._status)
        elif (answer := self._waiting.get(reply.number)) and not answer.done():
            answer.set_result((reply, blob))
        return None

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_S / 2)
            idle = time.monotonic() - self._last_answer > WATCH_S and not self._turn.locked()
            if idle and self._status.health is Health.READY:
                with contextlib.suppress(DeviceFault):  # the status has been told
                    await self._ask("alive")

    def _say(self, health: Health, fault: DeviceFault) -> None:
        status = DeviceStatus(Device.CAMERA, health, fault.code, fault.detail)
        if status != self._status:
            self._status = status
            self.on_status(status)


def _fault(code: FaultCode, detail: str) -> DeviceFault:
    return DeviceFault(Device.CAMERA, code, detail)


async def _receive(reader: asyncio.StreamReader) -> Answer:
    """EOFError (IncompleteReadError) when the worker is gone."""
    head, blob = lengths(await reader.readexactly(PREFIX.size))
    reply = _reply(await reader.readexactly(head))
    return reply, await reader.readexactly(blob)


def _assessment(reply: Reply) -> Assessment:
    if reply.assessment is None:
        raise _fault(FaultCode.BAD_DATA, "answer without assessment")
    return reply.assessment
