"""A serial QR scanner: one line per scan, raw bytes out.

USB scanners in "virtual COM" mode and RS-232 ones send the code's bytes and, as they are set up,
CR (the usual factory setting), LF, CR LF or nothing at the end. All four are taken. What the bytes
mean, and whether they are mojibake, is for the identity rules: they go out unchanged.

pyserial blocks, so it has one thread. A scanner can't be asked anything: it counts as ready while
its port is open, and the technician's test is a scan.
"""

from __future__ import annotations

import asyncio
import contextlib
import termios
import threading
from collections.abc import AsyncIterator, Callable

import serial

from controller.devices.opening import Door
from controller.devices.ports import DeviceStatus, Health, no_listener
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode

LONGEST_SCAN = 4096
"""Bytes. The largest QR code holds 2,953; more means noise on the line."""
IDLE_S = 0.15
"""A scan without line end is over after this much silence: 140 characters' time at 9600 baud."""
RETRY_S = 0.5
TEST_S = 10.0
UNREAD_SCANS = 32
"""Scans that wait for a reader; beyond that the oldest are dropped."""


class ScanLines:
    """Cuts a stream of bytes into scans. Pure: ``feed`` what came, ``idle`` when nothing came."""

    def __init__(self, longest: int = LONGEST_SCAN) -> None:
        self._longest = longest
        self._line = bytearray()
        self._oversize = False

    def feed(self, data: bytes) -> list[bytes]:
        """Scans that ended within ``data``; empty lines (the LF of CR LF) are none."""
        scans = []
        pieces = data.replace(b"\r", b"\n").split(b"\n")
        for number, piece in enumerate(pieces):
            self._line += piece
            if len(self._line) > self._longest:
                self._oversize = True
                self._line.clear()
            if number + 1 < len(pieces):
                scans += self.idle()
        return scans

    def idle(self) -> list[bytes]:
        """The scan that silence (or a line end) has ended: one, or none. Oversize is dropped."""
        scan = bytes(self._line)
        keep = bool(scan) and not self._oversize
        self._line.clear()
        self._oversize = False
        return [scan] if keep else []


class SerialScanner:
    """``DocumentScanner`` of ``controller.devices.ports``; ``port`` e.g. /dev/serial/by-id/…"""

    def __init__(self, port: str, baud: int = 9600) -> None:
        self.on_status: Callable[[DeviceStatus], None] = no_listener
        self._port = port
        self._baud = baud
        self._status = DeviceStatus(Device.SCANNER, Health.STARTING)
        self._scans: asyncio.Queue[bytes] = asyncio.Queue()
        self._test: asyncio.Future[int] | None = None
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def status(self) -> DeviceStatus:
        return self._status

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended.clear()
        self._thread = threading.Thread(target=self._work, name="scanner", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        self._ended.set()
        if self._thread:
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def scans(self) -> AsyncIterator[bytes]:
        while True:
            yield await self._scans.get()

    async def self_test(self) -> str:
        """Waits for a scan, which is then the test's and nobody else's."""
        if self._status.health is not Health.READY:
            raise DeviceFault(
                Device.SCANNER, self._status.fault or FaultCode.NOT_FOUND, self._status.detail
            )
        self._test = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(TEST_S):
                return f"{self._port}: scan of {await self._test} bytes received"
        except TimeoutError:
            raise DeviceFault(
                Device.SCANNER, FaultCode.NO_ANSWER, f"nothing scanned in {TEST_S:g} s"
            ) from None
        finally:
            self._test = None

    # ---- on the event loop -----------------------------------------------------------------

    def _took(self, scan: bytes) -> None:
        if self._test and not self._test.done():
            self._test.set_result(len(scan))
            return
        if self._scans.qsize() >= UNREAD_SCANS:
            self._scans.get_nowait()
        self._scans.put_nowait(scan)

    def _say(self, status: DeviceStatus) -> None:
        if status != self._status:
            self._status = status
            self.on_status(status)

    # ---- on the thread ---------------------------------------------------------------------

    def _work(self) -> None:
        door = Door(self._port)
        while not self._ended.is_set():
            try:
                line = serial.Serial(self._port, self._baud, timeout=IDLE_S, exclusive=True)
            except (OSError, termios.error) as error:  # SerialException is an OSError
                if told := door.refused(error):
                    self._tell(DeviceStatus(Device.SCANNER, Health.FAILED, *told))
                self._ended.wait(RETRY_S)
                continue
            door.opened()
            detail = f"{self._port} at {self._baud} baud"
            self._tell(DeviceStatus(Device.SCANNER, Health.READY, None, detail))
            try:
                with line:
                    self._read(line)
            except (OSError, termios.error) as error:
                lost = FaultCode.DISCONNECTED
                self._tell(DeviceStatus(Device.SCANNER, Health.FAILED, lost, str(error)))
                self._ended.wait(RETRY_S)

    def _read(self, line: serial.Serial) -> None:
        lines = ScanLines()
        while not self._ended.is_set():
            data = line.read(1)
            data += line.read(line.in_waiting) if data else b""
            for scan in lines.feed(data) if data else lines.idle():
                self._on_loop(self._took, scan)

    def _tell(self, status: DeviceStatus) -> None:
        self._on_loop(self._say, status)

    def _on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        assert self._loop is not None
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(call, *arguments)
