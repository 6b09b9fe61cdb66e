"""What the fleet writes is a journal like any other, whole for the verifier and for the fold."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from edge.journal.store import Journal, Row
from edge.journal.verify import verify
from edge.report.facts import DossierEnded
from edge.report.fold import Fold
from ground.clock import SystemClock
from tram.fleet.day import ZONE, Writer, booth, journal
from tram.fleet.station import PROVINCES, Plan, Station, config, groups

CODE = "TH0417"
BEGAN = 1_772_409_600_000


def rows_of_a_booth(count: int) -> list[Row]:
    return list(islice(booth(Writer(CODE, BEGAN), 150_000), count))


def test_rows_of_a_made_up_booth_are_a_whole_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    store = Journal(path, CODE, SystemClock())
    store._db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", rows_of_a_booth(3_000))
    store.close()
    verdict = verify(path)
    assert (verdict.rows, verdict.bad_row) == (3_000, None)


def test_rows_come_in_the_order_of_their_times() -> None:
    times = [row[1] for row in rows_of_a_booth(3_000)]
    assert times == sorted(times)
    assert times[0] == BEGAN


def test_a_day_folds_to_as_many_dossiers_as_were_asked_for() -> None:
    fold = Fold(CODE, ZONE)
    facts = [entry for row in journal(CODE, 2, 30) for _number, entry in fold.apply(row)]
    assert sum(isinstance(entry.fact, DossierEnded) for entry in facts) == 60


def test_a_booth_opens_a_new_page_of_tickets_at_midnight() -> None:
    bodies = [row[7] for row in rows_of_a_booth(30_000) if row[5] == "ticket_numbered"]
    firsts = [body for body in bodies if '"ticket":1,' in body]
    assert len(firsts) >= 2
    assert len({body.split('"day":')[1][:8] for body in firsts}) == len(firsts)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return Plan(3_321, "127.0.0.1", 1, tmp_path, groups=3, dossiers=4)


def test_every_station_of_a_fleet_has_a_code_and_a_commune_of_its_own(plan: Plan) -> None:
    fleet = [config(plan, index) for index in range(plan.stations)]
    assert len({its.code for its in fleet}) == len({its.region for its in fleet}) == 3_321
    assert {its.uplink.group for its in fleet} == set(groups(plan))
    assert [its.code for its in fleet[:4]] == ["TH0001", "NA0001", "HN0001", "TH0002"]
    assert len({letters for letters, _ in PROVINCES}) == len({name for _, name in PROVINCES}) == 34


def test_a_stations_folder_has_a_journal_that_its_uplink_reads(plan: Plan) -> None:
    station = Station(plan, 0, SystemClock())
    station.turn()
    told, acknowledged = station.uplink.facts
    station.uplink.close()
    assert verify(plan.data / "TH0001" / "journal.db").bad_row is None
    assert told >= 4
    assert acknowledged == 0
