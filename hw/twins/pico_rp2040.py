"""Twin of the Pico on an emulated RP2040: the unchanged firmware on MicroPython's rp2 port.

``python -m hw.twins.pico_rp2040 --port PATH --control SOCK --printer PATH``: the face of
``pico.py`` (board and side channel: ``pico_board.py``), the chip of ``hw/twins/rp2040`` at the
wall's pace. What a hand does is timed by the chip's own clock, so that a press is as long as it
should be on a busy machine, too; a machine that cannot keep up makes the chip slow, never wrong.
The flash is kept in ``fs.bin`` of its folder, a littlefs that first holds the firmware's sources.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import socket
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hw.twins.booth import die_with_parent
from hw.twins.pico_board import Cause, Options, PicoBoard, run
from hw.twins.pico_lines import received
from hw.twins.rp2040 import chip, flash, parts

LINE_MAX = 1 << 24
"""An answer may hold the file system, 1.4 MB in base64."""
BOOT_S = 20.0
"""A firmware that says nothing for so long says nothing at all."""
REASONS: dict[Cause, int] = {"power": 0, "watchdog": 1, "forced": 2}
"""WATCHDOG.REASON (RP2040 datasheet 4.7.6)."""


class EmulatedPico(PicoBoard):
    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._saved = options.flash / "fs.bin"
        self._node: asyncio.subprocess.Process | None = None
        self._answers: deque[asyncio.Future[dict[str, Any]]] = deque()
        self._told: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count()
        self._uart: socket.socket | None = None
        self._to_printer = b""
        self._cts = False
        self._disconnected = False
        self._usb_up = asyncio.Event()
        self._speaks = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    # ---- node ------------------------------------------------------------------------------

    async def _start(self) -> None:
        told = chip.Options(
            erase_ms=self.options.erase_ms,
            program_ms=self.options.program_ms,
            uart_speed=self.options.speed,
            seed=self.options.seed,
        ).told()
        self._node = await asyncio.create_subprocess_exec(
            parts.node(),
            str(parts.SERVE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=parts.environment(),
            preexec_fn=die_with_parent,
            limit=LINE_MAX,
        )
        self._reader = asyncio.create_task(self._read())
        await self._ask(parts.setup(self._filesystem(), flash.OFFSET, options=told))
        for pin, level in self.levels.items():
            self.set_level(pin, level)
        for pin, value in self.analog.items():
            self.set_analog(pin, value)
        self._tell({"op": "pace", "speed": 1})

    def _filesystem(self) -> bytes:
        if self._saved.exists():
            return self._saved.read_bytes()
        return flash.littlefs_of(parts.firmware_files(self.options.firmware))

    def _tell(self, request: dict[str, Any]) -> asyncio.Future[dict[str, Any]]:
        answer: asyncio.Future[dict[str, Any]] = self.loop.create_future()
        if self._node and self._node.stdin:
            self._answers.append(answer)
            self._node.stdin.write(json.dumps(request).encode() + b"\n")
        return answer

    async def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self._tell(request)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def _do(self, deed: dict[str, Any], after_ms: float = 0) -> None:
        self._tell({"op": "do", "deed": deed, "after": after_ms})

    async def _read(self) -> None:
        assert self._node
        assert self._node.stdout
        while line := await self._node.stdout.readline():
            message = json.loads(line)
            for event in message.get("events", ()):
                self._happened(event)
            if "ok" in message or "error" in message:
                self._answers.popleft().set_result(message)
        raise SystemExit("the emulator ended")

    # ---- the chip --------------------------------------------------------------------------

    async def power_up(self, cause: Cause = "power") -> None:
        if self._node is None:
            await self._start()
        self._plug_cable()
        self.dark()
        self.boots += 1
        self._usb_up.clear()
        self._speaks.clear()
        self._do({"power": True, "reason": REASONS[cause]})
        await self._usb_up.wait()

    async def power_down(self) -> None:
        """Off; what is in its flash is kept for the next start of this twin."""
        self.unplug()
        self._do({"power": False})
        files = await self._ask({"op": "files"})
        await asyncio.to_thread(_write, self._saved, base64.b64decode(files["files"]))

    async def watch(self) -> None:
        assert self._reader
        await asyncio.shield(self._reader)  # it is needed to the end, for what the flash holds

    def receive(self, data: bytes) -> None:
        self._do({"usb": base64.b64encode(data).decode()})

    def set_level(self, pin: int, level: int) -> None:
        self.levels[pin] = level
        self._do({"pin": pin, "level": level})

    def set_analog(self, pin: int, value: int) -> None:
        self.analog[pin] = value
        self._do({"pin": pin, "analog": value})

    def hang(self, stopped: bool) -> None:
        self._do({"stuck": stopped})

    def set_flash(self, erase_ms: float, program_ms: float) -> None:
        super().set_flash(erase_ms, program_ms)
        self._do({"flash": {"eraseMs": erase_ms, "programMs": program_ms}})

    async def wait_ms(self, ms: float) -> None:
        number = next(self._numbers)
        self._told[number] = self.loop.create_future()
        self._do({"tell": number}, ms)
        await self._told[number]

    async def play(self, pin: int, steps: Sequence[tuple[int, float]]) -> None:
        # The port is there long before the firmware, and only that sees what a hand does.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._speaks.wait(), BOOT_S)
        at = 0.0
        for level, ms in steps:
            self._do({"pin": pin, "level": level}, at)
            self.levels[pin] = level
            at += ms
        await self.wait_ms(at)

    async def settle(self) -> None:
        await self._ask({"op": "state"})

    def plug(self) -> None:
        """The port is there once the chip's USB is up and nobody holds the cable's plug."""
        self._disconnected = False
        if self._usb_up.is_set():
            super().plug()

    def disconnect(self) -> None:
        self._disconnected = True
        self.unplug()

    # ---- what it says ----------------------------------------------------------------------

    def _happened(self, event: dict[str, Any]) -> None:
        if "usb" in event:
            self._speaks.set()
            self.to_host(base64.b64decode(event["usb"]))
        elif "uart" in event:
            self._to_printer += base64.b64decode(event["uart"])
            self._drain()
        elif "usb_up" in event:
            self._usb_up.set()
            if not self._disconnected:
                self.plug()
        elif "told" in event:
            self._told.pop(event["told"]).set_result(None)
        elif event.get("reset", "power") != "power":
            self._usb_up.clear()
            self.unplug()
            self.boots += 1
            self._plug_cable()
        else:
            self.show(event)

    def _plug_cable(self) -> None:
        if self._uart:
            self.loop.remove_reader(self._uart)
            self.loop.remove_writer(self._uart)
            self._uart.close()
        self._uart = socket.socket(fileno=self.cable.plug())
        self._uart.setblocking(False)
        self.loop.add_reader(self._uart, self._from_printer)
        self._to_printer = b""
        self._hold(False)

    def _hold(self, cts: bool) -> None:
        if cts != self._cts:
            self._cts = cts
            self._do({"cts": cts})

    def _drain(self) -> None:
        """What the printer does not take waits here, and holds the chip's line."""
        assert self._uart
        with contextlib.suppress(BlockingIOError):
            while self._to_printer:
                self._to_printer = self._to_printer[self._uart.send(self._to_printer) :]
        self._hold(bool(self._to_printer))
        if self._to_printer:
            self.loop.add_writer(self._uart, self._drain)
        else:
            self.loop.remove_writer(self._uart)

    def _from_printer(self) -> None:
        assert self._uart
        data = received(self._uart)
        if data:
            self._do({"uart": base64.b64encode(data).decode()})
        elif data == b"":
            self.loop.remove_reader(self._uart)


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.rename(path)


if __name__ == "__main__":
    run(EmulatedPico, "Twin of the Pico on an emulated RP2040")
