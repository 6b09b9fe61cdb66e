"""Twin of the Pico: the real firmware on a real MicroPython (unix port), its USB port a pty.

``python -m hw.twins.pico --port PATH --control SOCK --printer PATH``. The interpreter's stdin and
stdout are joined to the pty; what the rp2 port has and the unix port lacks comes from
``micropython/`` (``machine.py`` says what is played and what is not), wired to this process, which
plays the rest: the watchdog, timers, the port's ring with its interrupt character, resets. A reset
takes the pty away and brings a new one, as USB does; a soft reset keeps it. Board and side channel:
``pico_board.py``.

The flash is a littlefs in ``fs.bin`` of its folder. Like a technician this twin puts the firmware's
files there when they are not those that it put there last.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hw.twins.pico_board import Cause, Options, PicoBoard, run
from hw.twins.pico_install import find_micropython, to_install
from hw.twins.pico_lines import Signals, received

STAND_INS = Path(__file__).resolve().parent / "micropython"
REASONS: dict[Cause, int] = {"power": 0, "watchdog": 1, "forced": 2}
"""WATCHDOG.REASON (RP2040 datasheet 4.7.6)."""
RING_BYTES = 512
"""What the firmware has not read yet (ports/rp2/mphalport.c, MICROPY_HW_STDIN_BUFFER_LEN)."""
WAITING_BYTES = 256 + 64
"""Behind it: TinyUSB's FIFO and a packet; the host keeps the rest."""
BOUNCE_MS = 5.0
BOOT_S = 2.0
"""A program that says nothing for so long says nothing at all."""


class Pico(PicoBoard):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._process: subprocess.Popen[bytes] | None = None
        self._stdio: socket.socket | None = None
        self._stdio_inside: socket.socket | None = None
        self._board: Signals | None = None
        self._reason: Cause = "power"
        self._born_us = 0
        self._scratch = [0] * 8
        self._watchdog_ms: int | None = None
        self._watchdog_on = False
        self._fed = 0.0
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._cut = 0
        self._cts = False
        self._interrupt_char = -1
        self._interrupting = False
        self._input = b""
        self._retry: asyncio.TimerHandle | None = None
        self._printed = b""
        self._speaks = asyncio.Event()
        self._seen = asyncio.Event()
        self._seen.set()
        self._unseen = 0

    # ---- the chip --------------------------------------------------------------------------

    async def power_up(self, cause: Cause = "power") -> None:
        self._reset(cause)

    async def power_down(self) -> None:
        self._off()

    def _reset(self, cause: Cause) -> None:
        """A chip that starts: only the watchdog's scratch survives, and not a loss of power."""
        self._off()
        self._reason = cause
        if cause == "power":
            self._scratch = [0] * 8
        self._born_us = time.monotonic_ns() // 1000 - self.ticks_ms * 1000
        self._watchdog_on = False
        self._stdio, self._stdio_inside = socket.socketpair()
        self._stdio.setblocking(False)
        self.loop.add_reader(self._stdio, self._from_firmware)
        self._input = b""
        self.dark()
        self.boots += 1
        self._speaks.clear()
        self._start(friendly=True, install=to_install(self.options))
        self.plug()

    def _off(self) -> None:
        self.unplug()
        self._end()
        if self._stdio and self._stdio_inside:
            self.loop.remove_reader(self._stdio)
            self._stdio.close()
            self._stdio_inside.close()
        self._stdio = self._stdio_inside = None

    def _start(self, *, friendly: bool, install: tuple[str, str] | None = None) -> None:
        """The interpreter, after a reset of either kind."""
        assert self._stdio_inside
        uart_inside = self.cable.plug()
        self._interrupting = False
        self._interrupt_char = -1
        state = {
            "levels": self.levels,
            "analog": self.analog,
            "reason": REASONS[self._reason],
            "scratch": self._scratch,
            "watchdog": self._watchdog_on,
            "speed": self.options.speed,
            "born_us": self._born_us,
            "flash": str(self.options.flash.resolve() / "fs.bin"),
            "install": install,
            "friendly": friendly,
            "cts": self._cts,
            **self._flash_state(),
        }
        self._board = Signals(self._signal)
        self._board.send(state)
        board_inside = self._board.inside
        self._process = subprocess.Popen(
            [find_micropython(), str(STAND_INS / "start.py")],
            cwd=self.options.flash,
            env={
                "MICROPYPATH": f"{STAND_INS}:.frozen",
                "TWIN_BOARD_FD": str(board_inside.fileno()),
                "TWIN_UART_FD": str(uart_inside),
            },
            stdin=self._stdio_inside.fileno(),
            stdout=self._stdio_inside.fileno(),
            pass_fds=(board_inside.fileno(), uart_inside),
        )
        os.close(uart_inside)
        board_inside.close()
        if self.full:
            self._set(full=True)

    def _end(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._unseen = 0
        self._seen.set()
        if self._process:
            self._process.kill()
            self._process.wait()
        if self._stdio:
            self._from_firmware()
        if self._board:
            self._board.close()
        self._board = self._process = None

    async def watch(self) -> None:
        """The watchdog; and a twin whose interpreter ended is broken, which is said aloud."""
        while True:
            await asyncio.sleep(0.05)
            hungry_ms = (self.loop.time() - self._fed) * 1000
            if self._process and self._process.poll() is not None:
                self._from_board()
                print("the interpreter ended:", self._process.returncode, file=sys.stderr)
                self._reset("power")
            elif self._watchdog_on and self._watchdog_ms and hungry_ms > self._watchdog_ms:
                self._reset("watchdog")

    async def wait_ms(self, ms: float) -> None:
        """From when the chip has seen the last level, however long a busy machine took for it."""
        await self._all_seen()
        await asyncio.sleep(ms / 1000)

    async def _all_seen(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._seen.wait(), BOOT_S)

    async def play(self, pin: int, steps: Sequence[tuple[int, float]]) -> None:
        """The port is there before the firmware, and only that sees what a hand does. Bounces
        follow each other at once: a busy machine would make presses of them.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._speaks.wait(), BOOT_S)
        for level, ms in steps:
            self.set_level(pin, level)
            if ms > BOUNCE_MS:
                await self.wait_ms(ms)

    def hang(self, stopped: bool) -> None:
        if self._process:
            self._process.send_signal(signal.SIGSTOP if stopped else signal.SIGCONT)

    def set_level(self, pin: int, level: int) -> None:
        self.levels[pin] = level
        self._set(pin=pin, level=level)

    def set_analog(self, pin: int, value: int) -> None:
        self.analog[pin] = value
        self._set(pin=pin, analog=value)

    def set_flash(self, erase_ms: float, program_ms: float) -> None:
        super().set_flash(erase_ms, program_ms)
        self._set(**self._flash_state())

    def cut_in_flash(self, operations: int) -> None:
        self._cut = operations
        self._set(**self._flash_state())
        self._cut = 0

    def hold_printer(self, holds: bool) -> None:
        self._cts = holds
        self._set(cts=holds)

    def _flash_state(self) -> dict[str, int]:
        return {
            "erase_us": round(self.options.erase_ms * 1000),
            "program_us": round(self.options.program_ms * 1000),
            "cut": self._cut,
        }

    def set_full(self, full: bool) -> None:
        super().set_full(full)
        self._set(full=full)

    async def settle(self) -> None:
        await self._all_seen()
        self._from_board()

    # ---- bytes -----------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        self._from_board()  # by now it may have said whether 0x03 interrupts
        self._input += data
        self._feed()

    def _feed(self) -> None:
        """Fill the firmware's ring. The interrupt character empties it, when there is room for it
        to be seen (``tud_cdc_rx_cb``); what follows waits until the interrupt has happened.
        """
        if self._retry:
            self._retry.cancel()
            self._retry = None
        while self._input and self._stdio and not self._interrupting:
            room = RING_BYTES - self._unread()
            if room <= 0:
                self._retry = self.loop.call_later(0.001, self._feed)
                break
            at = self._input.find(self._interrupt_char) if self._interrupt_char >= 0 else -1
            if at == 0:
                self._input = self._input[1:]
                self._interrupt()
            else:
                piece = self._input[: min(room, at if at > 0 else room)]
                try:
                    self._input = self._input[self._stdio.send(piece) :]
                except BlockingIOError:  # the kernel holds fewer bytes the smaller the pieces were
                    self._retry = self.loop.call_later(0.001, self._feed)
                    break
        self.listen(len(self._input) < WAITING_BYTES)

    def _unread(self) -> int:
        assert self._stdio_inside
        answer = fcntl.ioctl(self._stdio_inside.fileno(), termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(answer, sys.byteorder)

    def _interrupt(self) -> None:
        assert self._stdio_inside
        with contextlib.suppress(BlockingIOError):
            while self._stdio_inside.recv(RING_BYTES, socket.MSG_DONTWAIT):
                pass
        self._interrupting = True
        self._set(interrupt=1)

    def _from_firmware(self) -> None:
        """What it printed: ``\\n`` becomes ``\\r\\n`` but where it is marked as raw."""
        assert self._stdio
        data = received(self._stdio)
        if data == b"":
            self.loop.remove_reader(self._stdio)
        elif data:
            self._speaks.set()
            data = self._printed + data
            cut = len(data) - (data.endswith(b"\0") and data.count(b"\0") % 2)
            self._printed, data = data[cut:], data[:cut]
            self.to_host(_MARKED.sub(_unmarked, data))

    def _from_board(self) -> None:
        if self._board:
            self._board.take_in()

    def _signal(self, signal: dict[str, Any]) -> None:
        for known in self._ANSWERS.keys() & signal.keys():
            self._ANSWERS[known](self, **signal)
            return
        self.show(signal)

    def _set(self, **signal: Any) -> None:
        if self._board:
            self._unseen += 1
            self._seen.clear()
            self._board.send(signal)

    # ---- what the chip wants -----------------------------------------------------------------

    def _start_watchdog(self, watchdog_ms: int) -> None:
        self._watchdog_ms = watchdog_ms
        self._watchdog_on = True
        self._feed_watchdog(1)

    def _switch_watchdog(self, watchdog_on: bool) -> None:
        self._watchdog_on = watchdog_on

    def _feed_watchdog(self, fed: int) -> None:
        self._fed = self.loop.time()

    def _see(self, seen: int) -> None:
        self._unseen -= seen
        if self._unseen <= 0:
            self._seen.set()

    def _keep_scratch(self, scratch: list[int]) -> None:
        self._scratch = scratch

    def _set_interrupt_char(self, interrupt_char: int) -> None:
        self._interrupt_char = interrupt_char

    def _interrupted(self, interrupted: int) -> None:
        self._interrupting = False
        self._feed()

    def _time(self, timer: int, ms: float | None, periodic: int = 0) -> None:
        if running := self._timers.pop(timer, None):
            running.cancel()
        if ms is not None:
            due = self.loop.time() + ms / 1000
            self._timers[timer] = self.loop.call_at(due, self._timed, timer, due, ms, periodic)

    def _timed(self, timer: int, due: float, ms: float, periodic: int) -> None:
        del self._timers[timer]
        self._set(timer=timer)
        if periodic:
            due += ms / 1000
            self._timers[timer] = self.loop.call_at(due, self._timed, timer, due, ms, periodic)

    def _reset_wanted(self, reset: str, friendly: bool = True) -> None:
        if reset == "soft":
            self._end()
            self._start(friendly=friendly)
        elif reset == "cut":
            self._off()
            self._watchdog_on = False
        else:
            self._reset("forced")

    _ANSWERS: ClassVar[dict[str, Callable[..., None]]] = {
        "watchdog_ms": _start_watchdog,
        "watchdog_on": _switch_watchdog,
        "fed": _feed_watchdog,
        "seen": _see,
        "scratch": _keep_scratch,
        "interrupt_char": _set_interrupt_char,
        "interrupted": _interrupted,
        "timer": _time,
        "reset": _reset_wanted,
    }


_MARKED = re.compile(rb"\0[\0\n]|\n")


def _unmarked(found: re.Match[bytes]) -> bytes:
    return b"\r\n" if found[0] == b"\n" else found[0][1:]


if __name__ == "__main__":
    run(Pico, "Twin of the Pico")
