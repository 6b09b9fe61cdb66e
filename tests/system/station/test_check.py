"""``tram station --check``: how everything that a start needs is, and no start."""

from __future__ import annotations

import fcntl
import os
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.journal.store import Journal
from ground.clock import SystemClock
from tests.hil.premises import STATION, Keyring, configuration_text
from tests.unit.refusals import without
from tram.cli import app


@pytest.fixture
def data(keyring: Keyring, tmp_path: Path) -> Path:
    keyring.furnish(tmp_path / "data", [])
    return tmp_path / "data"


@pytest.fixture
def port() -> Iterator[str]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def check(data: Path, ports: dict[str, str] | None = None) -> Result:
    config = data.parent / "station.toml"
    config.write_text(configuration_text(data, ports or {}, speed=1.0))
    told = CliRunner().invoke(app, ["station", "--check", "--config", str(config)])
    assert "Traceback" not in told.output
    return told


def test_a_booth_that_is_well_is_0(data: Path, port: str) -> None:
    told = check(data, {"pico": port, "scanner": port})
    assert told.exit_code == 0, told.output
    assert told.output.splitlines() == [
        f"configuration: whole; station {STATION}, Nhà văn hoá Bỉm Sơn, vn/thanh-hoa/bim-son",
        "clock: The clock is set.",
        "       Đồng hồ đã được chỉnh.",
        "keys: whole",
        "journal: none yet",
        f"peripherals: {port} is there",
        "fingerprint: none named",
        f"scanner: {port} is there",
        "camera: none named",
    ]
    assert not (data / "journal.db").exists(), "nothing was started"


def test_a_configuration_with_mistakes_is_1_and_names_each(tmp_path: Path) -> None:
    config = tmp_path / "station.toml"
    config.write_text('[station]\ncode = ""\nname = "x"\naddress = "x"\nregion = "Thanh Hoá"\n')
    told = CliRunner().invoke(app, ["station", "--check", "--config", str(config)])
    assert told.exit_code == 1
    assert "station.code: fill in: must be two capital letters" in told.output
    assert "station.region: must be a path of small letters" in told.output


def test_a_booth_without_keys_is_1_and_told_how_to_make_them(tmp_path: Path) -> None:
    told = check(tmp_path / "data")
    assert told.exit_code == 1
    assert f"tram keys create --data {tmp_path}/data --region age1" in told.output


def test_a_journal_of_another_station_is_1_and_told_how_to_discard_it(data: Path) -> None:
    Journal(data / "journal.db", "QT0001", SystemClock()).close()
    told = check(data)
    assert told.exit_code == 1
    assert f"belongs to station QT0001, not to {STATION}" in told.output
    assert f"tram journal discard {data}/journal.db" in told.output


def test_a_system_that_does_not_say_whether_the_clock_is_set_is_1(data: Path) -> None:
    told = without(("adjtimex", "clock_adjtime"), lambda: check(data))
    assert told.exit_code == 1
    assert "ProtectClock=yes" in told.output


def test_a_device_that_cannot_be_used_is_3_and_told_what_to_do(data: Path, port: str) -> None:
    holder = os.open(port, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    told = check(data, {"pico": "/dev/serial/by-id/usb-none", "scanner": port})
    os.close(holder)
    assert told.exit_code == 3
    assert "peripherals: /dev/serial/by-id/usb-none: No such file or directory: " in told.output
    assert f"scanner: {port}: Resource temporarily unavailable: Another program" in told.output


def test_a_camera_is_tried_with_one_picture(data: Path) -> None:
    told = check(data, {"camera": f"twin:{data.parent}/no-camera"})
    assert told.exit_code == 3
    assert "camera: not_found" in told.output
    assert "No camera is found. Check its cable" in told.output
