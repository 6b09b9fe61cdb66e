"""``Peripherals`` over the Pico link: the rim between the pure machine and the station.

Everything runs on the station's event loop; only opening the port, which may block, has a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import termios
import time
from collections.abc import AsyncIterator, Callable, Coroutine

from controller.devices.opening import Door
from controller.devices.peripherals.climate import judged, told
from controller.devices.peripherals.link import (
    Command,
    CommandRefused,
    Down,
    Ended,
    Happened,
    Happening,
    Item,
    Link,
    LinkLost,
    Renewed,
    Up,
    Why,
)
from controller.devices.peripherals.port import SerialPort
from controller.devices.peripherals.printing import FAULTS, Jobs, print_job
from controller.devices.ports import (
    Climate,
    DeviceStatus,
    Health,
    Light,
    PicoEvent,
    PicoEventKind,
    Sound,
    no_listener,
)
from controller.fault import DeviceFault
from controller.papers import escpos
from controller.papers.bitmap import Bitmap
from edge.journal.events import Device, FaultCode
from firmware import wire

log = logging.getLogger(__name__)

REOPEN_EVERY_S = 0.1
CLIMATE_EVERY_S = 60.0
"""Air in a booth warms by a few degrees in a minute at most."""
ECHO_SIZES = (1, 63, 64, 65, 190)
"""Around the 64-byte packets of USB full speed."""

_LOST = {
    Why.UNPLUGGED: FaultCode.DISCONNECTED,
    Why.NO_ANSWER: FaultCode.NO_ANSWER,
    Why.RESTARTED: FaultCode.RESTARTED,
}
_PRINTER_EVENTS = ("paper_out", "paper_ok", "cover_open", "cover_closed")


class PicoPeripherals:
    """See ``Peripherals``. ``port`` is a path that stays, such as ``/dev/serial/by-id/...``.

    ``expected_firmware_hash``: another firmware makes the device FAILED, WRONG_FIRMWARE; None
    checks the contract's hash only.

    The climate is read after connecting and every ``climate_every_s``. It stands at the end of a
    READY status' ``detail``; ``climate_fault`` is OVERHEATED or LOW_VOLTAGE while it is bad (the
    device goes on working), and ``on_climate`` is called with both whenever they were read.
    """

    def __init__(
        self,
        port: str,
        *,
        expected_firmware_hash: str | None = None,
        climate_every_s: float = CLIMATE_EVERY_S,
    ) -> None:
        self.on_status: Callable[[DeviceStatus], None] = no_listener
        self.on_climate: Callable[[Climate, FaultCode | None], None] = _nobody
        self.on_firmware: Callable[[str], None] = _nobody_asks
        self.climate_fault: FaultCode | None = None
        self._climate_every_s = climate_every_s
        self._climate_due: asyncio.TimerHandle | None = None
        self._path = port
        self._door = Door(port)
        self._firmware_told = ""
        self._link = Link(expected_firmware_hash)
        self._jobs = Jobs()
        self._printing = asyncio.Lock()
        self._status = DeviceStatus(Device.PERIPHERALS, Health.STARTING)
        self._printer_status = DeviceStatus(Device.PRINTER, Health.STARTING)
        self._printer_state = "unknown"
        self._lid = ""
        self._answers: dict[Command, asyncio.Future[tuple[Item, ...]]] = {}
        self._events: list[PicoEvent] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._serial: SerialPort | None = None
        self._lost = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._worker: asyncio.Task[None] | None = None

    @property
    def status(self) -> DeviceStatus:
        return self._status

    @property
    def printer_status(self) -> DeviceStatus:
        return self._printer_status

    async def start(self) -> None:
        self._worker = asyncio.create_task(self._keep_open())

    async def close(self) -> None:
        if self._worker:
            self.on_status = no_listener
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None

    async def self_test(self) -> str:
        """Echoes of every awkward size, then the sensors: proves the whole way there and back."""
        began = time.monotonic()
        for size in ECHO_SIZES:
            text = ("0123456789" * 20)[:size]
            if await self._call("echo", text) != (text,):
                raise DeviceFault(Device.PERIPHERALS, FaultCode.BAD_DATA, f"echo of {size}")
        trip_ms = (time.monotonic() - began) * 1000 / len(ECHO_SIZES)
        climate = await self.climate()
        return (
            f"echo {trip_ms:.1f} ms, {told(climate)}, lid {self._lid}, "
            f"printer {self._printer_state}"
        )

    # ---- events ----------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[PicoEvent]:
        """Every event once per iteration, in order; a new iteration begins with those that are
        not acknowledged yet. Across iterations and reconnects (boot, no) identifies an event.
        """
        given: set[tuple[str, int]] = set()
        while True:
            async with self._changed:
                while all(_key(event) in given for event in self._events):
                    await self._changed.wait()
            fresh = [event for event in self._events if _key(event) not in given]
            given = {_key(event) for event in self._events}
            for event in fresh:
                yield event

    async def acknowledge(self, event: PicoEvent) -> None:
        self._events = [kept for kept in self._events if _key(kept) != _key(event)]
        self._link.acknowledge(event.boot, event.no)
        self._step()

    # ---- outputs and sensors ---------------------------------------------------------------

    async def show(self, light: Light) -> None:
        self._link.show(light.value)
        self._require_ready()
        self._step()

    async def play(self, sound: Sound) -> None:
        await self._call("play", sound.value)

    async def climate(self) -> Climate:
        """Read now. Raises DeviceFault."""
        centi_celsius, millivolt = await self._call("climate")
        climate = Climate(int(centi_celsius) / 100, int(millivolt) / 1000)
        self.climate_fault = judged(climate, self.climate_fault)
        if self._status.health is Health.READY:
            self._set_status(Health.READY, None, f"{self._firmware_told}; {told(climate)}")
        self.on_climate(climate, self.climate_fault)
        return climate

    async def _read_climate(self) -> None:
        """Read it, and again in a while. A link that is lost reads it when it comes up again."""
        with contextlib.suppress(DeviceFault):
            await self.climate()
            self._end_climate()
            loop = asyncio.get_running_loop()
            self._climate_due = loop.call_later(
                self._climate_every_s, self._in_background, self._read_climate
            )

    async def print(self, job: int, paper: Bitmap, key: bytes = b"") -> None:
        """See ``Peripherals``. Raises DeviceFault at once when the Pico is not there; losing it
        later only pauses the job. Raises DeviceFault of the printer, REFUSED, when the Pico cannot
        take the job as it is.
        """
        self._require_ready()
        chunks = escpos.commands(paper, wire.CHUNK_MAX)
        async with self._printing:
            try:
                await print_job(
                    job,
                    chunks,
                    escpos.digest(chunks, key),
                    jobs=self._jobs,
                    call=self._ask,
                    ready=self._printer_answers,
                )
            except CommandRefused as refused:
                raise DeviceFault(Device.PRINTER, FaultCode.REFUSED, str(refused)) from None

    async def half_printed(self) -> int:
        """See ``Peripherals``."""
        (job,) = await self._call("half_way")
        return int(job)

    async def _printer_answers(self) -> None:
        """Return when the link is up and the printer answers (even "paper out")."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: (
                    self._status.health is Health.READY
                    and self._printer_state not in ("unknown", "silent")
                )
            )

    # ---- commands --------------------------------------------------------------------------

    async def _call(self, op: str, *arguments: Item) -> tuple[Item, ...]:
        """One command for the station: every failure is a DeviceFault."""
        self._require_ready()
        try:
            return await self._ask(op, *arguments)
        except LinkLost:
            code = self._status.fault or FaultCode.DISCONNECTED
            raise DeviceFault(Device.PERIPHERALS, code, op) from None
        except CommandRefused as refused:
            raise DeviceFault(Device.PERIPHERALS, FaultCode.REFUSED, str(refused)) from None

    async def _ask(self, op: str, *arguments: Item) -> tuple[Item, ...]:
        command = Command(op, arguments)
        self._link.submit(command)
        answer: asyncio.Future[tuple[Item, ...]] = asyncio.get_running_loop().create_future()
        self._answers[command] = answer
        try:
            self._step()
            return await answer
        finally:
            self._answers.pop(command, None)

    def _require_ready(self) -> None:
        if self._status.health is not Health.READY:
            code = self._status.fault or FaultCode.NOT_FOUND
            raise DeviceFault(Device.PERIPHERALS, code, self._status.detail)

    # ---- the loop --------------------------------------------------------------------------

    async def _keep_open(self) -> None:
        try:
            while True:
                try:
                    self._lost.clear()
                    self._serial = await SerialPort.opened(self._path, self._step, self._lost.set)
                except (OSError, termios.error) as error:
                    self._not_opened(error)
                    await asyncio.sleep(REOPEN_EVERY_S)
                    continue
                self._door.opened()
                self._link.plugged(time.monotonic())
                self._step()
                await self._lost.wait()
                self._link.unplugged()
                self._step()
        finally:
            self._link.unplugged()
            self._step()
            if self._serial:
                self._serial.close()

    def _not_opened(self, error: Exception) -> None:
        told = self._door.refused(error)
        if told is not None and (self._status.health, self._status.fault) != (
            Health.FAILED,
            told[0],
        ):
            self._set_status(Health.FAILED, *told)

    def _step(self, data: bytes = b"") -> None:
        """Run the machine, send what it wants sent, and act on what came of it."""
        out, happenings = self._link.step(time.monotonic(), data)
        if self._serial:
            self._serial.write(out)
        for happening in happenings:
            self._handle(happening)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        wake_at = self._link.wake_at()
        if wake_at is not None:
            delay_s = max(0.0, wake_at - time.monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._step)

    def _handle(self, happening: Happening) -> None:
        match happening:
            case Ended(command):
                answer = self._answers.pop(command, None)
                if answer is None or answer.done():
                    return
                if command.error:
                    answer.set_exception(command.error)
                else:
                    answer.set_result(command.answer or ())
            case Happened(boot, no, kind, age_ms):
                self._events.append(PicoEvent(boot, no, PicoEventKind(kind), age_ms))
                if kind in _PRINTER_EVENTS:
                    self._link.renew()
                self._tell()
            case Renewed(printer, lid):
                self._lid = lid
                self._set_printer(printer)
            case Up():
                self._came_up(happening)
            case Down(why):
                self._end_climate()
                if why is not Why.UNPLUGGED or self._lost.is_set():
                    self._dump_trace(why)
                self._set_status(Health.FAILED, _LOST[why])
                self._set_printer("unknown")

    def _came_up(self, up: Up) -> None:
        self.on_firmware(up.firmware)
        detail = f"firmware {up.firmware}, boot {up.boot}, last reset: {up.cause}"
        if not up.ours:
            self._set_status(Health.FAILED, FaultCode.WRONG_FIRMWARE, detail)
            return
        if up.restarted and self._status.fault is not FaultCode.RESTARTED:
            self._set_status(Health.FAILED, FaultCode.RESTARTED, detail)
        self._firmware_told = detail
        self._set_status(Health.READY, None, detail)
        self._end_climate()
        self._in_background(self._read_climate)

    def _end_climate(self) -> None:
        if self._climate_due:
            self._climate_due.cancel()
            self._climate_due = None

    def _dump_trace(self, why: Why) -> None:
        log.warning("link to the Pico lost: %s; last frames:", why.name.lower())
        for line in self._link.trace:
            log.warning("  %s", line)

    # ---- telling ---------------------------------------------------------------------------

    def _set_status(self, health: Health, fault: FaultCode | None, detail: str = "") -> None:
        status = DeviceStatus(Device.PERIPHERALS, health, fault, detail)
        if status != self._status:
            self._status = status
            self.on_status(status)
            self._tell()

    def _set_printer(self, state: str) -> None:
        self._printer_state = state
        fault = FAULTS.get(state)
        if state == "unknown" and self._status.health is Health.FAILED:
            fault = FaultCode.DISCONNECTED
        health = Health.READY if state == "ok" else Health.FAILED if fault else Health.STARTING
        status = DeviceStatus(Device.PRINTER, health, fault)
        if status != self._printer_status:
            self._printer_status = status
            self.on_status(status)
        self._tell()

    def _tell(self) -> None:
        self._in_background(self._notify)

    def _in_background(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        task = asyncio.create_task(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _nobody(climate: Climate, fault: FaultCode | None) -> None:
    """Default of ``on_climate``."""


def _nobody_asks(firmware: str) -> None:
    """Default of ``on_firmware``."""


def _key(event: PicoEvent) -> tuple[str, int]:
    return event.boot, event.no
