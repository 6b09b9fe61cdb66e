"""A bench without hardware: ``python -m hw.bench.loopback COMMAND…`` runs COMMAND ``--rig FILE``.

Without COMMAND it prints FILE and stays until its standard input ends (Ctrl-D), for ``make test
HIL="--rig FILE"`` beside it.

The booth's Pico is its twin; the card runs its own program on MicroPython, its line a pty. What the
card's pins drive goes to the Pico's twin, and what it reads is what the twin shows: lamps, ring and
buzzer come back as over the bench's wires. The rig's file says ``kind = "bench"``, so that lock,
ports, hands and skipping are those of a bench.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import tty
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hw.bench.witness import join
from hw.twins.booth import Booth, TwinFailed, die_with_parent
from hw.twins.control import Hand
from hw.twins.pico_board import LAMPS, ROOT
from hw.twins.pico_install import find_micropython

HERE = Path(__file__).resolve().parent
CONTACTS = {14: "ticket", 15: "confirm"}
LID, RING, BUZZER, POWER = 13, 16, 17, 10
FINGER, SERVO_HALF_NS = 11, 1_500_000
FEATURES = ("pico", "fingerprint", "printer", "lid", "buttons", "paper", "cover", "hands")


class Twins(Booth):
    """The Pico's twin, its UART at one end of a null-modem cable and not at the printer's twin."""

    def __init__(self, folder: Path, uart: str) -> None:
        super().__init__(folder, speed=1.0, seed=1)  # a hand is no faster than on a bench
        self._uart = uart

    def _program(self, device: str) -> Sequence[str]:
        if device == "fingerprint":
            return super()._program(device)
        if device != "pico":
            raise TwinFailed(f"a bench without hardware has no {device}")
        flash = ("--flash", str(self.folder / "pico.flash"))
        return ("hw.twins.pico", "--printer", self._uart, *flash)


class Wires:
    """The far ends of the card's pins, at the twins of Pico and fingerprint sensor."""

    def __init__(self, pico: Hand, glass: Hand) -> None:
        self._pico, self._glass = pico, glass
        self._off = False
        self.driven: dict[int, int] = {}

    def answer(self, request: dict[str, Any]) -> Any:
        if "pin" in request:
            return self._drive(request["pin"], request["level"])
        lights = self._pico.do("lights")
        if "read" in request:
            return int(bool(lights[LAMPS[request["read"]]])) if not self._off else 0
        if "tone" in request:
            return lights["buzzer_hz"] if not self._off else 0
        return lights["ring"] if not self._off else []

    def _drive(self, pin: int, level: int) -> None:
        before, self.driven[pin] = self.driven.get(pin), level
        if pin in CONTACTS:
            self._pico.do("contact", button=CONTACTS[pin], closed=not level)
        elif pin == LID:
            self._pico.do("lid", open=bool(level))
        elif pin == FINGER:
            if level > SERVO_HALF_NS:
                self._glass.do("put", person=1, position="right_index")
            else:
                self._glass.do("lift")
        elif pin == POWER and level != (before or 0):
            self._off = bool(level)
            self._pico.do("power", on=not self._off)


@contextlib.contextmanager
def card(folder: Path, pico: Path, glass: Path) -> Iterator[Path]:
    """A card whose wires end at the twins with these side channels; gives its port."""
    hands = Hand(pico), Hand(glass)
    near, far = socket.socketpair()
    master, slave = os.openpty()
    tty.setraw(slave)
    port = folder / "card"
    port.unlink(missing_ok=True)
    port.symlink_to(os.ttyname(slave))
    program = subprocess.Popen(
        [find_micropython(), "-m", "main"],
        cwd=folder,
        env={
            "MICROPYPATH": f"{HERE / 'stand_ins'}:{HERE / 'card'}:.frozen",
            "CARD_WIRES_FD": str(far.fileno()),
        },
        stdin=master,
        stdout=master,
        pass_fds=(far.fileno(),),
        preexec_fn=die_with_parent,
    )
    far.close()
    threading.Thread(target=_serve, args=(near, Wires(*hands)), daemon=True).start()
    try:
        yield port
    finally:
        program.kill()
        program.wait()
        near.close()
        for hand in hands:
            hand.close()
        os.close(slave)
        os.close(master)
        port.unlink()


def _serve(near: socket.socket, wires: Wires) -> None:
    with contextlib.suppress(OSError, ValueError), near.makefile("rwb", buffering=0) as lines:
        while line := lines.readline():
            lines.write(json.dumps({"value": wires.answer(json.loads(line))}).encode() + b"\n")


@contextlib.contextmanager
def cable() -> Iterator[tuple[str, str]]:
    """A null-modem cable: what is written at one of the two ports is read at the other."""
    ends = [os.openpty() for _ in range(2)]
    for _, slave in ends:
        tty.setraw(slave)
    join(ends[0][0], ends[1][0])
    try:
        yield os.ttyname(ends[0][1]), os.ttyname(ends[1][1])
    finally:
        for end in (end for pair in ends for end in pair):
            os.close(end)


@contextlib.contextmanager
def witness(folder: Path, adapter: str) -> Iterator[Path]:
    """The printer's second witness at ``adapter``; gives its side channel."""
    command = ["-m", "hw.bench.witness", "--adapter", adapter, "--folder", str(folder)]
    program = subprocess.Popen(
        [sys.executable, "-P", *command], stdout=subprocess.PIPE, preexec_fn=die_with_parent
    )
    try:
        assert program.stdout is not None
        if program.stdout.readline() != b"ready\n":
            raise TwinFailed(f"the witness at {adapter} ended with {program.wait()}")
        yield folder / "printer.ctl"
    finally:
        program.terminate()
        program.wait()


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Path]:
    """Everything of a bench without hardware in ``folder``; gives the rig's file."""
    with contextlib.ExitStack() as stack:
        uart, adapter = stack.enter_context(cable())
        printer = stack.enter_context(witness(folder / "witness", adapter))
        twins = Twins(folder / "dev", uart)
        stack.callback(twins.end_all)
        pico, glass = twins.port("pico"), twins.port("fingerprint")
        with card(folder, twins.control("pico"), twins.control("fingerprint")) as hand:
            rig = folder / "loopback.toml"
            rig.write_text(
                f'name = "loopback-{os.getpid()}"\nkind = "bench"\nfeatures = {list(FEATURES)}\n'
                f'[ports]\npico = "{pico}"\nfingerprint = "{glass}"\n'
                f'[hands]\npico = "{hand}"\nfingerprint = "{hand}"\n'
                f'printer = "{printer}"\n'
            )
            yield rig


def main() -> int:
    if len(sys.argv) < 2:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder, bench(Path(folder)) as rig:
            print(rig, flush=True)
            sys.stdin.read()
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, bench(Path(folder)) as rig:
        return subprocess.run([*sys.argv[1:], "--rig", rig], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
