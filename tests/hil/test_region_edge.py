"""A booth's real uplink and the region's real worker: what each tells, the other makes something
of. The journal's rows are made here; nothing of the station runs."""

# ruff: noqa: F811  (a fixture is imported, and named again as a parameter)

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, select

from edge.journal import events as e
from edge.report.facts import DayClosed
from edge.report.orders import Command, Role, SendLogs, sign
from ground.clock import SteppedClock, SystemClock
from hw.twins.broker import Broker
from monitor.store import days, fleet, logs
from monitor.store.database import open_store, writing
from monitor.store.schema import alarm, command, figure, ledger, spell
from monitor.watch.loop import Watch
from monitor.watch.rules import RULES, Kind
from tests.hil.monitor_booth import WorkerProcess, now_ms
from tests.hil.uplink_booth import CODE, Booth
from tests.hil.uplink_fixtures import broker  # noqa: F401  (a fixture)
from tests.patience import CEILING_S
from tests.unit.report.station_days import Diced, folded

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


class Scene:
    """A worker, and a booth whose uplink starts when it is told to."""

    def __init__(self, folder: Path, broker: Broker) -> None:
        db = f"sqlite:///{folder / 'region.db'}"
        self.worker = WorkerProcess(db, broker.port, folder / "worker.log")
        self.engine: Engine = open_store(db)
        public = KEY.public_key().public_bytes_raw().hex()
        self.booth = Booth(folder / "booth", broker, uplink=f'command_key = "{public}"')

    def until(self, what: Callable[[], object]) -> None:
        deadline = time.monotonic() + CEILING_S
        while not what():
            assert time.monotonic() < deadline, self.booth.log() + self.worker.log.read_text()
            time.sleep(0.05)

    def one(self, column: object) -> object:
        with self.engine.connect() as connection:
            return connection.execute(select(column)).scalar()  # type: ignore[call-overload]

    def end(self) -> None:
        self.booth.close()
        self.worker.end()
        self.engine.dispose()


@pytest.fixture
def scene(tmp_path: Path, broker: Broker) -> Iterator[Scene]:
    scene = Scene(tmp_path, broker)
    yield scene
    scene.end()


def test_logs_that_are_ordered_come_back_and_are_kept(scene: Scene) -> None:
    booth = scene.booth
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    lines = [f"2026-03-02 07:00:00 INFO tram dòng {n}" for n in range(60)]
    (booth.data / "station.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    booth.start()
    scene.until(lambda: scene.one(ledger.c.through) == 2)  # that the clock is set, and the start
    now = now_ms()
    order = Command("00000000000000aa", CODE, Role.OPERATOR, now, now + 60_000, SendLogs(20))
    with writing(scene.engine) as connection:
        connection.execute(
            command.insert().values(
                id=order.id,
                station=CODE,
                order=msgspec.json.encode(order.order).decode(),
                wire=sign(order, KEY),
                by="lan",
                role="operator",
                issued_at=now,
                expires_at=order.expires_at,
            )
        )

    def kept() -> list[str | None]:
        with scene.engine.connect() as connection:
            found = logs.logs(connection, CODE)
            return [logs.text_of(connection, CODE, one.id) for one in found]

    scene.until(kept)
    (text,) = kept()
    assert text is not None
    assert text.splitlines()[:21] == ["== station.log", *lines[-20:]]


def test_a_device_broken_before_the_first_birth_is_known_with_its_fault(scene: Scene) -> None:
    booth = scene.booth
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.record(e.DeviceFailed(e.Device.PRINTER, e.FaultCode.PAPER_OUT))
    booth.start()

    def faults() -> dict[str, dict[str, str]]:
        with scene.engine.connect() as connection:
            found = fleet.booths(connection, now_ms())
        return {code: dict(one.faults) for code, one in found.items() if one.faults}

    scene.until(faults)
    assert faults() == {CODE: {"printer": "paper_out"}}
    printer = select(spell.c.device).where(spell.c.device == "printer").scalar_subquery()
    assert scene.one(printer) is None  # it was never born
    booth.record(e.DeviceRecovered(e.Device.PRINTER))
    scene.until(lambda: scene.one(printer) == "printer")
    scene.until(lambda: faults() == {})


def test_days_of_a_whole_journal_are_reconciled(scene: Scene) -> None:
    rows = Diced(20_251_010).run(4_000).rows
    closed = [x.fact.day for _, x in folded(rows) if isinstance(x.fact, DayClosed)]
    assert len(closed) > 3
    scene.booth.fill(rows)
    scene.booth.start()

    def held() -> list[days.Day]:
        with scene.engine.connect() as connection:
            return days.of_branch(connection, "")

    scene.until(lambda: len(held()) >= len(closed))
    found = held()
    assert sorted(one.day for one in found) == sorted(closed)
    assert all(one.agrees for one in found)
    assert scene.one(ledger.c.quarrel) is None


def test_a_station_that_cannot_see_its_clock_is_set_raises_the_regions_alarm(scene: Scene) -> None:
    """Its rows are untrusted while the uplink beside it sees a set clock: a sandbox of the station
    alone. Nothing that it does is dated, so somebody must hear of it."""
    booth = scene.booth
    blind = SteppedClock(now_ms(), boot=SystemClock().boot)
    blind.is_trusted = False
    booth.open(blind)
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    rules = {**RULES, Kind.CLOCK_UNTRUSTED: replace(RULES[Kind.CLOCK_UNTRUSTED], for_s=0)}
    watch = Watch(scene.engine, SystemClock(kept=True), rules)

    def alarms() -> list[tuple[str, bool]]:
        watch.step()
        with scene.engine.connect() as connection:
            rows = connection.execute(
                select(alarm.c.station, alarm.c.cleared_at).where(alarm.c.kind == "clock_untrusted")
            )
            return [(row.station, row.cleared_at is None) for row in rows]

    scene.until(lambda: alarms() == [(CODE, True)])
    blind.is_trusted = True
    booth.record(e.ClockChanged())
    scene.until(lambda: alarms() == [(CODE, False)])
    trusted = select(figure.c.number).where(figure.c.name == "Clock/Trusted").scalar_subquery()
    assert scene.one(trusted) == 1
