"""A 58 mm receipt printer: ESC/POS bytes in over a pty, PNG slips out.

``python -m hw.twins.printer --port PATH --out DIR --control SOCK --speed X``. It behaves as the
small serial kiosk printers do (203 dpi, 115200 baud, 80 mm/s): a finite input buffer that stops
reading when full, real-time status even when off-line, and no progress while paper is out or the
cover open. ``GS r`` is answered in order, so its answer means "all before it is printed".

Side channel (see ``control.py``): ``paper state=out|in``, ``cover state=open|closed``, ``state``,
``wait`` (any figure of ``state`` with ``timeout_s``: numbers "at least", the rest "equal"),
``tear`` (path of the last slip), ``power_cycle`` (the buffer is lost, the paper stays),
``fault kind=silence|corrupt|hang|slow|disconnect count=N``, ``heal``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hw.twins import control
from hw.twins.printer_escpos import (
    Command,
    Cut,
    Feed,
    Initialise,
    Parser,
    Raster,
    RealTime,
    TransmitStatus,
)
from hw.twins.printer_line import Line
from hw.twins.printer_paper import Roll

DOTS_PER_MM = 8
CUT_S = 0.3
CUTTER_ROWS = 12 * DOTS_PER_MM
"""The cutter sits about 12 mm past the head: a feeding cut moves the paper that far."""
SLOW_FACTOR = 10.0
WAIT_S = 50.0
"""How long ``wait`` waits unless told; less than a hand waits for an answer."""
FAULTS = ("silence", "corrupt", "hang", "slow", "disconnect")


class Printer:
    def __init__(
        self, line: Line, roll: Roll, *, speed: float, mm_per_s: float, buffer_bytes: int
    ) -> None:
        self.line = line
        self.roll = roll
        self._row_s = 1.0 / (mm_per_s * DOTS_PER_MM * speed)
        self._cut_s = CUT_S / speed
        self._buffer_bytes = buffer_bytes
        self._buffer = bytearray()
        self._parser = Parser()
        self._real_time = RealTime()
        self._lost_unknown = 0
        self._received = 0
        self._paper = True
        self._cover_closed = True
        self._fault: str | None = None
        self._fault_left = 0
        self._power = 0
        self._debt_s = 0.0
        self._changed = asyncio.Condition()

    # ---- what the head and the motor do ----------------------------------------------------

    @property
    def offline(self) -> bool:
        return not (self._paper and self._cover_closed)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._receive())
            group.create_task(self._print())

    async def _receive(self) -> None:
        while True:
            await self._until(
                lambda: len(self._buffer) < self._buffer_bytes and self._fault != "hang"
            )
            data = await self.line.read(self._buffer_bytes - len(self._buffer))
            self._received += len(data)
            for n in self._real_time.feed(data):
                self._answer(self._real_time_status(n))
            self._buffer += data
            await self._tell()

    async def _print(self) -> None:
        while True:
            await self._until(
                lambda: bool(self._buffer) and not self.offline and self._fault != "hang"
            )
            power = self._power
            if command := self._parser.take(self._buffer):
                await self._execute(command, power)
            await self._tell()

    async def _execute(self, command: Command, power: int) -> None:
        match command:
            case Raster(width, data):
                for at in range(0, len(data), width):
                    await self._row(data[at : at + width], power)
            case Feed(rows):
                for _ in range(rows):
                    await self._row(b"", power)
            case Cut(feeds):
                await self._spend(self._cut_s + CUTTER_ROWS * self._row_s * feeds)
                await self._ready()
                if power == self._power:
                    self.roll.cut()
            case TransmitStatus(n):
                await self._ready()
                if power == self._power:
                    self._answer(self._status_in_order(n))
            case Initialise():
                pass

    async def _row(self, row: bytes, power: int) -> None:
        await self._ready()
        await self._spend(self._row_s)
        if power == self._power:
            self.roll.burn(row)

    async def _ready(self) -> None:
        """Paper moves only while there is some, the cover is closed and nothing hangs."""
        if self.offline or self._fault == "hang":
            await self._tell()
            await self._until(lambda: not self.offline and self._fault != "hang")

    async def _spend(self, seconds: float) -> None:
        """Let device time pass; short times add up, since a sleep of less than 2 ms is none."""
        self._debt_s += seconds * (SLOW_FACTOR if self._fault == "slow" else 1.0)
        if self._debt_s >= 0.002:
            due, self._debt_s = self._debt_s, 0.0
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(due)
            self._debt_s -= asyncio.get_running_loop().time() - began - due
            await self._tell()

    # ---- what it says ----------------------------------------------------------------------

    def _answer(self, status: int) -> None:
        if self._fault in ("silence", "hang"):
            self._count_fault()
        elif self._fault == "corrupt":
            self._count_fault()
            self.line.write(bytes([status ^ 0x93]))
        else:
            self.line.write(bytes([status]))

    def _count_fault(self) -> None:
        """A fault given with ``count`` ends by itself after so many answers."""
        if self._fault_left:
            self._fault_left -= 1
            if not self._fault_left:
                self._fault = None

    def _real_time_status(self, n: int) -> int:
        """``DLE EOT n``: bits 1 and 4 are fixed to 1; the rest as in the command reference."""
        status = 0x12
        if n == 1 and self.offline:
            status |= 0x08
        if n == 2:
            status |= 0x04 * (not self._cover_closed) | 0x20 * (not self._paper)
        if n == 4 and not self._paper:
            status |= 0x60 | 0x0C
        return status

    def _status_in_order(self, n: int) -> int:
        """``GS r n``: paper is there whenever this runs; no drawer is connected."""
        return 0x0C if n == 1 and not self._paper else 0x00

    # ---- what hands do to it ---------------------------------------------------------------

    async def handle(self, request: dict[str, Any]) -> dict[str, Any]:
        match request:
            case {"op": "paper", "state": "out" | "in" as where}:
                self._paper = where == "in"
            case {"op": "cover", "state": "open" | "closed" as how}:
                self._cover_closed = how == "closed"
            case {"op": "state"}:
                pass
            case {"op": "wait"}:
                await self._wait(request)
            case {"op": "tear"}:
                if self.roll.last is None:
                    raise ValueError("no slip was cut yet")
                return {"path": str(self.roll.last)}
            case {"op": "power_cycle"}:
                self._power_cycle()
            case {"op": "fault", "kind": kind} if kind in FAULTS:
                self._fault, self._fault_left = kind, int(request.get("count", 0))
                if kind == "disconnect":
                    self.line.unplug()
            case {"op": "heal"}:
                self._fault, self._fault_left = None, 0
                self.line.plug_in()
            case _:
                raise ValueError(f"unknown request {request}")
        await self._tell()
        return self.state()

    def state(self) -> dict[str, Any]:
        return {
            "slips": self.roll.slips,
            "rows": self.roll.rows,
            "uncut_rows": self.roll.uncut_rows,
            "received": self._received,
            "buffered": len(self._buffer),
            "unknown": self._lost_unknown + self._parser.unknown,
            "offline": self.offline,
            "paper": "in" if self._paper else "out",
            "cover": "closed" if self._cover_closed else "open",
            "fault": self._fault,
        }

    async def _wait(self, request: dict[str, Any]) -> None:
        wanted = {key: value for key, value in request.items() if key not in ("op", "timeout_s")}
        if strange := wanted.keys() - self.state().keys():
            raise ValueError(f"no such figures: {sorted(strange)}")

        def met() -> bool:
            now = self.state()
            return all(
                now[key] >= value if type(value) is int else now[key] == value
                for key, value in wanted.items()
            )

        try:
            await asyncio.wait_for(self._until(met), float(request.get("timeout_s", WAIT_S)))
        except TimeoutError:
            raise ValueError(f"waited in vain for {wanted}: {self.state()}") from None

    def _power_cycle(self) -> None:
        self._power += 1
        self._buffer.clear()
        self._lost_unknown += self._parser.unknown
        self._parser, self._real_time = Parser(), RealTime()
        self.line.drop_input()

    # ---- waiting ---------------------------------------------------------------------------

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(condition)


async def serve(arguments: argparse.Namespace) -> None:
    line = Line(arguments.port, bytes_per_s=arguments.baud / 10 * arguments.speed)
    printer = Printer(
        line,
        Roll(arguments.out, arguments.width_px),
        speed=arguments.speed,
        mm_per_s=arguments.mm_per_s,
        buffer_bytes=arguments.buffer_bytes,
    )
    server = await control.serve(arguments.control, printer.handle)
    running = asyncio.ensure_future(printer.run())
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, running.cancel)
    print("ready", flush=True)
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await running
    finally:
        # However it ends: the kernel soon gives the pty's number to another device's line, and
        # whoever still found it under our name would read that one.
        server.close()
        line.unplug()
        arguments.control.unlink(missing_ok=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m hw.twins.printer", description=__doc__)
    parser.add_argument("--port", type=Path, required=True, help="symlink to the printer's pty")
    parser.add_argument("--out", type=Path, required=True, help="folder for slip-NNNN.png")
    parser.add_argument("--control", type=Path, required=True, help="side channel's socket")
    parser.add_argument("--speed", type=float, default=1.0, help="times real pace")
    parser.add_argument("--width-px", type=int, default=384, help="dots of the head")
    parser.add_argument("--baud", type=int, default=115200)
    parser.add_argument("--mm-per-s", type=float, default=80.0, help="paper at real pace")
    parser.add_argument("--buffer-bytes", type=int, default=4096)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
