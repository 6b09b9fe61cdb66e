"""``tram fleet`` with a real broker, a real ingest worker and the region's watch over its store."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from benchmarks.region import ingest
from edge.journal.store import read_rows
from edge.report.fold import Fold
from ground.hours import Hours
from hw.twins.broker import Broker, running
from monitor.store.database import open_store
from monitor.store.schema import alarm, fact, ledger, station
from monitor.watch.loop import run as watch
from monitor.watch.rules import PATIENCE, RULES, Kind
from tests.patience import CEILING_S
from tram.certificates.authority import for_broker
from tram.fleet.day import ZONE

STATIONS = 20
AT_ONCE = {
    **RULES,
    Kind.OFFLINE: replace(RULES[Kind.OFFLINE], for_s=1, clear_s=1),
    Kind.OUTAGE: replace(RULES[Kind.OUTAGE], for_s=1, clear_s=1),
}
"""Whoever is silent for a second is called so."""
UNSETTLED = replace(PATIENCE, settle_s=0)
"""Without grace after a start: whoever were away would be called so."""


def wait(what: str, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + CEILING_S
    while not done():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


class Fleet:
    """The program, and the status lines it printed."""

    def __init__(self, folder: Path, broker: Broker, *more: str) -> None:
        assert broker.authority is not None
        self.data = folder / "fleet"
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            [
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
                "2",
                "--processes",
                "2",
                "--poll",
                "1",
                "--data",
                str(self.data),
                *more,
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(line.strip() for line in self._process.stdout)

    def told(self, name: str) -> int:
        """A figure of the newest status line; -1: there is none yet."""
        found = re.findall(rf"\b{name}=(\d+)", self.lines[-1]) if self.lines else []
        return int(found[0]) if found else -1

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            os.kill(self._process.pid, number)
        return self._process.wait(CEILING_S)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running(tmp_path / "broker", tls=for_broker(tmp_path / "tls")) as broker:
        yield broker


@pytest.fixture
def store(tmp_path: Path, broker: Broker) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path}/region.db"
    engine = open_store(url)
    with ingest(url, broker, ["vn-thanh-hoa", "vn-nghe-an"]):
        yield engine
    engine.dispose()


@pytest.fixture
def fleet(tmp_path: Path, broker: Broker, store: Engine) -> Iterator[Fleet]:
    fleet = Fleet(tmp_path, broker, "--dossiers", "6", "--pace", "600")
    yield fleet
    fleet.end(signal.SIGKILL)


def count(store: Engine, *conditions: object) -> int:
    with store.connect() as connection:
        query = select(func.count()).select_from(station).where(*conditions)  # type: ignore[arg-type]
        return int(connection.execute(query).scalar_one())


def born_since(store: Engine, at_ms: int) -> int:
    return count(store, station.c.online, station.c.born_at > at_ms)


def alarms(store: Engine) -> list[str]:
    with store.connect() as connection:
        return list(connection.execute(select(alarm.c.kind)).scalars())


def whole(store: Engine, fleet: Fleet) -> bool:
    """Whether the region holds, in proof, all that the journals of the fleet say."""
    with store.connect() as connection:
        books = {row.station: row for row in connection.execute(select(ledger))}
        facts: dict[str, int] = dict(
            map(
                tuple,
                connection.execute(select(fact.c.station, func.count()).group_by(fact.c.station)),
            )
        )
    for folder in fleet.data.iterdir():
        if not folder.is_dir():
            continue
        fold = Fold(folder.name, ZONE)
        for row in read_rows(folder / "journal.db"):
            fold.apply(row)
        book = books.get(folder.name)
        if book is None or (book.through, book.chain) != (fold.number, fold.chain):
            return False
        assert facts[folder.name] == fold.number
        assert book.quarrel is None
    return len(books) == STATIONS


@contextmanager
def watched(store: Engine) -> Iterator[None]:
    ended = threading.Event()
    watcher = threading.Thread(
        target=watch,
        args=(store, ended),
        kwargs={
            "every_s": 0.3,
            "rules": AT_ONCE,
            "patience": UNSETTLED,
            "default": Hours(0, 24 * 60),
        },
    )
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def test_a_fleet_comes_back_after_its_broker_was_killed_and_loses_nothing(
    fleet: Fleet, broker: Broker, store: Engine
) -> None:
    wait("all born", lambda: fleet.told("born") == STATIONS)
    wait("births stored", lambda: born_since(store, 0) == STATIONS)
    with watched(store):
        killed_ms = time.time_ns() // 1_000_000
        broker.kill()
        broker.start()
        wait("all born again", lambda: born_since(store, killed_ms) == STATIONS)
        before = fleet.told("acknowledged")
        wait("facts go on", lambda: fleet.told("acknowledged") > before)
        assert alarms(store) == [], "a broker that died is no booth that did"
        # The same watch sees booths that are away.
        assert fleet.end() == 0
        wait("deaths", lambda: count(store, station.c.online) == 0)
        wait("an alarm", lambda: alarms(store) != [])


def test_every_fact_is_acknowledged_exactly_once_in_the_store_over_a_killed_broker(
    tmp_path: Path, broker: Broker, store: Engine
) -> None:
    fleet = Fleet(tmp_path, broker, "--dossiers", "40")
    try:
        wait("some are acknowledged", lambda: fleet.told("acknowledged") > 0)
        broker.kill()
        broker.start()
        wait("the books are whole", lambda: whole(store, fleet))
        wait("the fleet knows", lambda: fleet.told("acknowledged") == fleet.told("facts"))
        assert fleet.told("facts") >= 40 * STATIONS
    finally:
        fleet.end(signal.SIGKILL)


def test_sigterm_ends_a_fleet_with_deaths_and_a_last_line(
    fleet: Fleet, broker: Broker, store: Engine
) -> None:
    wait("all born", lambda: fleet.told("born") == STATIONS)
    wait("births stored", lambda: count(store, station.c.online) == STATIONS)
    assert fleet.end() == 0
    wait("deaths", lambda: count(store, station.c.online) == 0)
    wait("the last line", lambda: fleet.lines[-1].startswith("ended: "))
    assert f"stations={STATIONS} connected=0 born=0" in fleet.lines[-1]
    # Deaths that they told themselves, in sessions that ended in order: no Will was published.
    assert "closed its connection" not in broker.log()


def test_a_fleet_without_a_broker_waits_and_ends_cleanly(tmp_path: Path, broker: Broker) -> None:
    broker.kill()
    fleet = Fleet(tmp_path, broker)
    try:
        wait("a status line", lambda: fleet.told("facts") > 0)
        assert fleet.told("connected") == 0
        assert fleet.end(signal.SIGINT) == 0
    finally:
        fleet.end(signal.SIGKILL)
