"""Every number that an alarm is raised with is shown: how long, how full, how many."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from monitor.store.fleet import Booth
from monitor.watch.conditions import Progress, detail
from monitor.watch.rules import Kind
from monitor.web.measures import MEASURES, UNCOUNTED, measure
from monitor.web.reader import Reader
from tests.unit.monitor.alarms_fleet import TEN, Region, booth, fleet_of, raised

SPAN = (TEN - 3 * 3_600_000, TEN + 7 * 3_600_000)
BOOTH: Booth = booth(
    "TH0001",
    waiting=74,
    oldest_since=TEN - 130 * 60_000,
    per_day=200,
    sealed=31,
    missing=17,
    quarrel="row 17 was written anew",
    clock_offset_ms=-9_400,
    disk_free_mb=212,
    host_c=84.0,
    booth_c=49.0,
    supply_mv=10_600,
    packets=2_345,
)
PROGRESS = Progress(TEN - 16 * 60_000, idle=((TEN - 1_700_000, 0), (TEN - 10, 840)))
SAID = {
    Kind.STANDS_STILL: "16 min without progress, 74 people wait",
    Kind.QUARREL: "row 17 was written anew",
    Kind.QUEUE: "74 people wait",
    Kind.WAIT: "the longest for 2 h 10",
    Kind.IDLE: "14 min of the last half hour, 74 people wait",
    Kind.BEHIND: "31 done of 60 due by then; 200 a day",
    Kind.MISSING: "17 facts",
    Kind.CLOCK_OFFSET: "-9.4 s",
    Kind.DISK: "212 MB free",
    Kind.HOST_HOT: "84 °C",
    Kind.BOOTH_HOT: "49 °C",
    Kind.SUPPLY: "10.6 V",
    Kind.PACKETS: "2,345 packets",
}


@pytest.mark.parametrize("kind", SAID)
def test_the_judge_s_numbers_are_the_page_s(kind: Kind) -> None:
    told = detail(kind, "", BOOTH, PROGRESS, SPAN, TEN)
    read = Read(told)
    assert measure(Reader("en"), kind, read) == SAID[kind]
    assert read.keys_read == set(told), "a number that nobody is shown"
    assert measure(Reader("vi"), kind, told) != ""


def test_an_outage_says_of_how_many() -> None:
    region = Region(fleet_of(10))
    region.watch(200)
    region.die(*list(region.fleet)[:8])
    (alarm,) = raised(region.watch(900), Kind.OUTAGE)
    assert measure(Reader("en"), Kind.OUTAGE, alarm.detail) == "8 of 10 booths"


def test_every_kind_is_counted_or_has_nothing_to_count() -> None:
    assert set(MEASURES) | UNCOUNTED == set(Kind)
    assert set(MEASURES) & UNCOUNTED == set()
    assert set(SAID) | {Kind.OUTAGE} == set(MEASURES)


def test_an_alarm_that_another_version_wrote_is_shown_without_numbers() -> None:
    assert measure(Reader("en"), Kind.DISK, {}) == ""
    assert measure(Reader("en"), Kind.DISK, {"free_mb": None}) == ""


class Read(dict[str, int | float | str]):
    """Remembers which numbers were asked for."""

    def __init__(self, told: Mapping[str, int | float | str]) -> None:
        super().__init__(told)
        self.keys_read: set[str] = set()

    def __getitem__(self, key: str) -> int | float | str:
        self.keys_read.add(key)
        return super().__getitem__(key)
