"""The document scanner's twin: a serial 2D scanner that sends one line per scan over a pty.

``--port`` is a symlink to the pty, as ``/dev/serial/by-id`` has it. Bytes leave at the pace of a
9600 baud line, times ``--speed``: slow enough that a reader sees every scan in pieces.

Side channel (``hw/twins/control.py``):

* ``scan``: ``text``; ``end`` "cr" (factory setting of most scanners), "lf", "crlf" or "none";
  ``mojibake`` a codec ("big5", "shift_jis"): the scanner takes the code's UTF-8 for that, as many
  do with Vietnamese, and sends what it believes in UTF-8. ``repeat`` scans it that often.
* ``state``, ``heal`` and ``fault`` with ``kind``: ``silence`` (``count`` scans are lost),
  ``corrupt`` (``count`` scans have one byte changed), ``partial`` (``count`` scans stop half way,
  without line end), ``disconnect`` (cable pulled out until ``heal``). ``count`` 0 = until healed.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import tty
from pathlib import Path
from typing import Any

from hw.twins import control

BAUD = 9600
CHUNK = 16
"""Bytes that leave at once, like a UART's FIFO."""
ENDS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n", "none": b""}
FAULTS = ("silence", "corrupt", "partial", "disconnect")


class ScannerTwin:
    def __init__(self, port: Path, speed: float) -> None:
        self.port = port
        self.byte_s = 10 / BAUD / speed
        self.fault: str | None = None
        self.fault_count = 0
        self.scanned = 0
        self._ends: tuple[int, int] | None = None
        self._line = asyncio.Lock()

    def plug_in(self) -> None:
        if self._ends is None:
            # Our own hold on the far end keeps the line up while no reader has it open.
            ours, theirs = os.openpty()
            tty.setraw(theirs)
            os.set_blocking(ours, False)
            self._ends = ours, theirs
            self.port.parent.mkdir(parents=True, exist_ok=True)
            self.port.unlink(missing_ok=True)
            self.port.symlink_to(os.ttyname(theirs))

    def pull_out(self) -> None:
        if self._ends is not None:
            self.port.unlink(missing_ok=True)
            for end in self._ends:
                os.close(end)
            self._ends = None

    async def scan(self, text: str, end: str, mojibake: str | None) -> None:
        content = text.encode()
        if mojibake:
            content = content.decode(mojibake, "replace").encode()
        fault = self.fault
        if fault is not None:
            if self.fault_count == 1:
                self.fault = None
            self.fault_count = max(self.fault_count - 1, 0)
        line = content + ENDS[end]
        if fault == "silence":
            return
        if fault == "corrupt":
            middle = len(content) // 2
            line = line[:middle] + bytes([line[middle] ^ 0x20]) + line[middle + 1 :]
        elif fault == "partial":
            line = content[: len(content) // 2]
        async with self._line:
            await self._send(line)
        self.scanned += 1

    async def _send(self, line: bytes) -> None:
        for start in range(0, len(line), CHUNK):
            if self._ends is None:
                return
            piece = line[start : start + CHUNK]
            with contextlib.suppress(BlockingIOError):  # nobody reads: lost, as on a wire
                os.write(self._ends[0], piece)
            await asyncio.sleep(len(piece) * self.byte_s)

    async def hand(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request["op"]
        if op == "scan":
            for _ in range(int(request.get("repeat", 1))):
                await self.scan(request["text"], request.get("end", "cr"), request.get("mojibake"))
        elif op == "fault":
            kind = request["kind"]
            if kind not in FAULTS:
                raise ValueError(f"fault: one of {', '.join(FAULTS)}")
            if kind == "disconnect":
                self.pull_out()
            else:
                self.fault, self.fault_count = kind, int(request.get("count", 1))
        elif op == "heal":
            self.fault = None
            self.plug_in()
        elif op != "state":
            raise ValueError(f"unknown op {op}")
        return {"plugged": self._ends is not None, "fault": self.fault, "scanned": self.scanned}


async def run(arguments: argparse.Namespace) -> None:
    twin = ScannerTwin(arguments.port, arguments.speed)
    twin.plug_in()
    server = await control.serve(arguments.control, twin.hand)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="Virtual QR scanner on a pty")
    parser.add_argument("--control", type=Path, required=True, help="socket of the side channel")
    parser.add_argument("--port", type=Path, required=True, help="symlink to the serial port")
    parser.add_argument("--speed", type=float, default=1.0, help="times human pace")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
