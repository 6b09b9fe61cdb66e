"""``tram station --check``: what a start would find, without starting anything.

A technician fills in the configuration before the booth stands, and plugs devices in one by one:
each line says how one thing is and, where it is not well, what to do.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator

from controller.advice import device_advice
from controller.config import Config
from controller.console.details import said as device_said
from controller.devices.camera.adapter import LONGEST_START_S
from controller.devices.opening import refusal
from controller.vault import keys
from edge.config import BEHIND
from edge.journal import error as journal_error
from edge.journal.events import Device, FaultCode
from edge.journal.store import JournalError, station_of
from ground.clock import ClockRefused, SystemClock
from ground.text import N_, text
from tram.plain import languages, say

GOOD, CANNOT_START, DEVICE_MISSING = 0, 1, 3
"""Exit codes. 2 is the command line's own: an option that is none."""

CLOCK_SET = N_("The clock is set.")
CLOCK_NOT_SET = N_(
    "The clock is not set yet. That is well for a start: the time service sets it when the network "
    "is there, and what was done before is dated then."
)


def check(config: Config) -> int:
    """Print how everything is, in English and Vietnamese where there is something to do. Returns
    ``GOOD``, ``CANNOT_START`` or ``DEVICE_MISSING``."""
    station = config.station
    say(
        "configuration: whole; station {code}, {name}, {region}",
        code=station.code,
        name=station.name,
        region=station.region,
    )
    good = all([_clock(config), _keys(config), _journal(config)])
    found = all([_device(device, where) for device, where in _devices(config)])
    return CANNOT_START if not good else GOOD if found else DEVICE_MISSING


def _say(about: str, message: str, **params: object) -> None:
    """In both languages unless one was asked for: who stands at the booth may read either."""
    about = text(languages()[0], about)
    for place, language in enumerate(languages()):
        before = f"{' ' * len(about)}  " if place else f"{about}: "
        print(f"{before}{text(language, message, **params)}")


def _clock(config: Config) -> bool:
    try:
        clock = SystemClock(kept=config.station.clock_kept, flag=config.station.clock_flag)
        _say(N_("clock"), CLOCK_SET if clock.trusted() else CLOCK_NOT_SET)
    except ClockRefused as error:
        _say(N_("clock"), error.advice, **error.params)
        return False
    return True


def _keys(config: Config) -> bool:
    try:
        keys.region_recipient(config.paths.data)
        keys.shift_recipient(config.paths.data)
        keys.station_key(config.paths.data)
    except keys.KeysUnusable as error:
        _say(N_("keys"), error.advice, **error.params)
        return False
    say("keys: whole")
    return True


def _journal(config: Config) -> bool:
    """Whose it is; one that is not there yet is made by the first start."""
    path = config.paths.data / "journal.db"
    if not path.exists():
        say("journal: none yet")
        return True
    try:
        owner = station_of(path)
    except JournalError as error:
        _say(N_("journal"), error.advice, **error.params)
        return False
    if owner != config.station.code:
        params = {"owner": owner, "station": config.station.code, "path": path}
        _say(N_("journal"), journal_error.FOREIGN, **params)
        return False
    say("journal: of {station}", station=owner)
    return True


def _devices(config: Config) -> Iterator[tuple[Device, str]]:
    for key, (device, *_) in BEHIND.items():
        where = getattr(config.devices, key)
        if where or device is not Device.POWER:  # few booths have wires of their own
            yield device, where


def _device(device: Device, where: str) -> bool:
    """Whether it is there, or the booth has none. A running station holds its devices: "taken"."""
    if not where:
        say("{device}: none named", device=device.value)
        return True
    if device is Device.CAMERA:
        return _camera(where)
    if device is Device.POWER:  # the wires of a running station are taken, its chip is not
        if not where.startswith("lgpio:"):
            print(f"{device.value}: {where}")
            return True
        where = where.removeprefix("lgpio:")
    try:
        port = os.open(where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(port)
    except OSError as error:
        fault, words = refusal(error)
        _say(f"{device.value}: {where}: {words}", device_advice(device, fault))
        return False
    say("{device}: {where} is there", device=device.value, where=where)
    return True


def _camera(source: str) -> bool:
    """One frame by a worker of its own, as the station takes it: libcamera may hang for ever. It
    has the time that the station gives a slow machine: what is missing here is missing there."""
    command = [sys.executable, "-m", "controller.devices.camera.worker", f"--source={source}"]
    try:
        tried = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_START_S)
    except subprocess.TimeoutExpired:
        _say(f"camera: {source}", device_advice(Device.CAMERA, FaultCode.HUNG))
        return False
    last = (tried.stdout.splitlines() or ["the camera gives no picture"])[-1]
    if tried.returncode:
        fault = next((code for code in FaultCode if f": {code.value}" in last), None)
        _say(f"camera: {source}: {last}", device_advice(Device.CAMERA, fault or FaultCode.HUNG))
        return False
    say("camera: {detail}", detail=device_said(languages()[0], last))
    return True
