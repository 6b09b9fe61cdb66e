"""Runs a demo booth for the figures, and reads them from its journal and processes."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from edge.journal import events as e
from edge.journal.store import read_events


@contextlib.contextmanager
def demo(data: Path, citizens: int, speed: float, seed: int) -> Iterator[subprocess.Popen[str]]:
    """``tram demo`` on ``data``, ended with everything it started."""
    command = [
        sys.executable,
        "-m",
        "tram",
        "demo",
        "--citizens",
        str(citizens),
        "--speed",
        str(speed),
        "--seed",
        str(seed),
        "--exit",
        "--headless",
        "--data",
        str(data),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        for child in (
            [*psutil.Process(process.pid).children(recursive=True)] if running(process) else []
        ):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.terminate()
        process.terminate()
        process.wait()


def running(process: subprocess.Popen[str]) -> bool:
    return process.poll() is None


def station_of(process: subprocess.Popen[str]) -> psutil.Process | None:
    """The ``tram station`` process of a demo."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children():
            if "station" in child.cmdline():
                return child
    return None


def memory_mb(process: psutil.Process) -> float:
    """Proportional set size of a process and its children: what they cost the machine.

    The station keeps its memory from other programs (``tram/memory.py``), so that only root may
    count its shared pages by their share; for others they count in full (resident set size).
    """
    total = 0
    for member in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            try:
                total += member.memory_full_info().pss
            except psutil.AccessDenied:
                total += member.memory_info().rss
    return total / 1e6


def closed_dossiers(data: Path) -> int:
    """Dossiers that the journal says are closed; 0 before there is one."""
    path = data / "journal.db"
    if not path.exists():
        return 0
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
    ):
        (count,) = db.execute("SELECT count(*) FROM event WHERE kind = 'closed'").fetchone()
        return int(count)
    return 0


def software_ms(data: Path) -> list[int]:
    """Software waiting time of every sealed dossier."""
    sealed, found = set(), []
    for event in read_events(data / "journal.db"):
        if isinstance(event.body, e.Sealed):
            sealed.add(event.dossier)
        elif isinstance(event.body, e.DossierClosed) and event.dossier in sealed:
            found.append(event.body.software_ms)
    return sorted(found)


def held_and_makespan_s(data: Path, device: e.Device) -> tuple[float, float]:
    """(time that ``device`` was held, time from the first call to the last confirmation)."""
    taken: dict[str | None, int] = {}
    held, first, last = 0, 0, 0
    for event in read_events(data / "journal.db"):
        match event.body:
            case e.TicketCalled():
                first = first or event.mono
            case e.DeviceTaken(device=d) if d is device:
                taken[event.dossier] = event.mono
            case e.DeviceReleased(device=d) if d is device and event.dossier in taken:
                held += event.mono - taken.pop(event.dossier)
            case e.Sealed():
                last = event.mono
    return held / 1000, (last - first) / 1000
