"""A booth as its uplink sees it: a real journal, a configuration, and a real ``tram edge``."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from edge.journal.events import AnyBody
from edge.journal.store import Journal, Row
from ground.clock import Clock, SystemClock
from hw.twins.broker import Broker
from hw.twins.time_service import TimeService
from tests.patience import CEILING_S

CODE = "TH0417"
GROUP = "vn-thanh-hoa"
DEVICES = ("camera", "fingerprint", "peripherals", "printer", "scanner")


class Booth:
    """``uplink``: more lines of the table; ``port``: of a proxy before the broker."""

    def __init__(
        self, folder: Path, broker: Broker, *, port: int | None = None, uplink: str = ""
    ) -> None:
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.config = folder / "station.toml"
        self.time = TimeService(folder / "time")
        tls = f'ca = "{broker.authority.ca}"' if broker.authority else "tls = false"
        self.config.write_text(
            f'[station]\ncode = "{CODE}"\nname = "Bỉm Sơn"\naddress = "12 Trần Phú"\n'
            f'region = "vn/thanh-hoa/bim-son"\nclock_flag = "{self.time.synchronise()}"\n'
            '[devices]\npico = "/dev/pico"\nfingerprint = "/dev/finger"\n'
            'scanner = "/dev/scanner"\ncamera = "picamera2:"\n'
            f'[paths]\ndata = "{self.data}"\n'
            f'[uplink]\nhost = "{broker.host}"\nport = {port or broker.port}\n{tls}\n{uplink}\n'
        )
        self.journal: Journal | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "edge-process.log"

    # ---- the station's side --------------------------------------------------------------

    def fill(self, rows: Iterable[Row]) -> None:
        """A journal of ``rows``, as a station left it."""
        Journal(self.data / "journal.db", CODE, SystemClock()).close()
        with sqlite3.connect(self.data / "journal.db") as db:
            db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", rows)
        db.close()

    def open(self, clock: Clock | None = None) -> Journal:
        """The station starts: it holds the journal's lock."""
        clock = clock or SystemClock(flag=self.time.flag)
        self.journal = Journal(self.data / "journal.db", CODE, clock)
        return self.journal

    def record(self, *bodies: AnyBody, dossier: str | None = None) -> None:
        assert self.journal is not None
        self.journal.append(*bodies, dossier=dossier)

    def shut(self) -> None:
        """The station ends."""
        if self.journal is not None:
            self.journal.close()
            self.journal = None

    # ---- the uplink ----------------------------------------------------------------------

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tram", "edge", "--config", str(self.config)],
                stderr=log,
                stdout=log,
            )

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code; ended by its pid."""
        assert self._process is not None
        os.kill(self._process.pid, number)
        code = self._process.wait(CEILING_S)
        self._process = None
        return code

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def close(self) -> None:
        if self.runs:
            self.end(signal.SIGKILL)
        self.shut()
