"""Booths, their live figures and their availability, over SQLite and PostgreSQL alike."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from monitor.store.known import known
from monitor.store.schema import figure, spell, station
from tests.system.monitor.store_region import NOW, Region
from tests.unit.monitor.host_booth import GROUP, START, STATION, Booth

UP = ("", NOW, None, True)


@pytest.fixture
def region(engine: Engine) -> Region:
    return Region(engine)


def spells(region: Region, device: str) -> list[tuple[object, ...]]:
    return [
        row[1:]
        for row in region.rows(spell.c.device, spell.c.since, spell.c.until, spell.c.up)
        if row[0] == device
    ]


def test_a_booth_is_known_by_its_birth(region: Region) -> None:
    booth = Booth()
    booth.connect()
    names = {"Properties/Name": "Bỉm Sơn 2", "Properties/Region": "vn/thanh-hoa/bim-son"}
    region.takes(*booth.births(figures=names))
    columns = (station.c.station, station.c.group, station.c.name, station.c.place)
    assert region.rows(*columns) == [(STATION, GROUP, "Bỉm Sơn 2", "vn/thanh-hoa/bim-son")]
    times = region.rows(station.c.online, station.c.bd_seq, station.c.born_at, station.c.heard_at)
    assert times == [(True, 1, NOW, NOW)]


def test_a_rebirth_without_a_name_keeps_the_name(region: Region) -> None:
    booth = Booth()
    booth.connect()
    names = {"Properties/Name": "Bỉm Sơn 2", "Properties/Region": "vn/thanh-hoa"}
    region.takes(*booth.births(figures=names))
    region.takes(*booth.births())
    assert region.rows(station.c.name, station.c.place) == [("Bỉm Sơn 2", "vn/thanh-hoa")]


def test_the_newest_value_of_a_figure_is_kept(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin(), booth.figure("Queue/Walk-in", 4), booth.figure("Queue/Walk-in", 7))
    region.takes(booth.figure("Queue/Walk-in", 9))
    assert region.one(figure.c.number, figure.c.name == "Queue/Walk-in") == 9


@pytest.mark.parametrize(
    ("name", "value", "number", "text"),
    [
        ("Queue/Walk-in", -3, -3.0, None),
        ("Queue/Walk-in", 0, 0.0, None),
        ("Queue/Walk-in", None, None, None),
        ("Station/Intake", False, 0.0, None),
        ("Station/Intake", True, 1.0, None),
        ("Clock/Offset", -(1 << 40), -float(1 << 40), None),
        ("Host/Temperature", 61.5, 61.5, None),
        ("Host/Temperature", float("nan"), None, None),
        ("Host/Temperature", float("inf"), None, None),
        ("Queue/Oldest since", START, float(START), None),
        ("Properties/Name", "Nhà văn hoá \0 thôn 1", None, "Nhà văn hoá  thôn 1"),
        ("Properties/Name", "ơ" * 1_000, None, "ơ" * 255),
    ],
)
def test_a_figure_is_kept_as_a_number_or_a_text(
    region: Region, name: str, value: float | str | None, number: float | None, text: str | None
) -> None:
    booth = Booth()
    region.takes(*booth.begin(), booth.figure(name, value))
    assert region.one(figure.c.number, figure.c.name == name) == number
    assert region.one(figure.c.text, figure.c.name == name) == text


def test_a_figure_from_a_clock_ahead_is_as_old_as_its_arrival(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin(), booth.figure("Line/Pace", 20, now=NOW + 86_400_000))
    assert region.one(figure.c.at, figure.c.name == "Line/Pace") == NOW


def test_a_dead_booth_s_figures_are_stale_and_its_devices_are_down(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.now += 5_000
    region.takes(booth.node.died(START))
    assert region.rows(station.c.online, station.c.died_at) == [(False, NOW + 5_000)]
    assert set(region.rows(figure.c.stale)) == {(True,)}
    down = [(NOW, NOW + 5_000, True), (NOW + 5_000, None, False)]
    assert spells(region, "") == down
    assert spells(region, "camera") == down


def test_a_figure_and_a_death_in_one_batch_leave_a_stale_figure(region: Region) -> None:
    booth = Booth()
    births = booth.begin()
    region.takes(*births, booth.figure("Line/Pace", 20), booth.node.died(START))
    assert region.rows(station.c.online) == [(False,)]
    assert region.one(figure.c.number, figure.c.name == "Line/Pace") == 20
    assert set(region.rows(figure.c.stale)) == {(True,)}


def test_a_death_and_a_birth_in_one_batch_leave_it_online(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.now += 1_000
    region.takes(booth.node.died(START), *booth.begin())
    assert region.rows(station.c.online, station.c.died_at) == [(True, NOW + 1_000)]
    assert set(region.rows(figure.c.stale)) == {(False,)}
    assert spells(region, "") == [
        (NOW, NOW + 1_000, True),
        (NOW + 1_000, NOW + 1_001, False),
        (NOW + 1_001, None, True),
    ]


def test_a_rebirth_is_no_turn(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.now += 1_000
    region.takes(*booth.births())
    assert spells(region, "") == [(NOW, None, True)]
    assert spells(region, "printer") == [(NOW, None, True)]


def test_a_device_that_fails_is_down_since_the_time_its_death_bears(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.now += 10_000
    region.takes(booth.node.device_died(NOW + 4_000, "printer"))
    assert spells(region, "printer") == [(NOW, NOW + 4_000, True), (NOW + 4_000, None, False)]
    assert region.one(figure.c.stale, figure.c.device == "printer") is True
    assert region.one(figure.c.stale, figure.c.device == "camera") is False


def test_a_device_that_is_not_born_again_is_down(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    booth.devices["scanner"] = False
    region.takes(*booth.begin())
    region.waits(20_000)
    assert spells(region, "scanner")[-1] == (NOW + 20_000, None, False)
    assert spells(region, "camera") == [(NOW, None, True)]


def test_a_worker_that_starts_knows_who_was_there(region: Region) -> None:
    booth, gone = Booth(), Booth("TH0418")
    booth.devices["printer"] = False
    region.takes(*booth.begin(), *gone.begin())
    region.takes(gone.node.died(START))
    (one,) = known(region.engine, [GROUP, "vn-other"])
    assert (one.station, one.group, one.bd_seq) == (STATION, GROUP, 1)
    assert set(one.devices) == set(booth.devices) - {"printer"}
    assert known(region.engine, ["vn-other"]) == []
