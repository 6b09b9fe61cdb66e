"""Logs that a booth sends on demand: kept, the last ones, as they came. Both databases."""

from __future__ import annotations

import gzip

import pytest
from sqlalchemy import Engine

from edge.report.facts import LOGS
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import Message
from edge.sparkplug.payload import Metric
from monitor.store import logs
from monitor.store.schema import log
from tests.system.monitor.store_region import NOW, Region
from tests.unit.monitor.host_booth import STATION, Booth


@pytest.fixture
def region(engine: Engine) -> Region:
    return Region(engine)


def sends(booth: Booth, body: bytes | None) -> Message:
    return booth.node.data(NOW, [Metric(LOGS, body, DataType.BYTES)])


def texts(region: Region, code: str = STATION) -> list[str | None]:
    with region.engine.connect() as connection:
        return [logs.text_of(connection, code, one.id) for one in logs.logs(connection, code)]


def test_a_log_is_kept_with_when_it_came(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    assert texts(region) == []  # the birth's null is none
    region.takes(sends(booth, gzip.compress("máy in: hết giấy\n".encode())))
    assert texts(region) == ["máy in: hết giấy\n"]
    assert region.one(log.c.at) == NOW


@pytest.mark.parametrize("together", [True, False])
def test_only_the_last_five_of_each_booth_are_kept(region: Region, together: bool) -> None:
    booth, other = Booth(), Booth("TH0418")
    region.takes(*booth.begin(), *other.begin())
    region.takes(sends(other, gzip.compress(b"other")))
    messages = [sends(booth, gzip.compress(f"log {n}".encode())) for n in range(8)]
    for some in [messages] if together else [[message] for message in messages]:
        region.takes(*some)
    assert texts(region) == [f"log {n}" for n in (7, 6, 5, 4, 3)]
    assert texts(region, "TH0418") == ["other"]


def test_the_host_clock_set_back_drops_no_new_log(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    for n in range(7):
        region.now -= 60_000
        region.takes(sends(booth, gzip.compress(f"log {n}".encode())))
    assert texts(region)[0] == "log 6"


def test_what_is_longer_than_a_booth_sends_is_not_kept(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin())
    region.takes(sends(booth, bytes(65_536)), sends(booth, bytes(65_537)))
    assert texts(region) == [""]  # of zeros: no gzip


def test_a_log_of_another_booth_is_not_read_under_this_one(region: Region) -> None:
    booth = Booth()
    region.takes(*booth.begin(), sends(booth, gzip.compress(b"mine")))
    with region.engine.connect() as connection:
        (one,) = logs.logs(connection, STATION)
        assert logs.text_of(connection, "TH0418", one.id) is None


def test_a_log_that_unpacks_to_a_thousand_times_is_cut() -> None:
    bomb = gzip.compress(bytes(60_000_000))
    assert len(bomb) < 65_536
    assert len(logs.unpacked(bomb)) == logs.TEXT_BYTES


def test_half_a_log_is_read_as_far_as_it_goes() -> None:
    whole = "".join(f"line {n}\n" for n in range(5_000))
    half = logs.unpacked(gzip.compress(whole.encode())[:5_000])
    assert half
    assert whole.startswith(half)
