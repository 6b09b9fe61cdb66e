"""The printer's line seen from here: ``python -m hw.bench.witness --adapter PORT --folder DIR``.

A USB serial adapter at the booth Pico's UART, and the printer's twin behind it: DIR/printer.ctl
tells rows, slips and states of what came over the real wire. In place of a printer it also answers
as one, holds the line when it is full (the adapter's RTS is the Pico's CTS) and has its paper and
cover; with ``--listen`` it stands beside a real printer and says nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import termios
import threading
import tty
from pathlib import Path

from hw.twins.booth import Booth

PIECE_BYTES = 64
"""What was not taken yet stays on the sender's side, behind its CTS."""
BAUD = termios.B115200


def opened(port: str, *, hardware_flow: bool) -> int:
    """A serial port, raw, 115200 baud, 8N1; OSError when it is not there or no serial port."""
    line = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(line)
        settings = termios.tcgetattr(line)
        settings[4] = settings[5] = BAUD
        settings[2] |= termios.CLOCAL | (termios.CRTSCTS if hardware_flow else 0)
        termios.tcsetattr(line, termios.TCSANOW, settings)
    except termios.error as error:
        os.close(line)
        raise OSError(f"{port} is not a serial port: {error.args[1]}") from None
    return line


def carry(source: int, sink: int | None) -> None:
    """Bytes from ``source`` to ``sink`` (None: nowhere) until an end is gone."""
    with contextlib.suppress(OSError):
        while data := os.read(source, PIECE_BYTES):
            while data and sink is not None:
                data = data[os.write(sink, data) :]


def join(near: int, far: int, *, both_ways: bool = True) -> threading.Thread:
    """Carry bytes between two lines, in threads; gives the one that carries ``near``'s."""
    there = threading.Thread(target=carry, args=(near, far), daemon=True)
    back = threading.Thread(target=carry, args=(far, near if both_ways else None), daemon=True)
    there.start()
    back.start()
    return there


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapter", required=True, help="serial port at the Pico's UART")
    parser.add_argument(
        "--folder", type=Path, required=True, help="printer.ctl, slips/ appear there"
    )
    parser.add_argument("--listen", action="store_true", help="beside a real printer")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    twins = Booth(arguments.folder, speed=1.0, seed=1)
    try:
        adapter = opened(arguments.adapter, hardware_flow=not arguments.listen)
        printer = opened(twins.port("printer"), hardware_flow=False)
        joined = join(adapter, printer, both_ways=not arguments.listen)
        print("ready", flush=True)
        joined.join()
        print(f"{arguments.adapter} is gone: plug it in, and start this again", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"no line to the printer: {error}; look at --adapter", file=sys.stderr)
        return 1
    finally:
        twins.end_all()


if __name__ == "__main__":
    sys.exit(main())
