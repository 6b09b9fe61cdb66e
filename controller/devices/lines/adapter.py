"""``Lines`` of ``controller.devices.ports``: keeps the board open on a thread of its own.

Edges wake the thread at once; between them it reads every level a few times a second, so that an
edge that was lost (a daemon that was away, a queue that ran over) costs a moment and not the news.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from controller.devices.lines import board
from controller.devices.lines.judging import Judge, Line, Wiring
from controller.devices.opening import Door
from controller.devices.ports import DeviceStatus, Health, Power, Press, no_listener
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode

READ_EVERY_S = 0.25
RETRY_S = 1.0
MOST_EDGES = 200
JOIN_S = 5.0
"""More than the libraries wait for any answer."""
_FAULTS = {Power.BATTERY: FaultCode.ON_BATTERY, Power.LOW: FaultCode.LOW_VOLTAGE}

_Wish = Future[None]
"""Somebody wants the Pico reset."""


class GpioLines:
    """``place`` as in ``devices.lines`` of the configuration; a ``source`` takes its place."""

    def __init__(
        self, place: str, wiring: Wiring, *, source: Callable[[str], board.Source] = board.source
    ) -> None:
        self.on_status: Callable[[DeviceStatus], None] = no_listener
        self.on_power: Callable[[Power], None] = _nobody
        self.on_press: Callable[[Press], None] = _nobody
        self._source = source(place)
        self._wiring = wiring
        self._power = Power.MAINS
        self._status = DeviceStatus(Device.POWER, Health.STARTING)
        self._woken: queue.Queue[tuple[float, Line, bool] | _Wish | None] = queue.Queue()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def status(self) -> DeviceStatus:
        return self._status

    @property
    def power(self) -> Power:
        return self._power

    @property
    def can_reset_pico(self) -> bool:
        return self._wiring.pico_run is not None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended.clear()
        self._thread = threading.Thread(target=self._work, name="lines", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        self._ended.set()
        self._woken.put(None)
        if self._thread:
            await asyncio.to_thread(self._thread.join, JOIN_S)
            self._thread = None

    async def self_test(self) -> str:
        """Nothing can be driven here: what is read now, for the technician to compare."""
        if not self._open:
            raise self._fault()
        return self._status.detail

    async def reset_pico(self) -> None:
        """See ``Lines``."""
        if not (self.can_reset_pico and self._open):
            raise self._fault()
        wish: _Wish = Future()
        self._woken.put(wish)
        await asyncio.wrap_future(wish)

    @property
    def _open(self) -> bool:
        """The lines can be read, whatever they say."""
        return self._status.health is Health.READY or self._status.fault in _FAULTS.values()

    def _fault(self) -> DeviceFault:
        code = self._status.fault or FaultCode.NOT_FOUND
        return DeviceFault(Device.POWER, code, self._status.detail)

    # ---- on the event loop -----------------------------------------------------------------

    def _say(self, status: DeviceStatus) -> None:
        if status != self._status:
            self._status = status
            self.on_status(status)

    def _read(self, power: Power, detail: str) -> None:
        fault = _FAULTS.get(power)
        health = Health.READY if fault is None else Health.FAILED
        self._say(DeviceStatus(Device.POWER, health, fault, detail))
        if power is not self._power:
            self._power = power
            self.on_power(power)

    def _pressed(self, press: Press) -> None:
        self.on_press(press)

    # ---- on the thread ---------------------------------------------------------------------

    def _work(self) -> None:
        door = Door(self._source.name)
        while not self._ended.is_set():
            try:
                opened = board.Board(self._source, self._wiring, self._heard)
                door.opened()
                try:
                    self._watch(opened)
                finally:
                    opened.close()
            except board.Refused as refused:
                if told := door.judged(refused.fault, f"{self._source.name}: {refused}"):
                    self._on_loop(self._say, DeviceStatus(Device.POWER, Health.FAILED, *told))
                self._refuse_wishes(refused)
                self._ended.wait(RETRY_S)

    def _heard(self, line: Line, active: bool) -> None:
        """On a thread of the library. A line that hums is read often enough without its edges."""
        if self._woken.qsize() < MOST_EDGES:
            self._woken.put((time.monotonic(), line, active))

    def _watch(self, opened: board.Board) -> None:
        """Until the end, or until the board is lost: then it raises Refused."""
        judge, told = Judge(), None
        while not self._ended.is_set():
            now_s = time.monotonic()
            self._judge(judge, now_s, opened.levels())
            if judge.power is not told:
                told = judge.power
                self._on_loop(self._read, told, f"{self._source.name}: {told.value}")
            due_s = min(now_s + READ_EVERY_S, judge.due_s() or math.inf)
            # What has happened comes before what is, or a press between two readings is lost.
            while woken := self._next(due_s):
                if isinstance(woken, Future):
                    self._reset(opened, woken)
                else:
                    at_s, line, active = woken
                    self._judge(judge, max(now_s, at_s), {line: active})
                due_s = 0.0

    def _next(self, until_s: float) -> tuple[float, Line, bool] | _Wish | None:
        """What came next; None when nothing has by ``until_s``, or it is the end."""
        try:
            return self._woken.get(timeout=max(0.0, until_s - time.monotonic()))
        except queue.Empty:
            return None

    def _judge(self, judge: Judge, now_s: float, levels: Mapping[Line, bool]) -> None:
        for press in judge.see_all(now_s, levels):
            self._on_loop(self._pressed, press)

    def _reset(self, opened: board.Board, wish: _Wish) -> None:
        if not wish.set_running_or_notify_cancel():
            return
        try:
            opened.pulse_run()
        except board.Refused as refused:
            wish.set_exception(DeviceFault(Device.POWER, refused.fault, str(refused)))
            raise
        wish.set_result(None)

    def _refuse_wishes(self, refused: board.Refused) -> None:
        """Nothing that was asked of a board that is gone is done to the next one."""
        with contextlib.suppress(queue.Empty):
            while True:
                woken = self._woken.get_nowait()
                if isinstance(woken, Future) and woken.set_running_or_notify_cancel():
                    fault = DeviceFault(Device.POWER, refused.fault, str(refused))
                    woken.set_exception(fault)

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(call, *arguments)


def _nobody(news: object) -> None:
    """Default of ``on_power`` and ``on_press``."""
