"""The pages' questions, answered alike by SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from ground.hours import day_start_ms
from monitor.store import fleet, history, reading
from monitor.store.schema import fact, figure, hour, ledger, station
from tests.console_monitor.region_of_data import EPOCH, HOUR_MS, RegionOfData, path_of, write

NOW = day_start_ms(date(2026, 11, 22)) + 10 * HOUR_MS + 40 * 60_000
THANH_HOA = path_of("Thanh Hóa")


@pytest.fixture
def region(engine: Engine) -> RegionOfData:
    return write(engine, NOW, booths=136, days=6)


def test_a_booth_is_read_as_it_is(engine: Engine, region: RegionOfData) -> None:
    with engine.connect() as connection:
        booths = fleet.booths(connection, region.midnight)
    assert booths.keys() == {b.code for b in region.booths}
    for made in region.booths:
        booth = booths[made.code]
        assert booth.sealed == made.sealed
        assert booth.held == made.facts
        assert booth.online is (made.state != "offline")
        assert booth.place == made.place
        assert booth.broken.keys() == ({made.device} if made.device else set())


def test_some_booths_are_read_like_all(engine: Engine, region: RegionOfData) -> None:
    some = [b.code for b in region.booths[::7]]
    with engine.connect() as connection:
        every = fleet.booths(connection, region.midnight)
        assert fleet.booths(connection, region.midnight, some) == {c: every[c] for c in some}
        assert fleet.booths(connection, region.midnight, []) == {}


def test_what_a_booth_that_is_away_said_of_its_devices_counts_no_more(
    engine: Engine, region: RegionOfData
) -> None:
    broken = next(b for b in region.booths if b.device)
    with engine.begin() as connection:
        away = update(station).where(station.c.station == broken.code).values(online=False)
        connection.execute(away)
    with engine.connect() as connection:
        assert fleet.booths(connection, 0, [broken.code])[broken.code].broken == {}


def test_a_device_that_failed_and_died_is_broken_until_it_is_born_again(
    engine: Engine, region: RegionOfData
) -> None:
    """Its death makes all that it said stale."""
    broken = next(b for b in region.booths if b.device)
    with engine.begin() as connection:
        connection.execute(
            update(figure)
            .where(figure.c.station == broken.code, figure.c.device == broken.device)
            .values(stale=True)
        )
    with engine.connect() as connection:
        found = fleet.booths(connection, 0, [broken.code])[broken.code].broken
    assert found.keys() == {broken.device}


def test_a_device_that_was_broken_before_its_booth_was_first_born_is_told_of_by_the_node(
    engine: Engine, region: RegionOfData
) -> None:
    fine = next(b for b in region.booths if b.state == "fine")
    node = {"station": fine.code, "device": "", "name": "Station/Failed devices", "at": NOW}
    mine = (figure.c.station == fine.code, figure.c.device == "", figure.c.name == node["name"])
    with engine.begin() as connection:
        connection.execute(figure.delete().where(*mine))
        connection.execute(insert(figure).values(**node, text="camera hung, printer paper_out"))
    with engine.connect() as connection:
        found = fleet.booths(connection, 0, [fine.code])[fine.code].broken
    assert found == {"camera": "hung", "printer": "paper_out"}


def test_only_what_changed_since_is_named(engine: Engine, region: RegionOfData) -> None:
    with engine.begin() as connection:
        connection.execute(
            update(station).where(station.c.station == "TH0001").values(changed_at=NOW + 5)
        )
    with engine.connect() as connection:
        assert fleet.changed(connection, NOW + 1) == {"TH0001": NOW + 5}


def test_a_branch_is_a_path_and_no_prefix_of_letters(engine: Engine) -> None:
    rows = {"A": "vn/a", "B": "vn/a/x", "C": "vn/ab", "D": "vn/a_", "E": "vn/a%/x"}
    columns = {"group": "g", "name": "", "online": True}
    with engine.begin() as connection:
        connection.execute(
            insert(station),
            [{"station": code, "place": place, **columns} for code, place in rows.items()],
        )
        for branch, seen in (("vn/a", "AB"), ("vn/a_", "D"), ("vn", "ABCDE"), ("", "ABCDE")):
            query = station.select().where(reading.under(station.c.place, branch))
            assert {row.station for row in connection.execute(query)} == set(seen), branch
            assert {c for c, p in rows.items() if reading.within(branch, p)} == set(seen), branch


def test_missing_numbers_are_named_and_told_from_those_on_the_way(
    engine: Engine, region: RegionOfData
) -> None:
    """Booth TH0001 told of 30 more; 4, 5 and 9 of its facts are not there."""
    total = region.booths[0].facts
    with engine.begin() as connection:
        connection.execute(
            fact.delete().where(fact.c.station == "TH0001", fact.c.number.in_((4, 5, 9)))
        )
        connection.execute(
            update(ledger)
            .where(ledger.c.station == "TH0001")
            .values(through=3, newest=total, total=total + 30)
        )
    with engine.connect() as connection:
        (book,) = fleet.books(connection, "", code="TH0001")
        assert (book.missing, book.held, book.coming) == (3, total - 3, 30)
        assert fleet.gaps(connection, book) == [(4, 5), (9, 9)]
        booth = fleet.booths(connection, region.midnight, ["TH0001"])["TH0001"]
    assert (booth.missing, booth.held, booth.coming) == (3, total - 3, 30)


def test_days_are_the_region_s_own(engine: Engine, region: RegionOfData) -> None:
    """An hour before and one after the region's midnight belong to two days."""
    midnight = region.midnight
    with engine.begin() as connection:
        connection.execute(hour.delete())
        connection.execute(
            insert(hour),
            [
                {"station": "TH0001", "at": midnight - HOUR_MS, "sealed": 3},
                {"station": "TH0001", "at": midnight, "sealed": 4},
            ],
        )
        rows = history.daily(connection)
    day = (date(2026, 11, 22) - date(1970, 1, 1)).days
    assert sorted(rows) == [("TH0001", day - 1, 3), ("TH0001", day, 4)]


def test_facts_come_back_as_they_were_written(engine: Engine, region: RegionOfData) -> None:
    made = region.booths[0]
    with engine.connect() as connection:
        held = history.facts(connection, made.code, 1000)
        dossiers = history.dossiers(connection, "", code=made.code, since=0)
        assert history.dossiers(connection, path_of("Huế"), since=0) == []
    assert [one.number for one in held] == list(range(made.facts, 0, -1))
    assert len(dossiers) == made.sealed
    assert held[0].epoch == EPOCH
    assert history.medians(dossiers)["total_s"] > history.medians(dossiers)["fingers_s"] > 0


def test_alarms_and_spells_of_a_branch(engine: Engine, region: RegionOfData) -> None:
    with engine.connect() as connection:
        every = reading.open_alarms(connection)
        inside = reading.open_alarms(connection, path_of("Cà Mau"))
        spells = history.spells(connection, THANH_HOA, 0)
        past = reading.past_alarms(connection, limit=1)
    assert {a.id for a in inside} == {
        a.id for a in every if reading.within(path_of("Cà Mau"), a.place)
    }
    assert [a.severity for a in every] == sorted(a.severity for a in every)
    assert len(past) == 1
    assert past[0].cleared_at is not None
    assert spells.keys() == {b.code for b in region.booths if b.province == THANH_HOA}
    for one in spells.values():
        whole: list[Any] = [s.until for s in one[:-1]]
        assert whole == [s.since for s in one[1:]]
        assert one[-1].until is None
