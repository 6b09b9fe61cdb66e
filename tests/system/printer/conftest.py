"""The printer twin as a process of its own, on a pty in the test's folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import serial
from PIL import Image

from controller.papers.bitmap import Bitmap
from hw.twins.control import Hand
from tests.patience import CEILING_S


@dataclass
class Bench:
    """A running twin: ``line`` is the sender's end, ``hand`` the side channel."""

    port: Path
    out: Path
    line: serial.Serial
    hand: Hand
    process: subprocess.Popen[str]

    def slip(self) -> Bitmap:
        """The slip cut last, as the paper shows it."""
        picture = Image.open(self.hand.do("tear")["path"])
        return Bitmap(*picture.size, picture.tobytes("raw", "1;I"))


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """``start(speed, *options)`` runs a twin; it ends with the test."""
    benches: list[Bench] = []

    def begin(speed: float = 1000.0, *options: str) -> Bench:
        here = tmp_path / str(len(benches))
        port, control, out = here / "tty", here / "printer.ctl", here / "slips"
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "hw.twins.printer", "--port", str(port)),
                *("--out", str(out), "--control", str(control), "--speed", str(speed), *options),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        bench = Bench(
            port, out, serial.Serial(str(port), timeout=CEILING_S), Hand(control), process
        )
        benches.append(bench)
        return bench

    yield begin
    for bench in benches:
        bench.hand.close()
        bench.line.close()
        bench.process.terminate()
        bench.process.wait(CEILING_S)
        assert bench.process.stdout is not None
        bench.process.stdout.close()


@pytest.fixture
def printer(start: Callable[..., Bench]) -> Bench:
    return start()
