"""The Pico link against a bare line echo: what framing, checksums and the firmware's tasks cost.

Both run in the same MicroPython behind the same twin's pty, at the same time, and are asked in turn
by the same client with the same bytes, so that whatever else the machine does hits both.
"""

from __future__ import annotations

import contextlib
import os
import select
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import serial

from firmware import wire
from hw.twins.control import Hand

ROUNDS = 15
TRIPS = 400
START_S = 20.0
ANSWER_S = 5.0
ECHO = Path(__file__).parent / "micropython"


def run() -> Iterator[dict[str, Any]]:
    """``link.rtt_p99_ratio``: p99 of a ``nop`` against p99 of an echo of the same line."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _twin(Path(folder, "firmware")) as firmware,
        _twin(Path(folder, "echo"), "--firmware", str(ECHO), "--program", "echo") as echo,
    ):
        seq = 1_000_000
        _trip(firmware, wire.encode([seq, "hello"]))
        ratios, medians = [], []
        for _ in range(ROUNDS):
            nops, echoes = [], []
            for _ in range(TRIPS):
                seq += 1
                line = wire.encode([seq, "nop"])
                nops.append(_trip(firmware, line))
                echoes.append(_trip(echo, line))
            ratios.append(_p99(nops) / _p99(echoes))
            medians.append((statistics.median(nops), statistics.median(echoes)))
    nop_ms, echo_ms = (statistics.median(values) * 1000 for values in zip(*medians, strict=True))
    middle = statistics.median(ratios)
    yield {
        "name": "link.rtt_p99_ratio",
        "value": round(middle, 3),
        "unit": "ratio",
        "limit": 2.0,
        "note": (
            f"min {min(ratios):.2f}, median {middle:.2f}, max {max(ratios):.2f} of {ROUNDS} rounds "
            f"of {TRIPS}; p50 {nop_ms:.2f} ms against {echo_ms:.2f} ms"
        ),
    }


@contextlib.contextmanager
def _twin(folder: Path, *arguments: str) -> Iterator[int]:
    """A Pico twin that runs; gives the descriptor of its port."""
    folder.mkdir()
    port, control = folder / "pico", folder / "control"
    ends = ("--port", str(port), "--control", str(control))
    twin = subprocess.Popen([sys.executable, "-m", "hw.twins.pico", *ends, *arguments])
    try:
        end = time.monotonic() + START_S
        while not (port.exists() and _listens(control)):
            if time.monotonic() > end or twin.poll() is not None:
                raise RuntimeError("the Pico's twin did not start")
            time.sleep(0.01)
        with serial.Serial(str(port), exclusive=True, timeout=0) as line:
            yield line.fileno()
    finally:
        twin.terminate()
        twin.wait()


def _listens(control: Path) -> bool:
    with contextlib.suppress(OSError):
        Hand(control).close()
        return True
    return False


def _trip(fd: int, line: bytes) -> float:
    """Seconds from writing ``line`` to the end of the line that carries its seq."""
    seq = line.split(b",")[0] + b","
    received = b""
    began = time.perf_counter()
    os.write(fd, line)
    while True:
        if not select.select([fd], [], [], ANSWER_S)[0]:
            raise RuntimeError("no answer")
        received += os.read(fd, 4096)
        if received.endswith(b"\n") and seq in received:
            return time.perf_counter() - began


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
