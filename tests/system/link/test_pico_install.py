"""``tram pico install`` as a technician types it: over a real port, onto the Pico's twin."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from controller.devices.peripherals import firmware_hash
from firmware import wire
from hw.twins.booth import Booth
from hw.twins.control import Hand
from tests.patience import CEILING_S


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Booth]:
    """A Pico that runs the firmware."""
    booth = Booth(tmp_path / "dev", speed=1.0, seed=1)
    try:
        yield booth
    finally:
        booth.end_all()


def installed(port: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tram", "pico", "install", port],
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )


def hello(port: str) -> list[int | str]:
    """What the Pico says to a station that comes."""
    with serial.Serial(port, exclusive=True, timeout=CEILING_S) as line:
        line.write(wire.encode([1000, "hello"]))
        while True:
            frame = line.readline()
            try:
                answer = wire.decode(frame)
            except ValueError:
                assert frame, "no hello"
                continue
            if answer[0] == 1000:
                return answer[1:]


def test_the_firmware_is_put_onto_a_running_pico_again_and_again(twins: Booth) -> None:
    port = twins.port("pico")
    slots = []
    for _ in range(3):
        done = installed(port)
        assert done.returncode == 0, done.stderr
        first, *_, last = done.stdout.splitlines()
        assert first.startswith(f"writing firmware {firmware_hash()} to /")
        assert last == f"the Pico runs firmware {firmware_hash()}"
        slots.append(first[-1])
    assert slots[0] == slots[2] != slots[1], "beside the one that runs, never over it"
    assert hello(port)[2] == firmware_hash()


def test_a_port_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    done = installed(str(tmp_path / "pico"))
    assert done.returncode == 1
    assert str(tmp_path / "pico") in done.stderr
    assert "systemctl stop tram" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_the_station_holds_is_named_with_what_to_do(twins: Booth) -> None:
    port = twins.port("pico")
    with serial.Serial(port, exclusive=True):
        done = installed(port)
    assert done.returncode == 1
    assert "systemctl stop tram" in done.stderr


def test_a_cable_that_comes_off_is_named_and_the_next_try_succeeds(twins: Booth) -> None:
    port = twins.port("pico")
    command = [sys.executable, "-m", "tram", "pico", "install", port]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as at:
        assert at.stdout is not None
        assert at.stderr is not None
        at.stdout.readline()  # it writes
        hand = Hand(twins.control("pico"))
        hand.do("power", on=False)  # which it has from the cable
        said = at.stderr.read()
    assert at.returncode == 1
    assert "its cable came off" in said
    assert "Cắm lại cáp" in said
    hand.do("power", on=True)
    hand.close()
    assert installed(port).returncode == 0
