"""The serial port of the Pico on the event loop, reopened for ever by its path; and one that waits,
for the installer.

pyserial opens and configures the port (exclusively, 8N1; the rate means nothing on USB). Reading
and writing go straight to the non-blocking descriptor: a lost frame is repeated anyway. Everything
that ends a port (unplugged: end of file, EIO; a hang-up of the pty) closes it once, and a reader
left on a dead descriptor, which would fire for ever, is taken off first.
"""

from __future__ import annotations

import asyncio
import os
import termios
import time
from collections.abc import Callable

import serial

READ_MAX = 4096
BACK_S = 20.0
"""For a port to come back after a reset of the Pico: its start, the bus, udev; on a busy
machine."""
AGAIN_S = 0.1


class SerialPort:
    """One opening of the port. ``on_data`` gets what comes, ``on_lost`` is called once."""

    def __init__(
        self, port: serial.Serial, on_data: Callable[[bytes], None], on_lost: Callable[[], None]
    ) -> None:
        self._port = port
        self._fd = port.fileno()
        self._on_data = on_data
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._loop.add_reader(self._fd, self._read)

    @classmethod
    async def opened(
        cls, path: str, on_data: Callable[[bytes], None], on_lost: Callable[[], None]
    ) -> SerialPort:
        """Open ``path``. OSError (serial.SerialException) when it is missing or taken."""
        port = await asyncio.to_thread(serial.Serial, path, exclusive=True, timeout=0)
        os.set_blocking(port.fileno(), False)
        return cls(port, on_data, on_lost)

    def write(self, data: bytes) -> None:
        """Send what the kernel takes; what it does not take is as good as lost on the way."""
        if not (self._open and data):
            return
        try:
            os.write(self._fd, data)
        except BlockingIOError:
            pass
        except OSError:
            self._lose()

    def close(self) -> None:
        if self._open:
            self._open = False
            self._loop.remove_reader(self._fd)
            self._port.close()

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_data(data)
        else:
            self._lose()

    def _lose(self) -> None:
        self.close()
        self._on_lost()


class WaitingPort:
    """The port at ``path`` for a program that has nothing else to do. Everything raises OSError."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._port = _opened(path)

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def read(self, within_s: float) -> bytes:
        """What came, as soon as anything did; empty after ``within_s``."""
        self._port.timeout = within_s
        try:
            first: bytes = self._port.read(1)
            return first + self._port.read(self._port.in_waiting) if first else b""
        except termios.error as error:  # unplugged in between
            raise OSError(*error.args) from None

    def reopen(self) -> None:
        """Wait for the port to come back, and open it."""
        self.close()
        end = time.monotonic() + BACK_S
        while True:
            time.sleep(AGAIN_S)  # it goes first, and is still there for some ms
            try:
                self._port = _opened(self._path)
                return
            except OSError:
                if time.monotonic() > end:
                    raise

    def close(self) -> None:
        self._port.close()


def _opened(path: str) -> serial.Serial:
    try:
        return serial.Serial(path, exclusive=True, write_timeout=BACK_S)
    except termios.error as error:
        raise OSError(*error.args) from None
