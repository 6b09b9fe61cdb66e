"""The ring of health samples: bounded, thinned by age, dated late, counted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from edge.journal.store import Journal
from edge.uplink import host
from edge.uplink.db import EdgeDb
from edge.uplink.health import HealthRing
from edge.uplink.host import Sample
from ground.clock import SteppedClock, SystemClock


@pytest.fixture
def db(tmp_path: Path) -> Iterator[EdgeDb]:
    db = EdgeDb(tmp_path / "edge.db")
    db.db.execute("PRAGMA synchronous=OFF")  # thousands of samples: the disk is not asked here
    yield db
    db.close()


def sample(clock: SteppedClock) -> Sample:
    return Sample(
        clock.boot, clock.mono_ms(), clock.now_ms(), clock.trusted(), 51.5, 900, 400, None
    )


def fill(ring: HealthRing, clock: SteppedClock, minutes: int) -> None:
    for _ in range(minutes):
        clock.advance(60)
        ring.put(sample(clock))


def all_of(ring: HealthRing) -> list[tuple[int, Sample]]:
    return ring.oldest(100_000)[1]


def test_a_day_of_minutes_a_week_of_ten_minutes_hours_before_that(db: EdgeDb) -> None:
    ring, clock = HealthRing(db.db, spool_mb=8), SteppedClock()
    fill(ring, clock, 14 * 1_440)
    times = [at for at, _ in all_of(ring)]
    steps = [round((b - a) / 60_000) for a, b in pairwise(times)]
    assert times == sorted(times)
    assert set(steps[1:48]) == {60}
    assert steps[-1] == 1
    assert len(times) < 1_440 + 1_008 + 7 * 24 + 120
    assert ring.dropped == 14 * 1_440 - len(times)
    assert HealthRing(db.db, spool_mb=8).dropped == ring.dropped


def test_a_sample_that_another_version_wrote_is_passed_over(db: EdgeDb) -> None:
    ring, clock = HealthRing(db.db, spool_mb=8), SteppedClock()
    fill(ring, clock, 3)
    db.db.execute("UPDATE health SET body = x'93A8FFFFFFFFFFFFFFFF0190' WHERE row = 2")
    last, samples = ring.oldest(100)
    assert (last, len(samples)) == (3, 2)


def test_a_full_ring_lets_the_oldest_go(db: EdgeDb) -> None:
    ring, clock = HealthRing(db.db, spool_mb=1), SteppedClock()
    ring._room = 200
    fill(ring, clock, 1_000)
    kept = all_of(ring)
    assert len(kept) <= 260
    assert kept[-1][0] == clock.now_ms()
    assert ring.dropped == 1_000 - len(kept)


def test_a_sample_of_a_wrong_clock_is_dated_when_the_clock_is_right(db: EdgeDb) -> None:
    ring, clock = HealthRing(db.db, spool_mb=8), SteppedClock(now_ms=1_000_000)
    clock.is_trusted = False
    fill(ring, clock, 2)
    assert all_of(ring) == []
    clock.step(1_760_000_000)
    ring.dated(clock.boot, clock.now_ms() - clock.mono_ms())
    assert [at for at, _ in all_of(ring)] == [clock.now_ms() - 60_000, clock.now_ms()]


def test_samples_that_were_sent_are_gone_and_those_without_a_date_count_as_dropped(
    db: EdgeDb,
) -> None:
    ring, clock = HealthRing(db.db, spool_mb=8), SteppedClock()
    clock.is_trusted = False
    fill(ring, clock, 3)
    clock.reboot("0000000b")
    clock.is_trusted = True
    fill(ring, clock, 2)
    last, dated = ring.oldest(10)
    assert len(dated) == 2
    ring.sent(last)
    assert ring.oldest(10) == (0, [])
    assert ring.dropped == 3


def test_a_full_disk_costs_samples_and_nothing_else(db: EdgeDb) -> None:
    ring, clock = HealthRing(db.db, spool_mb=8), SteppedClock()
    pages = db.db.execute("PRAGMA page_count").fetchone()[0]
    db.db.execute(f"PRAGMA max_page_count={pages}")
    fill(ring, clock, 500)
    assert ring.dropped > 0
    assert len(all_of(ring)) + ring.dropped == 500


def test_the_machine_itself_can_be_looked_at(tmp_path: Path) -> None:
    now = host.sample(SystemClock(), tmp_path)
    assert now.disk_free_mb is not None
    assert now.memory_free_mb is not None
    zone = tmp_path / "thermal_zone0"
    zone.mkdir()
    (zone / "temp").write_text("48312\n")
    assert host.temperature_c(tmp_path) == 48.312


def test_a_running_station_is_seen_without_touching_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    assert not host.station_runs(path)
    station = Journal(path, "TH0417", SteppedClock())
    assert host.station_runs(path)
    station.close()
    assert not host.station_runs(path)
