"""Twin of the Pico: the real firmware on a real MicroPython (unix port), its USB port a pty.

``python -m hw.twins.pico --port PATH --control SOCK --printer PATH``. The firmware's stdin and
stdout are joined to the pty; ``machine`` is replaced by ``micropython/machine.py``, wired to this
process, which also plays the watchdog: it ends and restarts the interpreter when it is not fed. A
reset takes the pty away and brings a new one, as USB does. The printer's UART is joined to the
printer twin's pty. Board and side channel: ``pico_board.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

from hw.twins.pico_board import ROOT, Cause, Options, PicoBoard, run
from hw.twins.pico_lines import received

STAND_INS = Path(__file__).resolve().parent / "micropython"


def find_micropython() -> str:
    """The interpreter: TRAM_MICROPYTHON, else .cache/bin/micropython of the repo, else PATH."""
    cached = ROOT / ".cache" / "bin" / "micropython"
    found = os.environ.get("TRAM_MICROPYTHON") or (
        str(cached) if cached.exists() else shutil.which("micropython")
    )
    if not found:
        raise SystemExit("no MicroPython found: run setup/micropython first")
    return found


class Pico(PicoBoard):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._stdio: socket.socket | None = None
        self._board: socket.socket | None = None
        self._board_part = b""
        self._watchdog_ms: int | None = None
        self._fed = 0.0

    # ---- the chip --------------------------------------------------------------------------

    async def power_up(self, cause: Cause = "power") -> None:
        self._start(cause)
        self.plug()

    def _start(self, cause: Cause) -> None:
        board, board_inside = socket.socketpair()
        stdio, stdio_inside = socket.socketpair()
        uart_inside = self.cable.plug()
        state = {
            "levels": self.levels,
            "analog": self.analog,
            "watchdog_reset": cause != "power",
            "speed": self.options.speed,
        }
        board.sendall(json.dumps(state).encode() + b"\n")
        self.dark()
        self._process = subprocess.Popen(
            [find_micropython(), str(STAND_INS / "start.py"), self.options.program],
            cwd=self.options.flash,
            env={
                "MICROPYPATH": f"{STAND_INS}:{self.options.firmware}:.frozen",
                "TWIN_BOARD_FD": str(board_inside.fileno()),
                "TWIN_UART_FD": str(uart_inside),
            },
            stdin=stdio_inside.fileno(),
            stdout=stdio_inside.fileno(),
            pass_fds=(board_inside.fileno(), uart_inside),
        )
        os.close(uart_inside)
        board_inside.close()
        stdio_inside.close()
        board.setblocking(False)
        stdio.setblocking(False)
        self._board, self._stdio, self._board_part = board, stdio, b""
        self._watchdog_ms = None
        self.loop.add_reader(board, self._from_board)
        self.loop.add_reader(stdio, self._from_firmware)
        self.boots += 1

    async def power_down(self) -> None:
        self.unplug()
        for end in (self._board, self._stdio):
            if end:
                self.loop.remove_reader(end)
        if self._process:
            self._process.kill()
            self._process.wait()
        for end in (self._board, self._stdio):
            if end:
                end.close()
        self._board = self._stdio = self._process = None

    async def watch(self) -> None:
        """The watchdog and, as on the Pico, a new start when the program ends."""
        while True:
            await asyncio.sleep(0.05)
            hungry = self._watchdog_ms and (self.loop.time() - self._fed) * 1000
            if self._process and self._process.poll() is not None:
                await self.power_down()
                await self.power_up()
            elif hungry and self._watchdog_ms and hungry > self._watchdog_ms:
                await self.power_down()
                await self.power_up("watchdog")

    async def wait_ms(self, ms: float) -> None:
        await asyncio.sleep(ms / 1000)

    def hang(self, stopped: bool) -> None:
        if self._process:
            self._process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    def receive(self, data: bytes) -> None:
        if self._stdio:
            with contextlib.suppress(OSError):
                self._stdio.send(data)

    def set_level(self, pin: int, level: int) -> None:
        self.levels[pin] = level
        self._set(pin=pin, level=level)

    def set_analog(self, pin: int, value: int) -> None:
        self.analog[pin] = value
        self._set(pin=pin, analog=value)

    async def settle(self) -> None:
        if self._board:
            self._from_board()

    # ---- bytes -----------------------------------------------------------------------------

    def _from_firmware(self) -> None:
        assert self._stdio
        data = received(self._stdio)
        if data == b"":
            self.loop.remove_reader(self._stdio)
        elif data:
            self.to_host(data)

    def _from_board(self) -> None:
        assert self._board
        data = received(self._board)
        if data == b"":
            self.loop.remove_reader(self._board)
        if not data:
            return
        *lines, self._board_part = (self._board_part + data).split(b"\n")
        for line in lines:
            self._signal(json.loads(line))

    def _signal(self, signal: dict[str, Any]) -> None:
        if "watchdog_ms" in signal:
            self._watchdog_ms = signal["watchdog_ms"]
            self._fed = self.loop.time()
        elif "fed" in signal:
            self._fed = self.loop.time()
        else:
            self.show(signal)

    def _set(self, **signal: int) -> None:
        if self._board:
            with contextlib.suppress(OSError):
                self._board.send(json.dumps(signal).encode() + b"\n")


if __name__ == "__main__":
    run(Pico, "Twin of the Pico")
