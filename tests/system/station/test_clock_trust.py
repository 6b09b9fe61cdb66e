"""A booth starts before the network has set its clock: rows say so, and screens do."""

from __future__ import annotations

import logging
from zoneinfo import ZoneInfo

import pytest

from controller.config import Config
from controller.station.station import Station
from edge.journal import events as e
from edge.journal.store import read_events, read_rows
from edge.report.facts import ClockDated
from edge.report.fold import Fold
from ground.clock import SteppedClock
from tests.hil.floor import Floor
from tram.station import devices_of


async def test_a_clock_that_is_set_while_the_station_runs_is_a_row_at_once(
    config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SteppedClock()
    clock.is_trusted = False
    caplog.set_level(logging.INFO, "tram.station")
    station = Station(config, devices_of(config), clock)
    await station.start()
    try:
        floor = Floor(station, lambda twin: pytest.fail(f"no {twin} here"))
        assert not floor.view.clock_trusted
        clock.is_trusted = True
        await floor.until(lambda: floor.view.clock_trusted, "the set clock on the screens")
        clock.is_trusted = False
        await floor.until(lambda: not floor.view.clock_trusted, "the lost word on the screens")
    finally:
        await station.stop()
    journal = config.paths.data / "journal.db"
    rows = [(type(event.body), event.trusted) for event in read_events(journal)]
    assert rows == [(e.StationStarted, False), (e.ClockChanged, True), (e.ClockChanged, False)]
    said = [record.message for record in caplog.records]
    assert [line.split(":")[0] for line in said] == [
        "the clock is not set yet",
        "the clock is set",
        "nobody vouches for the clock any more",
    ]
    fold = Fold(config.station.code, ZoneInfo("Asia/Ho_Chi_Minh"))
    told = [entry.fact for row in read_rows(journal) for _, entry in fold.apply(row)]
    assert any(isinstance(fact, ClockDated) for fact in told), "this boot's facts are dated by it"
