"""Twin of pigpiod: the daemon's socket protocol on a loopback port, and 28 pins behind it.

``python -m hw.twins.pigpiod --port FILE --control SOCK [--number FILE]``. The system gives the
port; its address stands in ``--port`` once it is open. ``--number`` remembers the port's number,
so that a daemon that is started again is found where it was.

Protocol (https://abyz.me.uk/rpi/pigpio/sif.html): requests and answers are four little-endian
words of 32 bits, command, p1, p2 and p3; p3 of a request is the length of what follows it, p3 of
an answer the result, negative for an error. A connection that asked NOIB is a notification handle:
of the pins that NB names for it, each change of one is a report of 12 bytes (sequence, flags, tick
in µs, levels of GPIO 0 to 31). Other commands than those of ``Do`` get PI_UNKNOWN_COMMAND.

Side channel (``control.py``): ``drive`` (gpio, level 0 or 1, or null: nothing drives it), ``pin``
(gpio) → mode, pull, level and ``lows``: how long the pin was driven low by us, in ms, each time;
``state`` → connections and requests; ``fault`` and ``heal``. Faults: ``silence`` (requests are read
and not answered), ``disconnect`` (connections are closed and new ones refused), ``forbid`` (gpio:
it may not be changed, as the daemon's ``-x`` has it).

Left out: PWM, servos, waves, scripts, serial ports, and the tick's wrap after 71 minutes. The
glitch filter is accepted and filters nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from hw.twins import control

WORDS = struct.Struct("<IIII")
REPORT = struct.Struct("<HHII")
PINS = 28
"""Those of a Pi's header, GPIO 0 to 27."""
BAD_GPIO, BAD_MODE, BAD_LEVEL, BAD_PUD, BAD_HANDLE, NOT_PERMITTED, UNKNOWN_COMMAND, BAD_FILTER = (
    -3,
    -4,
    -5,
    -6,
    -25,
    -41,
    -88,
    -125,
)


class Do(IntEnum):
    """The commands that this twin knows, by the names of the protocol."""

    MODES = 0
    MODEG = 1
    PUD = 2
    READ = 3
    WRITE = 4
    BR1 = 10
    TICK = 16
    HWVER = 17
    NB = 19
    NC = 21
    PIGPV = 26
    FG = 97
    NOIB = 99


OF_A_PIN = (Do.MODES, Do.MODEG, Do.PUD, Do.READ, Do.WRITE, Do.FG)
INPUT, OUTPUT = 0, 1
PULLS = ("floating", "down", "up")
STEADY_MAX_US = 300_000
VERSION, PI_3B = 79, 0xA02082


@dataclass
class Pin:
    """``driven``: by the world outside; None: by nothing. ``latch``: what an output says."""

    mode: int = INPUT
    pull: int = 0
    driven: int | None = None
    latch: int = 0
    forbidden: bool = False
    lows: list[float] = field(default_factory=list)
    low_since: float | None = None

    @property
    def level(self) -> int:
        if self.mode == OUTPUT:
            return self.latch
        return int(self.pull == 2) if self.driven is None else self.driven

    def note(self) -> None:
        """Keep how long the pin was an output at low."""
        low, now = self.mode == OUTPUT and not self.latch, time.monotonic()
        if low and self.low_since is None:
            self.low_since = now
        elif not low and self.low_since is not None:
            self.lows.append(round((now - self.low_since) * 1000, 1))
            self.low_since = None


@dataclass
class Handle:
    """A connection for notifications."""

    writer: asyncio.StreamWriter
    bits: int = 0
    sequence: int = 0


class Pigpiod:
    def __init__(self) -> None:
        self.pins = [Pin() for _ in range(PINS)]
        self._handles: dict[int, Handle] = {}
        self._lines: set[asyncio.StreamWriter] = set()
        self._silent = False
        self._server: asyncio.Server | None = None
        self._number = 0
        self.requests = 0

    # ---- the network -----------------------------------------------------------------------

    async def listen(self, number: int = 0) -> int:
        """Listen on loopback; the port's number."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", number)
        self._number = int(self._server.sockets[0].getsockname()[1])
        return self._number

    async def leave(self) -> None:
        """Close every connection, and take no more."""
        if self._server:
            self._server.close()
            self._server = None
        for line in list(self._lines):
            line.close()
        self._handles.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    command, p1, p2, length = WORDS.unpack(await reader.readexactly(WORDS.size))
                    await reader.readexactly(length)  # no command of ours has more to say
                    self.requests += 1
                    if self._silent:
                        continue
                    result = self._do(command, p1, p2, writer)
                    writer.write(WORDS.pack(command, p1, p2, result & 0xFFFFFFFF))
                    await writer.drain()
        finally:
            self._lines.discard(writer)
            self._handles = {n: h for n, h in self._handles.items() if h.writer is not writer}
            writer.close()

    # ---- commands --------------------------------------------------------------------------

    def _do(self, command: int, p1: int, p2: int, writer: asyncio.StreamWriter) -> int:
        if command in OF_A_PIN:
            return BAD_GPIO if p1 >= PINS else self._with_pin(command, self.pins[p1], p2)
        if command in (Do.NB, Do.NC) and p1 not in self._handles:
            return BAD_HANDLE
        match command:
            case Do.BR1:
                return self._levels()
            case Do.TICK:
                return _tick()
            case Do.HWVER:
                return PI_3B
            case Do.PIGPV:
                return VERSION
            case Do.NB:
                self._handles[p1].bits = p2
                return 0
            case Do.NC:
                del self._handles[p1]
                return 0
            case Do.NOIB:
                number = next(n for n in range(len(self._handles) + 1) if n not in self._handles)
                self._handles[number] = Handle(writer)
                return number
        return UNKNOWN_COMMAND

    def _with_pin(self, command: int, pin: Pin, value: int) -> int:
        before = self._levels()
        if pin.forbidden and command in (Do.MODES, Do.PUD, Do.WRITE):
            return NOT_PERMITTED
        match command:
            case Do.MODES:
                if value > 7:
                    return BAD_MODE
                pin.mode = value
            case Do.MODEG:
                return pin.mode
            case Do.PUD:
                if value > 2:
                    return BAD_PUD
                pin.pull = value
            case Do.READ:
                return pin.level
            case Do.WRITE:  # which makes it an output
                if value > 1:
                    return BAD_LEVEL
                pin.mode, pin.latch = OUTPUT, value
            case Do.FG:
                return 0 if value <= STEADY_MAX_US else BAD_FILTER
        pin.note()
        self._report(before)
        return 0

    def _levels(self) -> int:
        return sum(pin.level << number for number, pin in enumerate(self.pins))

    def _report(self, before: int) -> None:
        """Tell every handle that asked for a pin which has changed."""
        levels = self._levels()
        for handle in self._handles.values():
            if handle.bits & (before ^ levels) and not self._silent:
                handle.writer.write(REPORT.pack(handle.sequence & 0xFFFF, 0, _tick(), levels))
                handle.sequence += 1

    # ---- side channel ----------------------------------------------------------------------

    async def hand(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request["op"]
        if op == "drive":
            level = request["level"]
            if level not in (0, 1, None):
                raise ValueError("level: 0, 1 or null")
            before, pin = self._levels(), self._pin(request["gpio"])
            pin.driven = level
            self._report(before)
        elif op == "pin":
            pin = self._pin(request["gpio"])
            mode = {INPUT: "input", OUTPUT: "output"}.get(pin.mode, "other")
            return {"mode": mode, "pull": PULLS[pin.pull], "level": pin.level, "lows": pin.lows}
        elif op == "state":
            return {"connections": len(self._lines), "requests": self.requests}
        elif op == "fault":
            if request["kind"] == "silence":
                self._silent = True
            elif request["kind"] == "disconnect":
                await self.leave()
            elif request["kind"] == "forbid":
                self._pin(request["gpio"]).forbidden = True
            else:
                raise ValueError("fault: one of silence, disconnect, forbid")
        elif op == "heal":
            for pin in self.pins:
                pin.forbidden = False
            if self._silent:  # whoever waits for an answer gets none: as after a restart
                self._silent = False
                await self.leave()
            if self._server is None:
                await self.listen(self._number)
        else:
            raise ValueError(f"unknown op {op!r}")
        return None

    def _pin(self, gpio: int) -> Pin:
        if not 0 <= gpio < PINS:
            raise ValueError(f"gpio: 0 to {PINS - 1}")
        return self.pins[gpio]


def _tick() -> int:
    return time.monotonic_ns() // 1000 & 0xFFFFFFFF


async def run(side: Path, number: int, opened: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``opened`` is told the port's number."""
    twin = Pigpiod()
    opened(await twin.listen(number))
    done = asyncio.Event()
    for its in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(its, done.set)
    server = await control.serve(side, twin.hand)
    await done.wait()
    server.close()
    await twin.leave()


def main() -> None:
    parser = argparse.ArgumentParser(description="Twin of pigpiod")
    parser.add_argument("--port", type=Path, required=True, help="file that gets the address")
    parser.add_argument("--control", type=Path, required=True, help="socket of the side channel")
    parser.add_argument("--number", type=Path, help="file that keeps the port's number")
    arguments = parser.parse_args()
    port: Path = arguments.port
    kept: Path = arguments.number or port.with_suffix(".number")

    def opened(number: int) -> None:
        kept.write_text(str(number))
        fresh = port.with_suffix(".new")
        fresh.write_text(f"127.0.0.1:{number}")
        fresh.rename(port)

    number = int(kept.read_text()) if kept.exists() else 0
    asyncio.run(run(arguments.control, number, opened))


if __name__ == "__main__":
    main()
