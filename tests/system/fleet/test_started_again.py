"""A fleet that is started again, on the same folder: its uplinks look for a broker."""

from __future__ import annotations

from pathlib import Path

from edge.journal.store import read_rows
from edge.journal.verify import verify
from edge.uplink.run import Uplink
from ground.clock import SystemClock
from tram.fleet.station import Plan, Station


def test_a_fleet_that_is_started_again_goes_on_with_its_journals(tmp_path: Path) -> None:
    plan = Plan(3_321, "127.0.0.1", 1, tmp_path, groups=3, dossiers=4)
    path = plan.data / "TH0001" / "journal.db"
    Station(plan, 0, SystemClock()).uplink.close()
    before = list(read_rows(path))
    quick = Plan(1, plan.host, plan.port, plan.data, dossiers=4, pace=3_600_000.0)
    station = Station(quick, 0, SystemClock())
    uplink: Uplink = station.uplink
    while uplink.facts[0] < 20:
        station.turn()
    uplink.close()
    assert list(read_rows(path))[: len(before)] == before
    assert verify(path).bad_row is None
