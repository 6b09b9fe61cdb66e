"""The printer twin's serial line: a pty whose slave is linked at a path, paced like a UART."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import termios
import tty
from pathlib import Path

CHUNK_BYTES = 64
"""Read in small pieces: what was not read yet stays on the sender's side of the pty."""


class Line:
    """``read`` waits for bytes at the line's pace; ``write`` is for single status bytes.

    ``unplug`` hangs the sender up (EIO) and removes the link; ``plug_in`` makes a new pty under
    the same path.
    """

    def __init__(self, path: Path, *, bytes_per_s: float) -> None:
        self.path = path
        self._byte_s = 1.0 / bytes_per_s
        self._debt_s = 0.0
        self._master = self._slave = -1
        self._plugged = asyncio.Event()
        self._wake = asyncio.Event()
        self.plug_in()

    def plug_in(self) -> None:
        if self._plugged.is_set():
            return
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_name(self.path.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        os.replace(fresh, self.path)
        self._plugged.set()

    def unplug(self) -> None:
        if not self._plugged.is_set():
            return
        self._plugged.clear()
        self.path.unlink(missing_ok=True)
        asyncio.get_running_loop().remove_reader(self._master)
        self._wake.set()
        os.close(self._master)
        os.close(self._slave)

    def drop_input(self) -> None:
        """What the sender wrote and nobody read is lost."""
        if self._plugged.is_set():
            termios.tcflush(self._master, termios.TCIOFLUSH)
            with contextlib.suppress(BlockingIOError):
                while os.read(self._master, 4096):
                    pass

    async def read(self, limit: int) -> bytes:
        """One to ``limit`` bytes, after the time they take on the wire."""
        while True:
            await self._plugged.wait()
            try:
                data = os.read(self._master, min(limit, CHUNK_BYTES))
            except BlockingIOError:
                await self._readable()
                continue
            await self._pace(len(data))
            return data

    def write(self, data: bytes) -> None:
        """Nobody listens or nobody reads: the bytes are lost, as on a wire."""
        if self._plugged.is_set():
            with contextlib.suppress(BlockingIOError):
                os.write(self._master, data)

    async def _readable(self) -> None:
        """Until the master has bytes, or the plug is pulled."""
        loop, master = asyncio.get_running_loop(), self._master
        self._wake.clear()
        loop.add_reader(master, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            loop.remove_reader(master)

    async def _pace(self, count: int) -> None:
        """Short times add up, since a sleep of less than 2 ms is none."""
        self._debt_s += count * self._byte_s
        if self._debt_s >= 0.002:
            due = self._debt_s
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(due)
            self._debt_s = due - (asyncio.get_running_loop().time() - began)
