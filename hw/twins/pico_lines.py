"""The Pico twin's lines: the USB cable, which can hurt, the UART to the printer's pty, and the
board's wires; and who has the port open, as a USB device knows it by DTR.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import random
import socket
import struct
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any

_IN_OPEN = 0x20
_IN_CLOSE = 0x08 | 0x10
_EVENT = struct.Struct("iIII")


class Line:
    """What the cable does to the bytes of either direction."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.heal()

    def heal(self) -> None:
        self.silent = False
        self.corrupt = self.loss = self.duplicate = 0

    def carry(self, data: bytes) -> bytes:
        """``data`` after the faults; percentages count per piece that arrived at once."""
        if self.silent or self._hit(self.loss):
            return b""
        if self._hit(self.corrupt):
            place = self._random.randrange(len(data))
            data = data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :]
        return data * 2 if self._hit(self.duplicate) else data

    def _hit(self, percent: int) -> bool:
        return percent > 0 and self._random.randrange(100) < percent


class Openings:
    """Tells when the first program opens ``path`` and when the last one has closed it, whoever it
    is (inotify(7)); those who have it open already do not count.
    """

    def __init__(self, path: str, tell: Callable[[bool], None]) -> None:
        self._tell = tell
        self._count = 0
        self._loop = asyncio.get_running_loop()
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        watched = libc.inotify_add_watch(self._events, path.encode(), _IN_OPEN | _IN_CLOSE)
        if self._events < 0 or watched < 0:
            raise OSError(ctypes.get_errno(), "inotify: the port's openings cannot be seen")
        self._loop.add_reader(self._events, self._happened)

    def _happened(self) -> None:
        data = os.read(self._events, 4096)
        at = 0
        while at < len(data):
            _, what, _, size = _EVENT.unpack_from(data, at)
            at += _EVENT.size + size
            self._count += bool(what & _IN_OPEN) - bool(what & _IN_CLOSE)
        self._tell(self._count > 0)

    def close(self) -> None:
        self._loop.remove_reader(self._events)
        os.close(self._events)


class PrinterCable:
    """Joins the firmware's UART to the printer twin's pty. No printer: bytes go nowhere."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._printer: int | None = None
        self._pico: socket.socket | None = None
        self._pending = b""
        self._loop = asyncio.get_running_loop()

    def plug(self) -> int:
        """A new UART for a starting interpreter; what the old one had sent is still delivered."""
        if self._pico:
            self._loop.remove_reader(self._pico)
            while data := received(self._pico):
                self._pending += data
            self._pico.close()
        self._pico, inside = socket.socketpair()
        self._pico.setblocking(False)
        inside.setblocking(False)
        self._pico.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        inside.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        self._loop.add_reader(self._pico, self._from_pico)
        if self._pending:
            self._deliver()
        return inside.detach()

    async def keep_connected(self) -> None:
        while self._path:
            if self._printer is None:
                with contextlib.suppress(OSError):
                    self._printer = os.open(self._path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
                    tty.setraw(self._printer)
                    self._loop.add_reader(self._printer, self._from_printer)
            await asyncio.sleep(0.1)

    def _from_pico(self) -> None:
        assert self._pico
        data = received(self._pico)
        if data == b"":
            self._loop.remove_reader(self._pico)
        elif data and self._printer is not None:
            self._pending += data
            self._deliver()

    def _deliver(self) -> None:
        """Write what the printer takes; while it takes nothing, nothing is read from the Pico."""
        if self._printer is None:
            self._pending = b""
            return
        try:
            self._pending = self._pending[os.write(self._printer, self._pending) :]
        except BlockingIOError:
            pass
        except OSError:
            self._unplugged()
        if self._pending and self._printer is not None:
            if self._pico:
                self._loop.remove_reader(self._pico)
            self._loop.add_writer(self._printer, self._deliver)
        else:
            if self._printer is not None:
                self._loop.remove_writer(self._printer)
            if self._pico:
                self._loop.add_reader(self._pico, self._from_pico)

    def _from_printer(self) -> None:
        assert self._printer is not None
        try:
            data = os.read(self._printer, 4096)
        except OSError:
            data = b""
        if not data:
            self._unplugged()
        elif self._pico:
            with contextlib.suppress(OSError):
                self._pico.send(data)

    def _unplugged(self) -> None:
        if self._printer is not None:
            self._loop.remove_reader(self._printer)
            self._loop.remove_writer(self._printer)
            os.close(self._printer)
            self._printer = None
        self._pending = b""


class Signals:
    """JSON lines to and from an interpreter's board (``micropython/board.py``), whose end is
    ``inside``. A chip that is busy takes its signals later, and every one whole.
    """

    def __init__(self, happened: Callable[[dict[str, Any]], None]) -> None:
        self._happened = happened
        self._loop = asyncio.get_running_loop()
        self._end, self.inside = socket.socketpair()
        self._end.setblocking(False)
        self._unsent = b""
        self._part = b""
        self._open = True
        self._loop.add_reader(self._end, self.take_in)

    def send(self, signal: dict[str, Any]) -> None:
        self._unsent += json.dumps(signal).encode() + b"\n"
        self._send()

    def _send(self) -> None:
        try:
            while self._unsent:
                self._unsent = self._unsent[self._end.send(self._unsent) :]
            self._loop.remove_writer(self._end)
        except BlockingIOError:
            self._loop.add_writer(self._end, self._send)
        except OSError:  # the interpreter has ended; the twin's watch starts it anew
            self._loop.remove_writer(self._end)

    def take_in(self) -> None:
        """Tell what has arrived; a reset leaves nothing of what would come after it."""
        while self._open and (data := received(self._end)) is not None:
            if data == b"":
                self._loop.remove_reader(self._end)
                return
            *lines, self._part = (self._part + data).split(b"\n")
            for line in lines:
                if self._open:
                    self._happened(json.loads(line))

    def close(self) -> None:
        self._open = False
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        self._end.close()


def received(end: socket.socket) -> bytes | None:
    """What has arrived: None for nothing yet, b"" when the other end is gone.

    An interpreter killed with input unread makes the first read fail; what it sent comes after.
    """
    for _ in range(2):
        try:
            return end.recv(65536)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            continue
    return b""
