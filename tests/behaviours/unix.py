"""The board with the unix MicroPython: ``hw/twins/pico.py``, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
import tty
from collections.abc import Callable
from pathlib import Path

from hw.twins.booth import die_with_parent
from hw.twins.control import Hand
from tests.behaviours.board import PROMPT, Board
from tests.patience import CEILING_S

LOOK_S = 0.005


class Unix(Board):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        (folder / "nothing").mkdir()
        self._path = folder / "port"
        self._printer, printer_end = os.openpty()
        tty.setraw(printer_end)
        self._heard = bytearray()
        self._port = -1
        self._reads = True
        arguments = {
            "--port": self._path,
            "--control": folder / "control",
            "--printer": os.ttyname(printer_end),
            "--flash": folder / "flash",
            "--firmware": folder / "nothing",
        }
        self._twin = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "hw.twins.pico",
                *(str(x) for p in arguments.items() for x in p),
            ],
            preexec_fn=die_with_parent,
        )
        self._ends = [printer_end, self._printer]
        self._hand = _hand(folder / "control")
        self.open_port(True)
        self.expect(PROMPT)

    def close(self) -> None:
        self._hand.close()
        self.open_port(False)
        self._twin.terminate()
        self._twin.wait(CEILING_S)
        for end in self._ends:
            os.close(end)

    @property
    def heard(self) -> bytes:
        self._look(0)
        return bytes(self._heard)

    def _look(self, seconds: float) -> None:
        """A port that went away is opened again as soon as it is back."""
        if not self._reads:
            time.sleep(seconds)
            return
        if self._port < 0:
            with contextlib.suppress(OSError):
                self._open()
        if self._port < 0:
            time.sleep(seconds)
        elif select.select([self._port], [], [], seconds)[0]:
            try:
                data = os.read(self._port, 65536)
            except OSError:
                data = b""
            self._heard += data
            if not data:
                os.close(self._port)
                self._port = -1

    def _open(self) -> None:
        self._port = os.open(self._path, os.O_RDWR | os.O_NOCTTY)

    def send(self, data: bytes) -> None:
        self.until(lambda: self._port >= 0)
        os.write(self._port, data)

    def until(self, condition: Callable[[], object]) -> None:
        end = time.monotonic() + CEILING_S
        while not condition():
            assert time.monotonic() < end, f"waited in vain; it said {bytes(self._heard[-300:])!r}"
            self._look(LOOK_S)

    def wait(self, ms: float) -> None:
        end = time.monotonic() + ms / 1000
        while (left := end - time.monotonic()) > 0:
            self._look(left)

    def read_port(self, reads: bool) -> None:
        self._reads = reads

    def open_port(self, is_open: bool) -> None:
        self._reads = is_open
        if is_open:
            _until(self._path.exists)
            self._open()
        elif self._port >= 0:
            os.close(self._port)
            self._port = -1

    def power_cycle(self, *, ticks_ms: int = 0) -> None:
        self._hand.do("reset", cause="power", ticks_ms=ticks_ms)
        self.expect(PROMPT)

    def wait_for_reset(self) -> None:
        self.expect(PROMPT)

    late_ms = 1000.0

    def press(self, ms: float, after_ms: float = 0) -> None:
        self.wait(after_ms)
        self._hand.do("press", button="ticket", ms=ms)

    def flash_takes(self, erase_ms: float, program_ms: float) -> None:
        self._hand.do("flash", erase_ms=erase_ms, program_ms=program_ms)

    def cut_power_in_flash(self, operation: int) -> None:
        self._hand.do("flash", cut=operation)

    @property
    def powered(self) -> bool:
        return bool(self._hand.do("state")["plugged"])

    @property
    def tone(self) -> int:
        return int(self._hand.do("lights")["buzzer_hz"])

    def hold_printer(self, holds: bool) -> None:
        self._hand.do("cts", holds=holds)

    def printer_says(self, data: bytes) -> None:
        os.write(self._printer, data)


def _hand(path: Path) -> Hand:
    """As soon as the twin listens there."""
    end = time.monotonic() + CEILING_S
    while True:
        try:
            return Hand(path, CEILING_S)
        except OSError:
            assert time.monotonic() < end, "the twin does not start"
            time.sleep(LOOK_S)


def _until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + CEILING_S
    while not condition():
        assert time.monotonic() < end, "the twin does not start"
        time.sleep(LOOK_S)
