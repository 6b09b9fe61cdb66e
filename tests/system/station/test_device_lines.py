"""Each failure and each recovery of a device: one line of the log, one row of the journal."""

from __future__ import annotations

import logging
import os
import tty
from dataclasses import replace
from pathlib import Path

import pytest

from controller.config import Config
from controller.station.station import Station
from edge.journal import events as e
from edge.journal.store import read_events
from tests.hil.floor import Floor
from tram.station import devices_of

NAMES = "0123456789|Nguyễn Thị Hồng Hạnh|12031990"


async def test_a_scanner_that_comes_and_goes(
    config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tram.station")
    link = tmp_path / "scanner"
    config = replace(config, devices=replace(config.devices, scanner=str(link)))
    station = Station(config, devices_of(config))
    await station.start()
    floor = Floor(station, lambda twin: pytest.fail(f"no {twin} here"))

    def said() -> list[str]:
        return [r.message for r in caplog.records if r.message.startswith("scanner")]

    try:
        await floor.until(lambda: len(said()) == 1, "the missing scanner's line")
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        link.symlink_to(os.ttyname(theirs))
        await floor.until(station.devices_ready, "the scanner")
        os.write(ours, f"{NAMES}\r".encode())
        await floor.until(lambda: len(station.core.notices) > 0, "its scan")
        os.close(theirs)
        os.close(ours)
        link.unlink()
        await floor.until(lambda: len(said()) == 3, "the unplugged scanner's line")
        await floor.until(lambda: not station.devices_ready(), "its state")
    finally:
        await station.stop()
    missing, back, gone = said()
    assert missing == f"scanner: not_found ({link}: No such file or directory)"
    assert back == "scanner: works again"
    assert gone.startswith("scanner: disconnected (")
    assert not any("Hạnh" in record.message for record in caplog.records)
    rows = [event.body for event in read_events(config.paths.data / "journal.db")]
    assert rows[1:] == [
        e.DeviceFailed(e.Device.SCANNER, e.FaultCode.NOT_FOUND),
        e.DeviceRecovered(e.Device.SCANNER),
        e.DeviceFailed(e.Device.SCANNER, e.FaultCode.DISCONNECTED),
    ]
