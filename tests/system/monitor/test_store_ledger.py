"""What the region holds of each journal, over SQLite and PostgreSQL alike."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Engine, update

from edge.journal.terms import CommandOutcome
from edge.report.facts import REPORT, ClockDated, CommandAnswered, Entry, LidChanged
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric
from monitor.store.database import writing
from monitor.store.schema import command, fact, hour, ledger
from monitor.store.writing import Committed
from tests.system.monitor.store_region import NOW, Region
from tests.unit.monitor.host_booth import BOOT, EPOCH_1, START, STATION, Booth, ended


@pytest.fixture
def region(engine: Engine) -> Region:
    return Region(engine)


def through(done: Committed) -> list[int]:
    return [acknowledgement.through for _, acknowledgement in done.acknowledgements]


def test_a_birth_is_acknowledged_even_when_there_is_nothing_yet(region: Region) -> None:
    booth = Booth()
    done = region.takes(*booth.begin())
    assert through(done) == [0]
    assert done.acknowledgements[0][1].chain == booth.proof(0)


def test_facts_are_acknowledged_with_the_proof_that_the_booth_computes(region: Region) -> None:
    booth = Booth()
    booth.dossiers(5)
    region.takes(*booth.begin())
    done = region.takes(booth.tell(1, 2), booth.tell(3, 5))
    assert through(done) == [5]
    assert done.acknowledgements[0][1].chain == booth.proof(5)


def test_entries_are_kept_as_they_were_on_the_wire(region: Region) -> None:
    booth = Booth()
    booth.dossiers(3)
    region.takes(*booth.begin(), booth.tell(1, 3))
    assert [bytes(row[1]) for row in region.rows(fact.c.number, fact.c.entry)] == booth.entries


def test_facts_behind_a_gap_are_kept_but_not_acknowledged(region: Region) -> None:
    booth = Booth()
    booth.dossiers(6)
    region.takes(*booth.begin())
    assert through(region.takes(booth.tell(4, 6))) == [0]
    assert region.one(ledger.c.newest) == 6
    done = region.takes(booth.tell(1, 3))
    assert through(done) == [6]
    assert done.acknowledgements[0][1].chain == booth.proof(6)


def test_a_gap_of_weeks_closes_in_one_transaction(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1_000)
    region.takes(*booth.begin(), *(booth.tell(n, n + 49) for n in range(51, 1_000, 50)))
    assert through(region.takes(booth.tell(1, 50))) == [1_000]


def test_what_comes_twice_changes_nothing(region: Region) -> None:
    booth = Booth()
    booth.dossiers(4)
    region.takes(*booth.begin(), booth.tell(1, 4))
    held = (ledger.c.through, ledger.c.chain, ledger.c.quarrel)
    before = region.rows(*hour.c), region.rows(fact.c.number), region.rows(*held)
    done = region.takes(booth.tell(1, 4), booth.tell(2, 3))
    assert through(done) == [4]
    assert (region.rows(*hour.c), region.rows(fact.c.number), region.rows(*held)) == before
    assert region.one(hour.c.sealed) == 4


@pytest.mark.parametrize("together", [True, False])
def test_a_fact_that_comes_again_and_differs_is_a_quarrel(region: Region, together: bool) -> None:
    booth, liar = Booth(), Booth()
    booth.dossiers(2)
    liar.fact(ended(9))
    region.takes(*booth.begin())
    liar.begin()
    liar.tell(1, 1)  # the seq that the honest report has
    if together:
        region.takes(booth.tell(1, 2), liar.tell(1, 1))
    else:
        region.takes(booth.tell(1, 2))
        region.takes(liar.tell(1, 1))
    assert "fact 1 came twice" in str(region.one(ledger.c.quarrel))
    assert bytes(region.one(fact.c.entry, fact.c.number == 1)) == booth.entries[0]
    assert region.one(ledger.c.through) == 2


def test_journal_rows_that_no_fact_tells_of_are_a_quarrel(region: Region) -> None:
    booth = Booth()
    booth.dossiers(2)
    booth._row += 3
    booth.dossiers(1)
    region.takes(*booth.begin(), booth.tell(1, 3))
    quarrel = str(region.one(ledger.c.quarrel))
    assert "fact 3" in quarrel
    assert "end with row 8" in quarrel
    assert region.one(ledger.c.through) == 3


def test_a_second_fact_of_one_row_covers_none_and_is_no_quarrel(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    booth.fact(LidChanged(True), rows=0)
    booth.dossiers(1)
    region.takes(*booth.begin(), booth.tell(1, 3))
    assert region.one(ledger.c.quarrel) is None
    assert region.one(ledger.c.rows) == 8


def test_a_birth_that_comes_late_is_no_quarrel(region: Region) -> None:
    booth = Booth()
    booth.dossiers(3)
    late = booth.begin()
    booth.dossiers(2)
    region.takes(*booth.births(), booth.tell(1, 5))
    region.takes(*late)
    assert region.rows(ledger.c.total, ledger.c.quarrel) == [(5, None)]


def test_a_journal_that_was_set_back_quarrels_by_its_next_fact(region: Region) -> None:
    booth = Booth()
    booth.dossiers(5)
    region.takes(*booth.begin(), booth.tell(1, 5))
    del booth.entries[3:]
    booth._row = 12
    booth.fact(ended(99))
    region.takes(*booth.begin(), booth.tell(4, 4))
    assert "fact 4 came twice" in str(region.one(ledger.c.quarrel))


def test_what_the_booth_has_and_the_region_lacks_can_be_told(region: Region) -> None:
    booth = Booth()
    booth.dossiers(7)
    region.takes(*booth.begin(), booth.tell(1, 2))
    assert region.rows(ledger.c.total, ledger.c.through) == [(7, 2)]


def test_a_new_journal_of_a_booth_stands_beside_the_old_one(region: Region) -> None:
    booth = Booth()
    booth.dossiers(3)
    region.takes(*booth.begin(), booth.tell(1, 3))
    anew = Booth(epoch="ffffffff", bd_seq=booth.bd_seq)
    anew.dossiers(1)
    done = region.takes(*anew.begin(), anew.tell(1, 1))
    assert [(a.epoch, a.through) for _, a in done.acknowledgements] == [("ffffffff", 1)]
    assert region.rows(ledger.c.epoch, ledger.c.through) == [(EPOCH_1, 3), ("ffffffff", 1)]


def test_ended_dossiers_are_summed_by_hour(region: Region) -> None:
    booth = Booth()
    booth.fact(ended(1), at=START)
    booth.fact(ended(2, "abandoned", reason="left", fingers=(109,) * 10), at=START + 1)
    booth.fact(ended(3), at=START + 3_600_000)
    region.takes(*booth.begin(), booth.tell(1, 3))
    sums = region.rows(
        hour.c.at, hour.c.sealed, hour.c.abandoned, hour.c.missing_fingers, hour.c.total_s
    )
    assert sums == [
        (START - START % 3_600_000, 1, 1, 1, 340),
        (START - START % 3_600_000 + 3_600_000, 1, 0, 1, 170),
    ]


def test_facts_of_a_wrong_clock_are_dated_when_it_is_set(region: Region) -> None:
    booth = Booth()
    booth.fact(ended(1), at=5_000, mono=60_000, trusted=False)
    booth.fact(ended(2), at=9_000, mono=61_000, trusted=False, boot="0000000b")
    region.takes(*booth.begin(), booth.tell(1, 2))
    assert region.rows(fact.c.dated) == [(None,), (None,)]
    assert region.rows(hour.c.sealed) == []
    booth.fact(ClockDated(BOOT, START), at=START + 70_000, mono=70_000)
    booth.fact(ended(4), at=9_000, mono=62_000, trusted=False)
    region.takes(booth.tell(3, 3))
    region.takes(booth.tell(4, 4))
    dated = dict(region.rows(fact.c.number, fact.c.dated))
    assert dated == {1: START + 60_000, 2: None, 3: START + 70_000, 4: START + 62_000}
    assert region.one(fact.c.at, fact.c.number == 1) == 5_000
    assert sum(row[0] for row in region.rows(hour.c.sealed)) == 2


def test_facts_of_a_wrong_clock_are_summed_once_when_all_comes_together(region: Region) -> None:
    booth = Booth()
    booth.fact(ended(1), at=5_000, trusted=False)
    booth.fact(ClockDated(BOOT, START), at=START)
    region.takes(*booth.begin(), booth.tell(1, 2))
    region.takes(booth.tell(1, 2))
    assert region.rows(hour.c.sealed) == [(1,)]


def test_a_fact_of_a_newer_vocabulary_is_kept_and_acknowledged(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    entry = [5, 6, START, 1, BOOT, True, [77, "what this region does not know"]]
    booth.entries.append(msgspec.msgpack.encode(entry))
    booth._row = 6
    booth.dossiers(1)
    done = region.takes(*booth.begin(), booth.tell(1, 3))
    assert through(done) == [3]
    assert done.acknowledgements[0][1].chain == booth.proof(3)
    assert region.rows(fact.c.number, fact.c.kind) == [(1, 1), (2, 77), (3, 1)]


def test_an_answer_answers_its_command_once(region: Region) -> None:
    with writing(region.engine) as connection:
        connection.execute(
            command.insert().values(
                id="00000000000000aa",
                station=STATION,
                order="{}",
                wire=b"x",
                by="lan",
                role="operator",
                issued_at=START,
                expires_at=START + 1,
            )
        )
    booth = Booth()
    booth.fact(CommandAnswered("00000000000000aa", CommandOutcome.DONE))
    booth.fact(CommandAnswered("00000000000000aa", CommandOutcome.FAILED))
    region.takes(*booth.begin(), booth.tell(1, 1))
    region.takes(booth.tell(2, 2))
    assert region.rows(command.c.outcome, command.c.answered_at) == [("done", NOW)]


def test_the_vocabulary_s_own_entries_are_read(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    whole = msgspec.msgpack.decode(booth.entries[0], type=Entry)
    assert msgspec.msgpack.encode(whole) == booth.entries[0]


def test_garbage_in_a_report_stops_nobody(region: Region) -> None:
    booth, other = Booth(), Booth("TH0418")
    other.dossiers(1)
    births = [*booth.begin(), *other.begin()]
    garbage = booth.node.data(START, [Metric(REPORT, b"\xc1" * 40, DataType.BYTES)])
    done = region.takes(*births, garbage, other.tell(1, 1))
    assert {(station, a.through) for station, a in done.acknowledgements} == {
        (STATION, 0),
        ("TH0418", 1),
    }


def test_a_value_that_the_database_refuses_stops_its_station_only(region: Region) -> None:
    if region.engine.dialect.name == "sqlite":
        with writing(region.engine) as connection:
            connection.exec_driver_sql(
                "CREATE TRIGGER refuse BEFORE INSERT ON figure WHEN NEW.station = 'TH0418' "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
    else:
        with writing(region.engine) as connection:
            connection.exec_driver_sql(
                "ALTER TABLE figure ADD CONSTRAINT refuse CHECK (station <> 'TH0418')"
            )
    booths = [Booth(f"TH04{number}") for number in range(16, 21)]
    births = [message for booth in booths for message in booth.begin()]
    done = region.takes(*births)
    assert done.refused == ["TH0418"]
    assert sorted(station for station, _ in done.acknowledgements) == [
        "TH0416",
        "TH0417",
        "TH0419",
        "TH0420",
    ]


def test_a_quarrel_stays_the_first_one(region: Region) -> None:
    booth = Booth()
    booth.dossiers(1)
    region.takes(*booth.begin(), booth.tell(1, 1))
    with writing(region.engine) as connection:
        connection.execute(update(ledger).values(quarrel="the first"))
    del booth.entries[:]
    region.takes(*booth.begin())
    assert region.one(ledger.c.quarrel) == "the first"
