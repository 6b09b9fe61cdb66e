"""From a booth over a real broker into a real store and back: nothing lost, whatever dies."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from edge.report.facts import REPORT
from edge.report.metrics import NODE
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import Message
from edge.sparkplug.payload import Metric
from hw.twins.broker import Broker, running
from monitor.store.database import open_store, writing
from monitor.store.schema import command, fact, hour, ledger, station
from tests import postgres
from tests.hil.monitor_booth import Joined, WorkerProcess, now_ms
from tests.patience import CEILING_S
from tests.unit.monitor.host_booth import EPOCH_1, GROUP, STATION, Booth


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running(tmp_path_factory.mktemp("broker")) as broker:
        yield broker


class Scene:
    """A worker on ``db`` and one booth; everything is ended by ``end``."""

    def __init__(self, db: str, broker: Broker, folder: Path) -> None:
        self.worker = WorkerProcess(db, broker.port, folder / "worker.log")
        self.joined: list[Joined] = []
        self.engine: Engine = open_store(db)
        self._port = broker.port

    def join(self, booth: Booth | None = None) -> Joined:
        joined = Joined(booth or Booth(), self._port)
        self.joined.append(joined)
        return joined

    def one(self, column: object) -> object:
        with self.engine.connect() as connection:
            return connection.execute(select(column)).scalar()  # type: ignore[call-overload]

    def until(self, column: object, value: object) -> None:
        deadline = time.monotonic() + CEILING_S
        while (have := self.one(column)) != value:
            assert time.monotonic() < deadline, f"{have}, not {value}"
            time.sleep(0.05)

    def end(self) -> None:
        for joined in self.joined:
            joined.leave()
        assert self.worker.end() == 0, self.worker.log.read_text()
        assert "Traceback" not in self.worker.log.read_text()
        self.engine.dispose()


@pytest.fixture
def scene(broker: Broker, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(f"sqlite:///{tmp_path / 'region.db'}", broker, tmp_path)
    yield scene
    scene.end()


def whole(scene: Scene, facts: int) -> None:
    """The store holds each fact once, and says so."""
    assert scene.one(func.count(fact.c.number)) == facts
    assert scene.one(ledger.c.through) == facts
    assert scene.one(ledger.c.quarrel) is None
    assert scene.one(func.sum(hour.c.sealed)) == facts


def test_facts_are_stored_and_acknowledged(scene: Scene) -> None:
    booth = scene.join()
    booth.booth.dossiers(120)
    booth.until_acknowledged(120)
    whole(scene, 120)


def test_doubled_reordered_and_broken_messages_change_nothing(scene: Scene) -> None:
    chance = random.Random(7)
    booth = scene.join()
    booth.booth.dossiers(300)
    messages = [booth.booth.tell(n, n + 4, now_ms()) for n in range(1, 300, 5)]
    disturbed: list[Message] = []
    for start in range(0, len(messages), 6):
        some = messages[start : start + 6] * 2
        chance.shuffle(some)
        disturbed += some
        noise = chance.randbytes(60)
        disturbed.append(Message(f"spBv1.0/{GROUP}/NDATA/{STATION}", noise, 0, False))
        disturbed.append(Message(f"spBv1.0/{GROUP}/DBIRTH/{STATION}/robot", noise, 0, False))
        disturbed.append(Message(f"spBv1.0/{GROUP}/NBIRTH/TH9999", noise, 1, False))
    booth.send(*disturbed)
    booth.until_acknowledged(300)
    whole(scene, 300)


def test_malformed_reports_of_one_booth_stop_no_other(scene: Scene) -> None:
    """Not UTF-8 where a text is due; an array within an array without end; STATE of that kind."""
    bad, good = scene.join(), scene.join(Booth("TH0418"))
    pid = scene.worker.process.pid
    for wire in (b"\x93\xa8" + b"\xff" * 8 + b"\x01\x90", b"\x91" * 100_000, b"\xc1"):
        bad.send(bad.booth.node.data(now_ms(), [Metric(REPORT, wire, DataType.BYTES)]))
    bad.send(Message("spBv1.0/STATE/tram-0", b"[" * 100_000, 0, False))
    for booth in (bad, good):
        booth.booth.dossiers(20)
        booth.until_acknowledged(20)
    assert scene.worker.process.poll() is None
    assert scene.worker.process.pid == pid
    assert scene.worker.log.read_text().count("TH0417: a malformed report is left out") == 3


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(scene: Scene) -> None:
    booth = scene.join()
    for round_ in range(1, 5):
        booth.booth.dossiers(100)
        facts = round_ * 100
        while booth.through < facts - 60:  # somewhere between commit and acknowledgement
            booth.until_acknowledged(min(facts - 60, max(booth.through, 0) + 30))
        booth.tell(facts - 59, facts)
        scene.worker.kill()
        scene.worker.start()
    booth.until_acknowledged(400)
    whole(scene, 400)


def test_a_booth_that_vanished_is_offline(scene: Scene) -> None:
    booth = scene.join()
    scene.until(station.c.online, True)
    booth.vanish()
    scene.joined.clear()
    scene.until(station.c.online, False)


def test_a_death_while_the_worker_was_away_is_found_out(scene: Scene) -> None:
    """The broker told nobody; the booth that still is there is asked and answers."""
    gone, there = scene.join(), scene.join(Booth("TH0418"))
    scene.until(select(func.count()).where(station.c.online).scalar_subquery(), 2)
    scene.worker.kill()
    gone.leave()
    scene.joined.remove(gone)
    scene.worker.start()
    there.until(lambda: there.rebirths == 1)


def test_a_command_waits_for_its_booth(scene: Scene) -> None:
    with writing(scene.engine) as connection:
        connection.execute(
            command.insert().values(
                id="00000000000000aa",
                station=STATION,
                order="{}",
                wire=b"signed",
                by="lan",
                role="operator",
                issued_at=now_ms(),
                expires_at=now_ms() + 60_000,
            )
        )
    booth = scene.join()
    booth.until(lambda: booth.commands)
    assert booth.commands[0] == b"signed"
    scene.until(command.c.sent_at.is_not(None), True)


def test_a_full_disk_acknowledges_nothing_and_then_goes_on(scene: Scene) -> None:
    booth = scene.join()
    booth.booth.dossiers(50)
    booth.until_acknowledged(50)
    pid = scene.worker.process.pid
    largest = max(path.stat().st_size for path in scene.worker.log.parent.iterdir())
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    booth.booth.dossiers(1_000)
    with pytest.raises(TimeoutError):
        booth.until_acknowledged(1_050, patience_s=4.0)
    have = booth.through
    assert have < 1_050
    assert scene.one(ledger.c.through) == have
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    booth.until_acknowledged(1_050)
    whole(scene, 1_050)


def test_a_stopped_postgresql_is_waited_for(broker: Broker, tmp_path: Path) -> None:
    with postgres.running() as server:
        scene = Scene(server.create("region"), broker, tmp_path)
        booth = scene.join()
        booth.booth.dossiers(100)
        booth.until_acknowledged(60)
        server.stop()
        booth.tell(61, 100)
        figure = next(one for one in NODE if one.name == "Line/Pace")
        booth.send(booth.booth.figure(figure.name, 33, now_ms()))
        with pytest.raises(TimeoutError):
            booth.until_acknowledged(100, patience_s=2.0)
        assert booth.through == 60
        server.start()
        scene.engine.dispose()
        booth.until_acknowledged(100)
        whole(scene, 100)
        assert scene.one(ledger.c.epoch) == EPOCH_1
        scene.end()
