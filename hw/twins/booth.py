"""All twins of one booth: programs, spoken to by port and side channel only.

``python -m hw.twins --folder DIR/dev --speed X --seed S`` starts the whole booth and ends it when
its standard input closes or it is told to stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

DEVICES = ("printer", "pico", "fingerprint", "camera", "scanner")
START_DEADLINE_S = 180.0
"""Generous: CI machines are small and busy. A twin that works needs about one second."""
END_DEADLINE_S = 30.0
LOOK_AGAIN_S = 0.01
STDERR_SHOWN_CHARS = 4000
_PR_SET_PDEATHSIG = 1


class TwinFailed(Exception):
    """A twin ended, or did not offer its port and side channel in time."""


class Booth:
    """The twins in ``folder``: ``DEVICE`` (port), ``DEVICE.ctl`` (side channel), ``DEVICE.err``.

    ``pico`` is the module of its twin: ``pico_rp2040`` is the emulated chip, at real pace.
    """

    def __init__(self, folder: Path, speed: float, seed: int, pico: str = "pico") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._speed = ("--speed", str(speed))
        self._seed = ("--seed", str(seed))
        self._pico = f"hw.twins.{pico}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def port(self, device: str) -> str:
        """The device's port; its twin is started if it does not run, and waited for then."""
        if not self.runs(device):
            self.start(device)
            self._wait(device)
        return str(self.folder / device)

    def control(self, device: str) -> Path:
        return self.folder / f"{device}.ctl"

    def slips(self) -> Path:
        """The folder where the printer's twin leaves what it printed."""
        return self.folder / "slips"

    def start_all(self) -> None:
        """Start every twin and wait for all of them. Raises TwinFailed."""
        self.port("printer")  # the Pico's UART leads to it
        others = [device for device in DEVICES if device != "printer"]
        for device in others:
            self.start(device)
        for device in others:
            self._wait(device)

    def start(self, device: str) -> None:
        for stale in (self.folder / device, self.control(device)):
            stale.unlink(missing_ok=True)
        paths = ("--port", str(self.folder / device), "--control", str(self.control(device)))
        with (self.folder / f"{device}.err").open("wb") as stderr:
            self._processes[device] = subprocess.Popen(
                [sys.executable, "-P", "-m", *self._program(device), *paths],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                preexec_fn=die_with_parent,
            )

    def runs(self, device: str) -> bool:
        process = self._processes.get(device)
        return process is not None and process.poll() is None

    def pid(self, device: str) -> int:
        """Process id of a twin that was started; KeyError if it was not."""
        return self._processes[device].pid

    def stderr(self, device: str) -> str:
        """The end of what the twin said on stderr."""
        path = self.folder / f"{device}.err"
        return path.read_text(errors="replace")[-STDERR_SHOWN_CHARS:] if path.exists() else ""

    def end(self, device: str) -> None:
        """End the twin by its own pid; nothing happens if it does not run."""
        process = self._processes.pop(device, None)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(END_DEADLINE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def end_all(self) -> None:
        for device in reversed(list(self._processes)):
            self.end(device)

    def _program(self, device: str) -> Sequence[str]:
        match device:
            case "pico":
                flash = ("--flash", str(self.folder / "pico.flash"))
                return (self._pico, "--printer", self.port("printer"), *flash, *self._speed)
            case "fingerprint":
                return ("hw.twins.r503", *self._speed, *self._seed)
            case "printer":
                return ("hw.twins.printer", "--out", str(self.slips()), *self._speed)
            case "camera":
                return ("hw.twins.camera", *self._speed, *self._seed)
            case "scanner":
                return ("hw.twins.scanner", *self._speed)
            case "pigpiod":
                return ("hw.twins.pigpiod",)
        raise TwinFailed(f"there is no twin of {device!r}")

    def _wait(self, device: str) -> None:
        process = self._processes[device]
        port, control = self.folder / device, self.control(device)
        deadline = time.monotonic() + START_DEADLINE_S
        while not (port.exists() and _listens(control)):
            if process.poll() is not None:
                raise TwinFailed(
                    f"its twin ended with {process.returncode}:\n{self.stderr(device)}"
                )
            if time.monotonic() > deadline:
                raise TwinFailed(
                    f"its twin gave no port within {START_DEADLINE_S:g} s:\n{self.stderr(device)}"
                )
            time.sleep(LOOK_AGAIN_S)


def _listens(control: Path) -> bool:
    """Whether somebody answers at the side channel: its file is there before its listener."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(control)) == 0


def die_with_parent() -> None:
    """In the child, before its program: a killed parent leaves nothing behind (prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1:
        os._exit(1)
