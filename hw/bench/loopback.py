"""A bench without hardware: ``python -m hw.bench.loopback COMMAND…`` runs COMMAND ``--rig FILE``.

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hw.twins.booth import Booth, die_with_parent
from hw.twins.control import Hand
from hw.twins.pico import ROOT, find_micropython

HERE = Path(__file__).resolve().parent
LAMPS = {18: "red", 19: "amber", 20: "green", 21: "blue"}
CONTACTS = {14: "ticket", 15: "confirm"}
LID, RING, BUZZER, POWER = 13, 16, 17, 10
FEATURES = ("pico", "printer", "lid", "buttons", "hands")


class Wires:
    """The far ends of the card's pins, at the Pico's twin."""

    def __init__(self, pico: Hand) -> None:
        self._pico = pico
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
        elif pin == POWER and level != (before or 0):
            self._off = bool(level)
            self._pico.do("power", on=not self._off)


@contextlib.contextmanager
def card(folder: Path, pico: Path) -> Iterator[Path]:
    """A card whose wires end at the twin with the side channel ``pico``; gives its port."""
    hand = Hand(pico)
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
    threading.Thread(target=_serve, args=(near, Wires(hand)), daemon=True).start()
    try:
        yield port
    finally:
        program.kill()
        program.wait()
        near.close()
        hand.close()
        os.close(slave)
        os.close(master)
        port.unlink()


def _serve(near: socket.socket, wires: Wires) -> None:
    with contextlib.suppress(OSError, ValueError), near.makefile("rwb", buffering=0) as lines:
        while line := lines.readline():
            lines.write(json.dumps({"value": wires.answer(json.loads(line))}).encode() + b"\n")


@contextlib.contextmanager
def bench(folder: Path) -> Iterator[Path]:
    """Everything of a bench without hardware in ``folder``; gives the rig's file."""
    twins = Booth(folder / "dev", speed=1.0, seed=1)  # a hand is no faster than on a bench
    try:
        pico = twins.port("pico")
        with card(folder, twins.control("pico")) as hand:
            rig = folder / "loopback.toml"
            rig.write_text(
                f'name = "loopback-{os.getpid()}"\nkind = "bench"\nfeatures = {list(FEATURES)}\n'
                f'[ports]\npico = "{pico}"\n[hands]\npico = "{hand}"\n'
                f'printer = "{twins.control("printer")}"\n'
            )
            yield rig
    finally:
        twins.end_all()


def main() -> int:
    if len(sys.argv) < 2:
        raise SystemExit(f"{__doc__}")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, bench(Path(folder)) as rig:
        return subprocess.run([*sys.argv[1:], "--rig", rig], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
