"""Family ``fleet``: every booth back after the region's broker was killed.

3,321 stations, one a commune, on the edge's own code (``tram fleet``), a real mosquitto with TLS, a
real ingest worker over SQLite, and the region's watch over the same store. The stations' folders
are in memory where the machine has room: 3,321 booths do not share one disk in the field.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, Select, func, select

from benchmarks.region import ingest
from ground.hours import Hours
from hw.twins.broker import Broker, running
from monitor.store.database import open_store
from monitor.store.schema import alarm, ledger, station
from monitor.watch.loop import run as watch
from tram.certificates.authority import for_broker

STATIONS, DOSSIERS = 3_321, 5
GROUPS = ("vn-thanh-hoa", "vn-nghe-an", "vn-ha-noi")
RUNS = 3
POLL_S = 30
"""Nothing new happens in the journals: the fleet need not look often."""
GIVE_UP_S = 900.0
LOOK_S = 0.5
CALM_S = 70.0
"""A session that lived for a minute begins the back-off anew (``ground/backoff.py``)."""


def run() -> Iterator[dict[str, Any]]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/region.db"
        engine = open_store(url)
        with (
            running(folder / "broker", tls=for_broker(folder / "tls")) as broker,
            ingest(url, broker, GROUPS) as worker,
            _fleet(folder, broker) as fleet,
            _watching(engine),
        ):
            _until("stored", lambda: _born_since(engine, 0) == STATIONS and _whole(engine))
            alarms = _alarms(engine)
            took, spent = [], []
            for _run in range(RUNS):
                time.sleep(CALM_S)
                seconds, cpu = _restart(engine, broker, fleet, worker.pid or 0)
                took.append(seconds)
                spent.append(cpu)
            _until("facts are whole", lambda: _whole(engine))
            alarms = _alarms(engine) - alarms
        engine.dispose()
    fleet_s, ingest_s, broker_s = spent[took.index(max(took))]
    yield {
        "name": "fleet.reconnect_s",
        "value": round(statistics.median(took), 1),
        "unit": "s",
        "limit": 60,
        "note": (
            f"{STATIONS} stations, from the broker's SIGKILL until every birth is stored; median "
            f"of {RUNS}: {min(took):.1f} to {max(took):.1f}; CPU of the slowest: fleet "
            f"{fleet_s:.0f} s, ingest {ingest_s:.0f} s, broker {broker_s:.0f} s on "
            f"{os.cpu_count()} cores; load {psutil.getloadavg()[0]:.1f}"
        ),
    }
    yield {
        "name": "fleet.false_alarms",
        "value": alarms,
        "unit": "1",
        "limit": 0,
        "note": f"raised by the region's watch over {RUNS} restarts",
    }


@contextmanager
def _fleet(folder: Path, broker: Broker) -> Iterator[subprocess.Popen[bytes]]:
    assert broker.authority is not None
    command = [
        sys.executable,
        "-m",
        "tram",
        "fleet",
        "--stations",
        str(STATIONS),
        "--broker",
        f"{broker.host}:{broker.port}",
        "--ca",
        str(broker.authority.ca),
        "--groups",
        str(len(GROUPS)),
        "--dossiers",
        str(DOSSIERS),
        "--poll",
        str(POLL_S),
        "--data",
        str(folder / "fleet"),
    ]
    fleet = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield fleet
    finally:
        fleet.terminate()
        fleet.wait()


@contextmanager
def _watching(engine: Engine) -> Iterator[None]:
    """The region's watch with its own rules, over booths that are open day and night."""
    ended = threading.Event()
    watcher = threading.Thread(
        target=watch, args=(engine, ended), kwargs={"default": Hours(0, 1440)}
    )
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _restart(
    engine: Engine, broker: Broker, fleet: subprocess.Popen[bytes], worker: int
) -> tuple[float, tuple[float, float, float]]:
    """(seconds until all births are stored, CPU seconds of fleet, ingest and broker)."""
    before = _cpu(fleet.pid), _cpu(worker)
    at_ms, begun = time.time_ns() // 1_000_000, time.monotonic()
    broker.kill()
    broker.start()
    _until("born again", lambda: _born_since(engine, at_ms) == STATIONS)
    took = time.monotonic() - begun
    mosquitto = sum(
        _cpu(child.pid) for child in psutil.Process().children() if child.name() == "mosquitto"
    )
    return took, (_cpu(fleet.pid) - before[0], _cpu(worker) - before[1], mosquitto)


def _cpu(pid: int) -> float:
    """Seconds of a process and those it started."""
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children())]
    return float(sum(one.user + one.system for one in times))


def _until(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what}: not within {GIVE_UP_S:.0f} s")
        time.sleep(LOOK_S)


def _born_since(engine: Engine, at_ms: int) -> int:
    query = select(func.count()).select_from(station)
    return _one(engine, query.where(station.c.online, station.c.born_at > at_ms))


def _whole(engine: Engine) -> bool:
    """Whether the region holds every fact it was told of."""
    query = select(func.count()).select_from(ledger)
    return _one(engine, query.where(ledger.c.through == ledger.c.total)) == STATIONS


def _alarms(engine: Engine) -> int:
    return _one(engine, select(func.count()).select_from(alarm))


def _one(engine: Engine, query: Select[Any]) -> int:
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())
