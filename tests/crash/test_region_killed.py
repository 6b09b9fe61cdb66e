"""The region and the way to it killed in every part while a booth works: no fact lost or doubled.

A real journal is written by a made-up booth; ``tram edge``, mosquitto with TLS and ``tram monitor``
run as programs. Each is killed at a moment that dice choose, in the middle of work: two at a time,
on the region's side and on the way to it, and before the next two the region has taken in something
new, so those before were survived.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest
from sqlalchemy import func, select

from edge.journal import events as e
from edge.journal.store import Journal, read_events
from ground.clock import SystemClock
from hw.twins.broker import Broker, running
from hw.twins.time_service import TimeService
from monitor.store.schema import fact, hour, ledger
from tests.hil.uplink_booth import CODE, Booth
from tests.monitor_program import Monitor
from tests.patience import CEILING_S
from tram.certificates.authority import for_broker
from tram.demo.booth import Booth as DemoBooth
from tram.demo.region import Region, acknowledged, wait_until_acknowledged
from tram.fleet.day import journal

PACE_S = 0.004
"""Between two rows: some fifteen people a second would be too many for any machine."""
PEOPLE = 5_000
"""More than are served in the time of this test."""
OUTCOMES = {
    e.Sealed: "sealed",
    e.DossierReferred: "referred",
    e.DossierRefused: "refused",
    e.DossierAbandoned: "abandoned",
}
_body = msgspec.json.Decoder(e.AnyBody).decode


class Work(threading.Thread):
    """A station that journals a made-up day, until told to stop after the person it serves."""

    def __init__(self, data: Path) -> None:
        super().__init__(daemon=True)
        self._path = data / "journal.db"
        self._stopped = threading.Event()
        self.people = 0

    def run(self) -> None:
        kept = Journal(
            self._path,
            CODE,
            SystemClock(flag=TimeService(self._path.parent / "time").synchronise()),
        )
        try:
            for row in journal(CODE, days=1, dossiers=PEOPLE):
                body = _body(row[7])
                kept.append(body, dossier=row[6])
                if isinstance(body, e.DossierClosed):
                    self.people += 1
                    if self._stopped.is_set():
                        return
                self._stopped.wait(PACE_S)
        finally:
            kept.close()

    def stop(self) -> None:
        self._stopped.set()
        self.join()


class Scene:
    """Everything between a journal and the region's store."""

    def __init__(self, folder: Path) -> None:
        self.broker = Broker(folder / "broker", tls=for_broker(folder / "tls"))
        self.monitor = Monitor(folder / "region", self.broker)
        self.booth = Booth(folder / "booth", self.broker)
        self.work = Work(self.booth.data)

    def start(self) -> None:
        self.broker.start()
        self.monitor.start()
        self.work.start()
        self.until_more(self.connections, 0, "the first worker")
        self.booth.start()

    def close(self) -> None:
        self.work.stop()
        self.booth.close()
        self.monitor.close()
        self.broker.kill()

    # ---- kills ---------------------------------------------------------------------------

    def edge(self) -> None:
        self.booth.close()
        self.booth.start()

    def mosquitto(self) -> None:
        self.broker.kill()
        self.broker.start()

    def worker(self) -> None:
        self.monitor.part("worker-0").kill()

    def pages(self) -> None:
        self.monitor.part("web").kill()

    def whole_region(self) -> None:
        self.monitor.kill()
        self.monitor.start()

    def parent(self) -> None:
        """Its parts find out that they are alone."""
        self.monitor.kill(parent_only=True)
        self.monitor.start()

    # ---- what is seen --------------------------------------------------------------------

    def through(self) -> int:
        with self.monitor.engine.connect() as connection:
            return connection.scalar(select(func.max(ledger.c.through))) or 0

    def connections(self) -> int:
        """Times that a worker began to take messages."""
        return self.monitor.log().count("connected as")

    def serve(self, people: int) -> None:
        """Wait until more than ``people`` have been served."""
        self.until_more(lambda: self.work.people, self.work.people + people, "people")

    def logs(self) -> dict[str, str]:
        return {
            "edge": self.booth.log(),
            "monitor": self.monitor.log(),
            "broker": self.broker.log(),
        }

    def until_more(self, count: Callable[[], int], than: int, what: str) -> None:
        def told() -> str:
            tails = {name: log[-1500:] for name, log in self.logs().items()}
            return f"waited in vain for {what}: {tails}"

        until(lambda: count() > than, told)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(tmp_path)
    try:
        yield scene
    finally:
        scene.close()


def test_whatever_is_killed_the_region_counts_everybody_once(scene: Scene) -> None:
    dice = Random(20)
    scene.start()
    held = 0
    for region_side, way_side in (
        (scene.worker, scene.edge),
        (scene.parent, scene.mosquitto),
        (scene.whole_region, scene.edge),
        (scene.pages, scene.mosquitto),
    ):
        scene.until_more(scene.through, held, f"facts before {region_side.__name__}")
        scene.serve(dice.randrange(4))
        held = scene.through()
        heard = scene.connections()
        region_side()
        if region_side != scene.pages:
            scene.until_more(scene.connections, heard, f"a worker after {region_side.__name__}")
        scene.serve(dice.randrange(4))
        way_side()
    scene.work.stop()
    scene.monitor.until_it_answers()

    booth = DemoBooth(scene.booth.data, 0, 1.0, 0, code=CODE)
    region = Region("", "", scene.monitor.engine, scene.broker, "")
    there, missing = wait_until_acknowledged(region, [booth])
    assert missing == 0, scene.logs()
    assert scene.booth.end() == 0
    assert scene.monitor.end() == 0
    assert acknowledged(region, [booth]) == (there, 0)
    assert there >= scene.work.people
    sums = [func.sum(hour.c[name]) for name in OUTCOMES.values()]
    with scene.monitor.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(fact)) == there
        assert connection.execute(select(ledger.c.through, ledger.c.quarrel)).all() == [
            (there, None)
        ]
        counted = dict(zip(OUTCOMES.values(), connection.execute(select(*sums)).one(), strict=True))
    assert counted == outcomes(scene.booth.data / "journal.db")
    for name, log in scene.logs().items():
        assert "Traceback" not in log, f"{name}: {log}"


def test_pages_whose_port_another_program_has_say_so_and_come_when_it_is_free(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "broker") as broker:
        monitor = Monitor(tmp_path / "region", broker)
        try:
            with socket.create_server(("127.0.0.1", monitor.port)):
                monitor.start()
                until(lambda: f"Port {monitor.port} is taken (" in monitor.log(), monitor.log)
            monitor.until_it_answers()
            assert monitor.end() == 0
            assert "Traceback" not in monitor.log()
        finally:
            monitor.close()


def until(true: Callable[[], bool], told: Callable[[], str]) -> None:
    deadline = time.monotonic() + CEILING_S
    while not true():
        assert time.monotonic() < deadline, told()
        time.sleep(0.02)


def outcomes(path: Path) -> dict[str, int]:
    """How people left, by the journal's own rows."""
    events = list(read_events(path))
    told = Counter(OUTCOMES[type(event.body)] for event in events if type(event.body) in OUTCOMES)
    assert told.total() == sum(isinstance(event.body, e.DossierClosed) for event in events)
    return {name: told[name] for name in OUTCOMES.values()}
