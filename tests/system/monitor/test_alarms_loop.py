"""The watch over a real store: rows in, alarm rows out, over kills and a database that is away."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from ground.clock import SteppedClock
from ground.hours import VIETNAM
from monitor.store.database import open_store
from monitor.store.schema import alarm
from monitor.watch.loop import Watch, run
from monitor.watch.rules import PATIENCE, RULES, Kind
from tests.patience import CEILING_S
from tests.postgres import Postgres
from tests.system.monitor.alarms_rows import (
    add_booth,
    be_born,
    die,
    find_again,
    hear,
    lock_out,
    lose,
    rows,
    seal,
    tell,
)

TEN = int(datetime(2026, 11, 23, 10, tzinfo=VIETNAM).timestamp() * 1000)
BIM_SON = "vn/thanh-hoa/bim-son"
AT_ONCE = {**RULES, Kind.LID: replace(RULES[Kind.LID], for_s=0, clear_s=0)}
LID = (Kind.LID.value, BIM_SON, "TH0001", "")
REPO = Path(__file__).parents[3]


class Station:
    """A store with booths, and a watch that looks every five seconds of a clock moved by hand."""

    def __init__(self, engine: Engine, booths: int = 10) -> None:
        self.engine, self.clock = engine, SteppedClock(TEN)
        with engine.begin() as connection:
            for n in range(booths):
                add_booth(connection, f"TH{n:04d}", TEN)
        self.watch = Watch(engine, self.clock)

    def look(self, seconds: float) -> None:
        until = self.clock.now_ms() + seconds * 1000
        while self.clock.now_ms() < until:
            self.clock.advance(5 if seconds <= 200 else 30)
            with self.engine.begin() as connection:
                hear(connection, self.clock.now_ms())
            self.watch.step()

    def happens(self, what: Callable[..., None], *arguments: object) -> None:
        with self.engine.begin() as connection:
            what(connection, arguments[0], self.clock.now_ms(), *arguments[1:])

    def open(self) -> list[tuple[str, str, str | None, str]]:
        with self.engine.connect() as connection:
            return [row[:4] for row in rows(connection) if row[4]]

    def all(self) -> int:
        with self.engine.connect() as connection:
            return len(rows(connection))


@pytest.fixture
def region(engine: Engine) -> Station:
    return Station(engine)


def until(true: Callable[[], bool], within_s: float = 20) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def test_what_booths_report_becomes_alarm_rows_and_ends_again(region: Station) -> None:
    region.look(200)
    region.happens(tell, "TH0001", {"Station/Lid open": 1})
    region.happens(tell, "TH0002", {"State": "failed", "Fault": "hung"}, "camera")
    region.happens(tell, "TH0003", {"Host/Disk free": 100})
    region.happens(tell, "TH0004", {"Supply": 10_500}, "peripherals")
    region.happens(lock_out, "TH0005", 60)
    region.happens(lock_out, "TH0006", 0)  # a wrong passphrase, and not yet locked out
    region.look(400)
    assert set(region.open()) == {
        LID,
        ("device_failed", BIM_SON, "TH0002", "camera"),
        ("disk_full", BIM_SON, "TH0003", ""),
        ("supply_low", BIM_SON, "TH0004", ""),
        ("locked_out", BIM_SON, "TH0005", ""),
    }
    with region.engine.connect() as connection:
        row = connection.execute(select(alarm).where(alarm.c.station == "TH0002")).one()
    assert json.loads(row.detail) == {"fault": "hung"}
    assert (row.severity, row.held, row.acknowledged_at) == (1, False, None)
    region.happens(tell, "TH0001", {"Station/Lid open": 0})
    region.happens(tell, "TH0002", {"State": "works", "Fault": ""}, "camera")
    region.happens(tell, "TH0003", {"Host/Disk free": 9_000})
    region.happens(tell, "TH0004", {"Supply": 12_000}, "peripherals")
    region.look(2000)
    assert region.open() == []
    assert region.all() == 5


def test_a_device_broken_before_the_first_birth_is_told_of_by_the_node_once(
    region: Station,
) -> None:
    """The camera says itself that it failed, too; the printer was never born."""
    region.look(200)
    told = {"Station/Failed devices": "camera hung, printer paper_out"}
    region.happens(tell, "TH0002", told)
    region.happens(tell, "TH0002", {"State": "failed", "Fault": "hung"}, "camera")
    region.look(300)
    assert sorted(region.open()) == [
        ("device_failed", BIM_SON, "TH0002", "camera"),
        ("device_failed", BIM_SON, "TH0002", "printer"),
    ]
    with region.engine.connect() as connection:
        printer = connection.execute(select(alarm).where(alarm.c.device == "printer")).one()
    assert json.loads(printer.detail) == {"fault": "paper_out"}
    region.happens(tell, "TH0002", {"Station/Failed devices": "camera hung"})
    region.look(300)
    assert region.open() == [("device_failed", BIM_SON, "TH0002", "camera")]


def test_a_device_that_was_not_born_with_its_booth_is_failed_too(region: Station) -> None:
    """It broke while the booth was away: its last word was that it works."""
    region.look(60)
    region.happens(lose, "TH0001", "camera")
    region.look(200)
    assert region.open() == [("device_failed", BIM_SON, "TH0001", "camera")]
    region.happens(find_again, "TH0001", "camera")
    region.look(200)
    assert region.open() == []


def test_sums_of_the_hours_count_as_progress(region: Station) -> None:
    region.look(200)
    region.happens(tell, "TH0001", {"Queue/Walk-in": 3, "Queue/Oldest since": TEN})
    for done in range(1, 6):
        region.look(600)
        region.happens(seal, "TH0001", done)
        assert region.open() == []
    region.look(1000)
    assert region.open() == [("stands_still", BIM_SON, "TH0001", "")]


def test_an_outage_is_one_row_and_none_of_its_booths(region: Station) -> None:
    region.look(200)
    for n in range(10):
        region.happens(die, f"TH{n:04d}")
    region.look(900)
    assert region.open() == [("outage", BIM_SON, None, "")]
    for n in range(9):
        region.happens(be_born, f"TH{n:04d}")
    region.look(600)
    assert region.open() == [("offline", BIM_SON, "TH0009", "")]
    assert region.all() == 2


def test_a_new_watch_goes_on_where_the_killed_one_was(region: Station) -> None:
    region.look(200)
    region.happens(tell, "TH0001", {"Station/Lid open": 1})
    region.look(100)
    assert region.open() == [LID]
    region.watch = Watch(region.engine, region.clock)
    region.look(600)
    assert region.all() == 1
    region.happens(tell, "TH0001", {"Station/Lid open": 0})
    region.look(100)
    assert region.open() == []


def test_two_watches_by_mistake_write_each_alarm_once(region: Station) -> None:
    other = Watch(region.engine, region.clock)
    region.happens(tell, "TH0001", {"Station/Lid open": 1})
    for _ in range(30):
        region.look(5)
        other.step()
    assert region.all() == 1
    region.happens(tell, "TH0001", {"Station/Lid open": 0})
    for _ in range(30):
        region.look(5)
        other.step()
    assert region.open() == []
    assert region.all() == 1


def test_a_stamp_that_comes_late_is_read_all_the_same(region: Station) -> None:
    """A worker's transaction is stamped when it begins and seen when it is committed."""
    region.look(60)
    with region.engine.begin() as connection:
        tell(connection, "TH0001", region.clock.now_ms() - 20_000, {"Station/Lid open": 1})
    region.look(60)
    assert region.open() == [LID]


def test_todays_sums_begin_anew_at_midnight(region: Station) -> None:
    """Nothing changes any more: behind in the afternoon, not at one at night, again at seven."""
    region.happens(tell, "TH0001", {"Target/Per day": 200, "Today/Sealed": 0})
    region.happens(seal, "TH0001", 80)
    region.look(1200)
    assert region.open() == []
    region.clock.advance(6.5 * 3600)
    region.look(1200)
    assert region.open() == [("behind_target", BIM_SON, "TH0001", "")]
    region.clock.advance(8 * 3600)
    region.look(1200)
    assert region.open() == []
    region.clock.advance(5.5 * 3600)
    region.look(1200)
    assert region.open() == [("behind_target", BIM_SON, "TH0001", "")]
    assert region.all() == 2


def test_after_a_database_was_away_what_was_judged_is_written_once(tmp_path: Path) -> None:
    """PostgreSQL is stopped under the running watch, and started again."""
    server = Postgres()
    stop = threading.Event()
    try:
        server.start()
        engine = open_store(server.create("region"))
        now_ms = round(time.time() * 1000)
        with engine.begin() as connection:
            for n in range(6):
                add_booth(connection, f"TH{n:04d}", now_ms)
        thread = threading.Thread(
            target=run, args=(engine, stop), kwargs={"every_s": 0.1, "rules": AT_ONCE}
        )
        thread.start()
        with engine.begin() as connection:
            tell(connection, "TH0001", now_ms + 1, {"Station/Lid open": 1})

        def seen() -> list[tuple[object, ...]]:
            try:
                with engine.connect() as connection:
                    return list(rows(connection))
            except OperationalError:
                return []

        until(lambda: seen() == [(*LID, True)])
        server.stop()
        time.sleep(0.5)  # the watch meets the closed door
        assert thread.is_alive()
        server.start()
        with engine.begin() as connection:
            tell(connection, "TH0001", now_ms + 2, {"Station/Lid open": 0})
            tell(connection, "TH0002", now_ms + 2, {"Station/Lid open": 1})
        until(lambda: seen() == [(*LID, False), (LID[0], BIM_SON, "TH0002", "", True)])
    finally:
        stop.set()
        thread.join(CEILING_S)
        engine.dispose()
        server.remove()
    assert not thread.is_alive()


@contextmanager
def watching(url: str) -> Iterator[subprocess.Popen[bytes]]:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.system.monitor.watched", url], cwd=REPO
    )
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def test_killed_again_and_again_it_writes_every_alarm_once(store_url: str, engine: Engine) -> None:
    """SIGKILL at the moment an alarm begins or ends; the next one finds it and goes on."""
    now_ms = round(time.time() * 1000)
    with engine.begin() as connection:
        for n in range(4):
            add_booth(connection, f"TH{n:04d}", now_ms)

    def seen() -> list[tuple[object, ...]]:
        with engine.connect() as connection:
            return list(rows(connection))

    wanted: list[tuple[object, ...]] = []
    for n in range(4):
        with watching(store_url):
            with engine.begin() as connection:
                tell(connection, f"TH{n:04d}", now_ms + n + 1, {"Station/Lid open": 1})
            wanted.append((LID[0], BIM_SON, f"TH{n:04d}", "", True))
            until(lambda: seen() == wanted)
    with engine.begin() as connection:
        for n in range(4):
            tell(connection, f"TH{n:04d}", now_ms + 100, {"Station/Lid open": 0})
    with watching(store_url):
        until(lambda: seen() == [(*row[:4], False) for row in wanted])


def test_patience_is_shorter_than_what_a_region_would_wait_for() -> None:
    """Somebody is told of a dark booth within ten minutes of the region's own restart."""
    assert PATIENCE.settle_s + RULES[Kind.OFFLINE].for_s <= 600
