"""The sensor's serial line: a pty whose bytes come no faster than the baud rate lets them.

The other end finds it under a fixed path, as udev would give it. Ten bits a byte, in both
directions; what the host sends at another rate than the sensor's is noise and is dropped, as it
would be on the wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path

_RATE_OF = {getattr(termios, f"B{rate}"): rate for rate in (9600, 19200, 38400, 57600, 115200)}
_SLICE_S = 0.004
"""Bytes leave in slices of this much wire time."""
_NOT_WORTH_A_SLEEP_S = 0.001
_GIVE_UP_S = 0.5
"""Nobody reads: a UART would lose the bytes."""


class Line:
    def __init__(self, path: Path, speed: float, on_bytes: Callable[[bytes], None]) -> None:
        self._path = path
        self._speed = speed
        self._on_bytes = on_bytes
        self._due = 0.0
        self._master = self._slave = -1

    @property
    def is_open(self) -> bool:
        return self._master >= 0

    def open(self) -> None:
        """Plug in: the path appears."""
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        asyncio.get_running_loop().add_reader(self._master, self._readable)
        plugged = self._path.with_name(self._path.name + ".new")
        plugged.unlink(missing_ok=True)
        plugged.symlink_to(os.ttyname(self._slave))
        plugged.replace(self._path)

    def close(self) -> None:
        """Unplug: the path goes, whoever has it open gets a hang-up."""
        self._path.unlink(missing_ok=True)
        if self.is_open:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = -1

    def host_baud(self) -> int:
        """The rate the host has set on its end."""
        return _RATE_OF.get(termios.tcgetattr(self._master)[5], 0)

    def start_clock(self) -> None:
        """An exchange begins now; ``pass_time`` counts on from here."""
        self._due = time.monotonic()

    async def pass_time(self, seconds: float) -> None:
        """Let ``seconds`` of the sensor's time go by. What one sleep overshoots the next makes
        good, so that a transfer of many slices takes as long as on the wire."""
        self._due += seconds / self._speed
        wait = self._due - time.monotonic()
        if wait > _NOT_WORTH_A_SLEEP_S:
            await asyncio.sleep(wait)

    async def send(
        self, data: bytes, baud: float, still_wanted: Callable[[], bool] = lambda: True
    ) -> None:
        """Send ``data`` at ``baud``; stop when ``still_wanted()`` turns false."""
        step = max(64, int(baud / 10 * self._speed * _SLICE_S))
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            await self.pass_time(len(piece) * 10 / baud)
            if not still_wanted():
                return
            await self._write(piece)

    async def _write(self, piece: bytes) -> None:
        give_up = time.monotonic() + _GIVE_UP_S
        while piece and self.is_open and time.monotonic() < give_up:
            try:
                piece = piece[os.write(self._master, piece) :]
            except BlockingIOError:
                await asyncio.sleep(0.001)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._on_bytes(os.read(self._master, 4096))
