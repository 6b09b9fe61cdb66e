"""``tram demo`` killed, in part or as a whole, and started again on the same folder."""

from __future__ import annotations

import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import psutil

from edge.journal.events import Event
from edge.journal.store import JournalError, read_events
from edge.journal.verify import verify
from tests.crash.books import check_devices, check_tickets
from tests.patience import CEILING_S

CITIZENS = 4
KILLS = ("station", "tree", "demo", "station", "tree")
"""The station's process; every process of the demo at once; the demo's own, which ends the rest."""


class Demo:
    """A running ``tram demo`` on ``data``."""

    def __init__(self, data: Path) -> None:
        self.journal = data / "journal.db"
        options = ("--citizens", str(CITIZENS), "--speed", "40", "--seed", "5", "--exit")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tram", "demo", *options, "--headless", "--data", str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def rows(self) -> int:
        try:
            return len(self.events())
        except JournalError:  # not there yet, or just being made
            return 0

    def reach(self, row: int) -> None:
        """Wait until the journal has so many rows."""
        deadline = time.monotonic() + CEILING_S
        while self.rows() < row:
            assert self._process.poll() is None, self.ended()
            assert time.monotonic() < deadline, f"waited in vain for row {row}"
            time.sleep(0.02)  # between looks at another program's file

    def events(self) -> list[Event]:
        return list(read_events(self.journal))

    def family(self) -> list[psutil.Process]:
        """Every process of the demo, itself first."""
        own = psutil.Process(self._process.pid)
        return [own, *own.children(recursive=True)]

    def kill(self, what: str) -> None:
        family = self.family()
        if what == "station":
            (station,) = (p for p in family if "station" in p.cmdline())
            station.send_signal(signal.SIGKILL)
        elif what == "demo":
            family[0].send_signal(signal.SIGKILL)
        else:
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):  # it died with its parent
                    process.send_signal(signal.SIGKILL)
        self._process.wait(CEILING_S)  # ours to reap: psutil would take its exit code
        _, alive = psutil.wait_procs(family, CEILING_S)
        assert not alive, f"left behind: {alive}"

    def ended(self) -> tuple[int, str, str]:
        """Exit code, standard output and error, once it has ended."""
        out, err = self._process.communicate(timeout=CEILING_S)
        return self._process.returncode, out, err


def test_a_demo_killed_again_and_again_serves_everybody_once(tmp_path: Path) -> None:
    data, dice = tmp_path / "demo", Random(1)
    kept: list[Event] = []
    for what in KILLS:
        demo = Demo(data)
        demo.reach(len(kept) + dice.randrange(4, 18))
        demo.kill(what)
        code, _, err = demo.ended()
        assert code != 0
        assert "Traceback" not in err
        assert verify(demo.journal).bad_row is None
        events = demo.events()
        assert events[: len(kept)] == kept, "what was written stays"
        check_tickets(events)
        check_devices(events)
        kept = events

    code, out, err = Demo(data).ended()
    assert code == 0, err
    line, region = out.splitlines()
    assert re.fullmatch(r"acknowledged=[1-9]\d* missing=0", region)
    figures = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}
    assert list(figures) == ["sealed", "referred", "refused", "abandoned", "lost"]
    assert figures.pop("lost") == 0
    assert sum(figures.values()) == CITIZENS
    for log in data.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.name
