"""What a station does with the Pi's own lines: the pins of a twin of pigpiod, all else real."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from controller.advice import device_advice
from controller.config import parse
from controller.station.supply import BY_HAND, TEXTS, Step
from controller.views import Message
from edge.journal import events as e
from tests.hil.floor import opened
from tests.hil.pigpio_daemon import BUTTON, MAINS, RUN, Daemon
from tests.hil.premises import OWN_PORT, STATION, Keyring, configuration_text
from tests.patience import CEILING_S


def text(data: Path, daemon: Daemon, battery_s: float = 600.0, **ports: str) -> str:
    """The configuration of a station with these lines."""
    wires = f"""
[lines]
mains_fail = {MAINS}
service = {BUTTON}
pico_run = {RUN}
battery_s = {battery_s}
"""
    named = {"lines": f"pigpio:{daemon.address}", **ports}
    return configuration_text(data, named, 1.0, wires + OWN_PORT, STATION)


@pytest.fixture
def data(tmp_path: Path, keyring: Keyring) -> Path:
    keyring.furnish(tmp_path / "station", [])
    return tmp_path / "station"


def no_hands(twin: str) -> NoReturn:
    raise AssertionError(twin)


async def test_the_clerk_is_told_that_the_mains_have_failed_and_that_they_are_back(
    data: Path, daemon: Daemon
) -> None:
    async with opened(parse(text(data, daemon).encode()), no_hands) as floor:
        await floor.until(floor.station.devices_ready, "lines ready")
        daemon.drive(MAINS, 1)
        told = Message(TEXTS[Step.BATTERY], {"n": 10})
        await floor.until(lambda: told in floor.station.core.notices, "the news")
        shown = floor.device("power")
        assert shown.fault == "on_battery"
        assert shown.advice == Message(device_advice(e.Device.POWER, e.FaultCode.ON_BATTERY))
        assert floor.station.devices_ready(), "a booth on its battery works"
        daemon.drive(MAINS, 0)
        back = Message(TEXTS[Step.MAINS], {})
        await floor.until(lambda: back in floor.station.core.notices, "the good news")
        rows = [ev.body for ev in floor.events() if hasattr(ev.body, "device")]
        assert rows == [
            e.DeviceFailed(e.Device.POWER, e.FaultCode.ON_BATTERY),
            e.DeviceRecovered(e.Device.POWER),
        ]


async def test_a_booth_that_nothing_can_switch_off_says_so(data: Path, daemon: Daemon) -> None:
    async with opened(parse(text(data, daemon, 0.5).encode()), no_hands) as floor:
        daemon.drive(MAINS, 1)
        by_hand = Message(BY_HAND, {})
        await floor.until(lambda: by_hand in floor.station.core.notices, "what to do")


async def test_a_battery_runs_down_while_the_daemon_is_away(data: Path, daemon: Daemon) -> None:
    async with opened(parse(text(data, daemon, 4.0).encode()), no_hands) as floor:
        daemon.drive(MAINS, 1)
        await floor.until(lambda: floor.device("power").fault == "on_battery", "on battery")
        daemon.end()
        off = Message(TEXTS[Step.OFF], {})
        await floor.until(lambda: off in floor.station.core.notices, "the end")


async def test_a_pico_that_stays_silent_is_reset_by_its_run(data: Path, daemon: Daemon) -> None:
    nobody = str(data / "no-pico")
    config = parse(text(data, daemon, pico=nobody).encode())
    async with opened(config, no_hands) as floor:
        await floor.until(lambda: daemon.do("pin", gpio=RUN)["lows"], "a reset")
        run = daemon.do("pin", gpio=RUN)
        assert run["lows"][0] >= 100
        assert run["mode"] == "input"


def received(listener: socket.socket) -> bytes:
    """The next sign, or nothing."""
    try:
        return listener.recv(100)
    except (BlockingIOError, TimeoutError):
        return b""


@contextmanager
def program(data: Path, config: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """``tram station`` as its unit starts it."""
    file = data.with_suffix(".toml")
    file.write_text(config)
    process = subprocess.Popen(
        [sys.executable, "-m", "tram", "station", "--config", str(file)],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def appears(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = asyncio.get_running_loop().time() + CEILING_S
    while not os.access(path, os.F_OK):
        assert process.poll() is None, process.communicate()
        assert asyncio.get_running_loop().time() < deadline, f"waited in vain for {path}"
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("why", ["mains", "button"])
async def test_the_machine_is_asked_to_shut_down_and_the_station_ends_in_order(
    data: Path, daemon: Daemon, tmp_path: Path, why: str
) -> None:
    """By a battery at its end, and by a button held for three seconds."""
    folder = tmp_path / "run"
    folder.mkdir()
    battery_s = 0.5 if why == "mains" else 600.0
    config = text(data, daemon, battery_s)
    with program(data, config, RUNTIME_DIRECTORY=str(folder)) as station:
        assert station.stdout is not None
        lines = [await asyncio.to_thread(station.stdout.readline) for _ in range(2)]
        assert lines[1] == "ready\n", lines
        assert not list(folder.iterdir())
        daemon.drive(*((MAINS, 1) if why == "mains" else (BUTTON, 0)))
        await appears(folder / "power-off", station)
        station.send_signal(signal.SIGTERM)  # as systemd does when the machine shuts down
        _, log = await asyncio.to_thread(station.communicate, timeout=CEILING_S)
        assert station.returncode == 0, log
        assert "power: off" in log


async def test_systemd_gets_signs_of_life_twice_in_the_time_that_it_waits(
    data: Path, daemon: Daemon, tmp_path: Path
) -> None:
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(CEILING_S)
        watched = {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "1000000"}
        with program(data, text(data, daemon), **watched) as station:
            signs = [await asyncio.to_thread(listener.recv, 100) for _ in range(3)]
            assert signs == [b"WATCHDOG=1"] * 3
            station.send_signal(signal.SIGSTOP)  # hangs: whatever is under way arrives, no more
            await asyncio.to_thread(os.waitid, os.P_PID, station.pid, os.WSTOPPED | os.WNOWAIT)
            listener.setblocking(False)
            assert len(list(iter(lambda: received(listener), b""))) <= 2, "what was under way"
            listener.settimeout(2.0)  # four times the pause between two signs
            assert received(listener) == b""
