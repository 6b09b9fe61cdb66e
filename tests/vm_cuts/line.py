"""A busy line on the recorded disk, and what was told to people meanwhile.

The station runs in a process of its own; what its screens show goes to the parent with the length
of the disk's log at that very moment: the power may fail at any request behind it, and what was
shown must still be true. So it is with the papers, which the printer's twin cuts on a table that
keeps its power.
"""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import cv2
import zxingcpp

from hw.twins.booth import Booth
from tests.crash.life import Orders, grown_ups, live
from tests.hil.premises import Keyring, configuration_text
from tests.patience import CEILING_S
from tests.vm_cuts.told import SPEED, STATION, Told

LOOK_AGAIN_S = 0.002
_forks = mp.get_context("forkserver")
_forks.set_forkserver_preload(["tests.crash.life"])


def ports(booth: Booth) -> dict[str, str]:
    named = {name: booth.port(name) for name in ("pico", "fingerprint", "scanner")}
    return {**named, "camera": f"twin:{booth.port('camera')}"}


class Line:
    """``data`` lies on the recorded disk, ``stream`` is its log; all else is outside."""

    def __init__(self, data: Path, stream: Path, booth: Booth, keyring: Keyring) -> None:
        config = booth.folder / "station.toml"
        config.write_text(configuration_text(data, ports(booth), SPEED, station=STATION))
        self._orders = Orders(config, booth.folder, keyring.bundle, grown_ups(), 0, crowd=4)
        self._stream = stream
        self._slips = booth.slips()
        self._log = booth.folder / "station.log"
        self.told = Told()

    def serve(self, visitors: int, kills: int, dice: Random) -> None:
        """Serve ``visitors``; meanwhile the program is killed and started again ``kills`` times,
        so that the stream has starts in it, too."""
        orders = replace(self._orders, tickets=visitors)
        with self._watched_table():
            for _ in range(kills):
                self._live(orders, dice.uniform(2.0, 4.0))
            self._live(orders, None)
        assert "Traceback" not in self.log(), self.log()

    def log(self) -> str:
        return self._log.read_text(errors="replace")[-5000:]

    def _live(self, orders: Orders, seconds: float | None) -> None:
        """One life of the station: to its end, or killed when it has shown something so long."""
        ours, theirs = _forks.Pipe(duplex=False)
        process = _forks.Process(target=live, args=(orders, theirs, self._log, self._stream))
        process.start()
        theirs.close()
        assert process.pid
        began = None
        deadline = time.monotonic() + CEILING_S
        try:
            with contextlib.suppress(EOFError):
                while seconds is None or began is None or time.monotonic() < began + seconds:
                    assert time.monotonic() < deadline, f"not everybody was served:\n{self.log()}"
                    if ours.poll(0.1):
                        self._shown(ours)
                        began = began or time.monotonic()
        finally:
            if seconds is not None or time.monotonic() >= deadline:
                os.kill(process.pid, signal.SIGKILL)
            with contextlib.suppress(EOFError):
                while ours.poll(CEILING_S):
                    self._shown(ours)
            process.join(CEILING_S)
        assert process.exitcode == (0 if seconds is None else -signal.SIGKILL), self.log()

    def _shown(self, screen: Connection) -> None:
        self.told.screens.append(screen.recv())

    @contextlib.contextmanager
    def _watched_table(self) -> Iterator[None]:
        """Note each paper that comes out with the log's length when it is seen."""
        over = threading.Event()

        def watch() -> None:
            known: set[Path] = set(self._slips.glob("slip-*.png"))
            while not over.wait(LOOK_AGAIN_S):
                for slip in sorted(set(self._slips.glob("slip-*.png")) - known):
                    known.add(slip)
                    length = self._stream.stat().st_size
                    if code := code_on(slip):
                        self.told.papers.append((length, code))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()


def code_on(slip: Path) -> str:
    picture = cv2.imread(str(slip), cv2.IMREAD_GRAYSCALE)
    read = [code.text for code in zxingcpp.read_barcodes(picture) if code.valid]
    return read[0] if read else ""
