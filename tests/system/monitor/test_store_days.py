"""What a booth counted in a day, held against what the region counts itself. Both databases."""

from __future__ import annotations

import random
from collections import Counter
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert

from edge.report.facts import DayClosed, DossierEnded, Entry, LidChanged
from monitor.store import days
from monitor.store.reconciling import Counts
from monitor.store.schema import day, fact, ledger, station
from tests.system.monitor.store_region import Region
from tests.unit.monitor.host_booth import STATION, Booth, ended
from tests.unit.report.station_days import Diced, folded

OUTCOMES = ("sealed", "referred", "refused", "abandoned")
MONDAY = 20251124
_codes = count(1)


@pytest.fixture
def region(engine: Engine) -> Region:
    return Region(engine)


def closing(booth: Booth, date: int = MONDAY, **wrong: int) -> DayClosed:
    """What an honest booth says of its facts since the day before; ``wrong``: added to it."""
    since: list[object] = []
    for wire in booth.entries:
        what = msgspec.msgpack.decode(wire, type=Entry).fact
        since = [] if isinstance(what, DayClosed) else [*since, what]
    outcomes = Counter(what.outcome for what in since if isinstance(what, DossierEnded))
    sealed, referred, refused, abandoned = (outcomes[name] for name in OUTCOMES)
    said = DayClosed(
        date,
        len(since),
        sealed,
        referred,
        refused,
        abandoned,
        tickets=9,
        no_shows=1,
        rows=booth._row + 3,
        journal=bytes(range(16)),
    )
    return msgspec.structs.replace(
        said, **{name: getattr(said, name) + more for name, more in wrong.items()}
    )


def a_day(booth: Booth, *outcomes: str, date: int = MONDAY, **wrong: int) -> None:
    """Dossiers that end so, a lid that is opened, and the day's closing."""
    for outcome in outcomes:
        booth.fact(ended(len(booth.entries) + 1, outcome))
    booth.fact(LidChanged(True))
    booth.fact(closing(booth, date, **wrong))


def agreeing(region: Region) -> list[tuple[object, ...]]:
    return region.rows(day.c.number, day.c.agrees)


def test_a_day_is_counted_by_both_sides_and_agrees(region: Region) -> None:
    booth = Booth()
    a_day(booth, "sealed", "sealed", "referred", "abandoned")
    region.takes(*booth.begin(), booth.tell(1, 6))
    with region.engine.connect() as connection:
        (one,) = days.of_booth(connection, STATION)
    assert one.said == one.held == Counts(facts=5, sealed=2, referred=1, refused=0, abandoned=1)
    assert (one.day, one.number, one.tickets, one.no_shows) == (MONDAY, 6, 9, 1)
    assert (one.rows, one.journal) == (23, bytes(range(16)).hex())
    assert one.agrees
    assert region.one(ledger.c.quarrel) is None


@pytest.mark.parametrize("name", ["facts", *OUTCOMES])
@pytest.mark.parametrize("off", [-1, 1])
def test_a_count_that_differs_is_a_quarrel_that_names_it(
    region: Region, name: str, off: int
) -> None:
    booth = Booth()
    a_day(booth, *OUTCOMES, **{name: off})
    region.takes(*booth.begin(), booth.tell(1, 6))
    here = 5 if name == "facts" else 1
    assert region.one(ledger.c.quarrel) == (
        f"day 2025-11-24, closed by fact 6, does not agree: "
        f"{name}: {here + off} at the booth, {here} here"
    )
    assert agreeing(region) == [(6, False)]


def test_a_day_whose_last_row_is_not_the_one_before_is_a_quarrel(region: Region) -> None:
    booth = Booth()
    a_day(booth, "sealed", rows=-2)
    region.takes(*booth.begin(), booth.tell(1, 3))
    assert "journal row 9, the next day began with 12" in str(region.one(ledger.c.quarrel))


def test_a_day_waits_until_nothing_before_it_is_missing(region: Region) -> None:
    booth = Booth()
    a_day(booth, "sealed", "refused")
    a_day(booth, "sealed", date=MONDAY + 1)
    region.takes(*booth.begin(), booth.tell(1, 2), booth.tell(4, 7))
    assert agreeing(region) == []
    region.takes(booth.tell(3, 3))
    assert agreeing(region) == [(4, True), (7, True)]


def test_a_fact_that_the_store_lost_shows(region: Region) -> None:
    """The numbers would not tell: the region counts its rows."""
    booth = Booth()
    booth.dossiers(3)
    region.takes(*booth.begin(), booth.tell(1, 3))
    with region.engine.begin() as connection:
        connection.execute(delete(fact).where(fact.c.number == 2))
    booth.fact(closing(booth))
    region.takes(booth.tell(4, 4))
    quarrel = str(region.one(ledger.c.quarrel))
    assert quarrel.endswith("facts: 3 at the booth, 2 here; sealed: 3 at the booth, 2 here")


def test_a_closing_that_comes_twice_is_counted_once(region: Region) -> None:
    booth = Booth()
    a_day(booth, "sealed")
    region.takes(*booth.begin(), booth.tell(1, 3), booth.tell(1, 3))
    region.takes(booth.tell(2, 3))
    assert agreeing(region) == [(3, True)]


def test_a_day_in_parts_is_two_rows_of_one_day(region: Region) -> None:
    booth = Booth()
    a_day(booth, "sealed", "sealed")
    a_day(booth, "sealed")
    region.takes(*booth.begin(), booth.tell(1, 7))
    with region.engine.connect() as connection:
        parts = days.of_booth(connection, STATION, days=1)
        (whole,) = days.sums(connection, "", MONDAY)
    assert [part.said.sealed for part in parts] == [1, 2]
    assert (whole.booths, whole.amiss, whole.said_sealed, whole.held_sealed) == (1, 0, 3, 3)


def test_dossiers_of_a_newer_booth_are_counted_though_they_cannot_be_read(region: Region) -> None:
    booth = Booth()
    booth.fact(ended(1, "referred", reason=None))
    wire = msgspec.msgpack.decode(booth.entries[0])
    wire[6][3] = "a_reason_of_tomorrow"
    booth.entries[0] = msgspec.msgpack.encode(wire)
    booth.fact(DayClosed(MONDAY, 1, 0, 1, 0, 0, 1, 0, rows=7, journal=bytes(16)))
    region.takes(*booth.begin(), booth.tell(1, 2))
    assert agreeing(region) == [(2, True)]


def test_each_journal_of_a_booth_has_its_own_days(region: Region) -> None:
    old, new = Booth(), Booth(epoch="ffff0000")
    a_day(old, "sealed")
    a_day(new, "refused")
    region.takes(*old.begin(), old.tell(1, 3))
    new.node, new.bd_seq = old.node, old.bd_seq
    region.takes(*new.begin(), new.tell(1, 3))
    assert region.rows(day.c.epoch, day.c.held_refused, day.c.agrees) == [
        ("0a1b2c3d", 0, True),
        ("ffff0000", 1, True),
    ]


def test_days_are_asked_for_by_branch_and_only_those_that_differ(region: Region) -> None:
    with region.engine.begin() as connection:
        for n, place in enumerate(("vn/a", "vn/a/x", "vn/b"), start=1):
            code = f"TH000{n}"
            connection.execute(insert(station).values(station=code, group="g", place=place))
            for at in range(20):
                wrong = n == 2 and at == 5
                connection.execute(
                    insert(day).values(
                        station=code,
                        epoch="00000001",
                        number=10 * at + 10,
                        day=20251101 + at,
                        said_facts=9,
                        said_sealed=8,
                        said_referred=1,
                        said_refused=0,
                        said_abandoned=0,
                        tickets=9,
                        no_shows=0,
                        rows=40,
                        journal=bytes(16),
                        held_facts=9,
                        held_sealed=8 - wrong,
                        held_referred=1,
                        held_refused=0,
                        held_abandoned=0,
                        agrees=not wrong,
                    )
                )
        (wrong_one,) = days.amiss(connection, "vn/a")
        assert (wrong_one.station, wrong_one.day, wrong_one.held.sealed) == ("TH0002", 20251106, 7)
        assert days.amiss(connection, "vn/b") == []
        assert [one.day for one in days.of_booth(connection, "TH0003", 3)] == [
            20251120,
            20251119,
            20251118,
        ]
        assert len(days.of_branch(connection, "vn/a")) == 40
        assert len(days.of_branch(connection, "", code="TH0003")) == 20
        branch = {one.day: one for one in days.sums(connection, "vn/a", 20251105)}
        assert len(branch) == 16
        sixth = branch[20251106]
        assert (sixth.booths, sixth.amiss, sixth.said_sealed, sixth.held_sealed) == (2, 1, 16, 15)
        assert branch[20251107].amiss == 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(st.sampled_from(OUTCOMES), max_size=6), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
    st.integers(1, 9),
    st.data(),
)
def test_in_whatever_order_facts_come_only_the_day_that_lies_differs(
    region: Region, dates: list[list[str]], chance: random.Random, at_once: int, data: st.DataObject
) -> None:
    booth = Booth(f"TH{next(_codes):04d}")
    lies = data.draw(st.sampled_from([None, *range(len(dates))]))
    for n, outcomes in enumerate(dates):
        wrong = {data.draw(st.sampled_from(OUTCOMES)): 1} if n == lies else {}
        a_day(booth, *outcomes, date=MONDAY + n, **wrong)
    region.takes(*booth.begin())
    numbers = list(range(1, len(booth.entries) + 1))
    chance.shuffle(numbers)
    for start in range(0, len(numbers), at_once):
        region.takes(*(booth.tell(n, n) for n in numbers[start : start + at_once]))
    with region.engine.connect() as connection:
        found = {one.day - MONDAY: one for one in days.of_booth(connection, booth.station)}
    assert found.keys() == set(range(len(dates)))
    assert {n for n, one in found.items() if not one.agrees} == ({lies} - {None})
    for n, outcomes in enumerate(dates):
        held = Counter(outcomes)
        assert found[n].held == Counts(len(outcomes) + 1, *(held[name] for name in OUTCOMES))
    assert (region.one(ledger.c.quarrel, ledger.c.station == booth.station) is None) is (
        lies is None
    )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 2**32), st.integers(100, 600))
def test_days_of_whole_journals_agree(region: Region, seed: int, steps: int) -> None:
    """Power cuts, wrong clocks, days in parts: what the booth's fold tells is what is counted."""
    told = [entry for _, entry in folded(Diced(seed).run(steps).rows)]
    booth = Booth(f"TH{next(_codes):04d}")
    booth.entries = [msgspec.msgpack.encode(entry) for entry in told]
    region.takes(*booth.begin(), booth.tell(1, len(told)))
    mine = day.c.station == booth.station
    closed = [entry.fact.day for entry in told if isinstance(entry.fact, DayClosed)]
    with region.engine.connect() as connection:
        found = connection.execute(day.select().where(mine).order_by(day.c.number)).all()
    assert [row.day for row in found] == closed
    assert all(row.agrees for row in found)
    assert region.one(ledger.c.quarrel, ledger.c.station == booth.station) is None
