"""``tram station``: build the devices that the configuration names, run the station, serve it."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib
import logging
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from controller.config import Config, Lines
from controller.devices.camera.adapter import WorkerCamera
from controller.devices.fingerprint.scanner import R503Scanner
from controller.devices.lines import GpioLines, Wire, Wiring
from controller.devices.peripherals import PicoPeripherals, firmware_hash
from controller.devices.scanner import SerialScanner
from controller.station.devices import Devices
from controller.station.station import Station
from ground.error import TramError
from ground.text import N_
from tram.machine import sign_of_life, switch_off
from tram.memory import keep_to_itself


class AlreadyRunning(TramError):
    """Another station has this data folder."""


def devices_of(config: Config) -> Devices:
    ports = config.devices
    return Devices(
        PicoPeripherals(ports.pico, expected_firmware_hash=firmware_hash()) if ports.pico else None,
        R503Scanner(ports.fingerprint) if ports.fingerprint else None,
        WorkerCamera(ports.camera, config.policy.portrait) if ports.camera else None,
        SerialScanner(ports.scanner) if ports.scanner else None,
        GpioLines(ports.lines, wiring_of(config.lines)) if ports.lines else None,
    )


def wiring_of(lines: Lines) -> Wiring:
    """The button connects its pin to ground."""

    def wire(gpio: int | None, level: str) -> Wire | None:
        return None if gpio is None else Wire(gpio, level == "high")

    return Wiring(
        wire(lines.mains_fail, lines.mains_fail_level),
        wire(lines.battery_low, lines.battery_low_level),
        wire(lines.service, "low"),
        lines.pico_run,
    )


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold the data folder. Raises AlreadyRunning: two writers would tear the journal."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "station.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"{data} is in use",
                N_("A station is running on {data} already. Stop it first."),
                data=data,
            ) from None
        yield


def run(config: Config) -> None:
    """Run until SIGINT or SIGTERM. Says on standard output where the console is."""
    keep_to_itself()
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # NiceGUI warns of pages not found with their whole address, which may hold what was typed.
    logging.getLogger("nicegui").setLevel(logging.ERROR)
    with alone(config.paths.data):
        asyncio.run(_run(config))


async def _run(config: Config) -> None:
    living = asyncio.create_task(sign_of_life())
    station = Station(config, devices_of(config), switch_off=switch_off)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        await station.start()
        await _serve(station, config, stop)
    finally:  # whatever failed: its endless tasks end for nobody else, and the program with them
        await station.stop()
        living.cancel()


async def _serve(station: Station, config: Config, stop: asyncio.Event) -> None:
    """Until ``stop``. Raises what the console raises."""
    # The console's libraries take a second to import: devices come up meanwhile.
    server = await asyncio.to_thread(importlib.import_module, "controller.server")
    answering = asyncio.Event()

    def bound(url: str) -> None:
        print("console", url, flush=True)
        answering.set()

    serving = asyncio.create_task(server.serve(station, config.console, config.limits, ready=bound))
    telling = asyncio.create_task(_tell_ready(station, answering))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, telling, stopping):
        task.cancel()
    results = await asyncio.gather(serving, telling, stopping, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise results[0]


async def _tell_ready(station: Station, answering: asyncio.Event) -> None:
    await answering.wait()
    version = 0
    while not station.devices_ready():
        version = await station.changed(version, 1.0)
    print("ready", flush=True)
