"""Why a port does not open: the system's own refusals, each a fault of its own with its advice.

Pico, fingerprint sensor and scanner are the real adapters on ports that the system refuses; the
camera is its real source.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket as sockets
import termios
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from controller.advice import device_advice
from controller.devices.camera.sources import TwinCamera, unseen
from controller.devices.fingerprint.scanner import R503Scanner
from controller.devices.opening import SETTLE_S, Door, refusal
from controller.devices.peripherals import PicoPeripherals
from controller.devices.ports import DeviceStatus, Health
from controller.devices.scanner import SerialScanner
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode
from tests.unit import refusals

CEILING_S = 60.0
ADAPTERS = [PicoPeripherals, R503Scanner, SerialScanner]


@pytest.fixture
def cable() -> Iterator[tuple[int, str]]:
    """A serial line: our end, and the path of the other one."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path = os.ttyname(theirs)
    refusals.owned_by_nobody(path)
    yield ours, path
    os.close(ours)
    os.close(theirs)


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may use, as /dev/serial/by-id is."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


async def faults_of(
    adapter: Any, enough: Callable[[list[DeviceStatus]], bool], then: Callable[[], object] = int
) -> list[DeviceStatus]:
    """Every status of the running adapter until ``enough``; ``then`` is done at the first one."""
    seen: list[DeviceStatus] = []
    changed = asyncio.Event()

    def told(status: DeviceStatus) -> None:
        if status.device is not Device.PRINTER:
            seen.append(status)
            changed.set()

    adapter.on_status = told
    await adapter.start()
    try:
        async with asyncio.timeout(CEILING_S):
            await changed.wait()
            then()
            while not enough(seen):
                changed.clear()
                await changed.wait()
    finally:
        await adapter.close()
    return seen


def first_fault(adapter: Any, path: str) -> tuple[FaultCode | None, str]:
    """What the adapter tells first of a port that it cannot open."""
    (status, *_) = asyncio.run(faults_of(adapter(path), bool))
    assert status.health is Health.FAILED
    return status.fault, status.detail


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_port_that_is_not_there_is_not_found(adapter: Any, tmp_path: Path) -> None:
    fault, detail = first_fault(adapter, f"{tmp_path}/none")
    assert fault is FaultCode.NOT_FOUND
    assert detail == f"{tmp_path}/none: No such file or directory"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_lasting_name_whose_device_is_gone_is_not_found(adapter: Any, tmp_path: Path) -> None:
    link = tmp_path / "usb-MicroPython_Board-if00"
    link.symlink_to(tmp_path / "ttyACM7")
    assert first_fault(adapter, str(link))[0] is FaultCode.NOT_FOUND


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_port_whose_rights_refuse_us_wants_a_group(adapter: Any, cable: tuple[int, str]) -> None:
    _, path = cable
    os.chmod(path, 0)
    fault, detail = refusals.as_nobody(lambda: first_fault(adapter, path))
    assert fault is FaultCode.NO_RIGHTS
    assert detail == f"{path}: Permission denied"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_port_that_the_system_keeps_us_from_wants_a_line_in_the_unit(
    adapter: Any, cable: tuple[int, str]
) -> None:
    _, path = cable
    fault, detail = refusals.without_terminals(lambda: first_fault(adapter, path))
    assert fault is FaultCode.KEPT_OUT
    assert detail == f"{path}: Operation not permitted"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_port_that_another_program_has_for_itself_is_taken(
    adapter: Any, cable: tuple[int, str]
) -> None:
    _, path = cable
    holder = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.ioctl(holder, termios.TIOCEXCL)
    try:
        assert refusals.as_nobody(lambda: first_fault(adapter, path))[0] is FaultCode.TAKEN
    finally:
        fcntl.ioctl(holder, termios.TIOCNXCL)
        os.close(holder)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_port_that_another_station_has_locked_is_taken(
    adapter: Any, cable: tuple[int, str]
) -> None:
    _, path = cable
    holder = os.open(path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    try:
        assert first_fault(adapter, path)[0] is FaultCode.TAKEN
    finally:
        os.close(holder)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_file_that_is_no_serial_port_is_not_found(adapter: Any, tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.touch()
    assert first_fault(adapter, str(file))[0] is FaultCode.NOT_FOUND


@pytest.mark.parametrize("adapter", [PicoPeripherals, SerialScanner])
def test_a_fault_that_becomes_another_is_told_anew(
    adapter: Any, cable: tuple[int, str], folder: Path
) -> None:
    """Plugged in after the station started, and without the rights."""
    _, path = cable
    os.chmod(path, 0)
    link = folder / "port"

    def plug() -> None:
        link.symlink_to(path)

    seen = refusals.as_nobody(
        lambda: asyncio.run(faults_of(adapter(str(link)), lambda seen: len(seen) > 1, plug))
    )
    assert [status.fault for status in seen] == [FaultCode.NOT_FOUND, FaultCode.NO_RIGHTS]


def test_a_device_is_found_whenever_it_comes(cable: tuple[int, str], folder: Path) -> None:
    _, path = cable
    link = folder / "port"

    def plug() -> None:
        link.symlink_to(path)

    def ready(seen: list[DeviceStatus]) -> bool:
        return seen[-1].health is Health.READY

    seen = refusals.as_nobody(lambda: asyncio.run(faults_of(SerialScanner(str(link)), ready, plug)))
    assert [status.fault for status in seen] == [FaultCode.NOT_FOUND, None]


def test_a_right_that_comes_late_is_no_fault_and_a_port_that_goes_is_disconnected() -> None:
    now = 0.0
    door = Door("/dev/pico", now=lambda: now)
    denied = PermissionError(errno.EACCES, "")
    assert door.refused(denied) is None
    now = SETTLE_S
    assert door.refused(denied) == (FaultCode.NO_RIGHTS, "/dev/pico: Permission denied")
    door.opened()
    gone = FileNotFoundError(errno.ENOENT, "")
    assert door.refused(gone) == (FaultCode.DISCONNECTED, "/dev/pico: No such file or directory")
    assert door.refused(denied) is None, "plugged in again: udev is given its moment anew"


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.EIO, FaultCode.NO_ANSWER),
        (errno.ENODEV, FaultCode.DISCONNECTED),
        (errno.ENXIO, FaultCode.DISCONNECTED),
        (errno.EBUSY, FaultCode.TAKEN),
    ],
)
def test_what_a_device_file_without_its_device_answers(number: int, fault: FaultCode) -> None:
    assert refusal(OSError(number, "")) == (fault, os.strerror(number))
    assert refusal(termios.error(number, ""))[0] is fault


# ---- the camera ----------------------------------------------------------------------------------


def camera_fault(path: str) -> FaultCode:
    with pytest.raises(DeviceFault) as caught:
        TwinCamera(path)
    assert caught.value.device is Device.CAMERA
    return caught.value.code


def test_a_camera_that_refuses_us_is_told_as_what_it_is(folder: Path) -> None:
    socket = folder / "camera"
    assert camera_fault(str(socket)) is FaultCode.NOT_FOUND
    with sockets.socket(sockets.AF_UNIX) as listening:
        listening.bind(str(socket))
        listening.listen()
        socket.chmod(0)
        assert refusals.as_nobody(lambda: camera_fault(str(socket))) is FaultCode.NO_RIGHTS
    socket.chmod(0o777)
    assert camera_fault(str(socket)) is FaultCode.NOT_FOUND, "nobody listens"


def test_a_camera_that_libcamera_does_not_see_may_be_one_that_we_are_kept_from(
    cable: tuple[int, str],
) -> None:
    _, node = cable
    os.chmod(node, 0)
    hidden = refusals.as_nobody(lambda: unseen(0, 0, [Path(node)]))
    assert hidden.code is FaultCode.NO_RIGHTS
    assert hidden.detail == f"{node}: Permission denied"
    assert unseen(0, 0, []).code is FaultCode.NOT_FOUND


def test_a_second_camera_that_is_not_there_is_said_so() -> None:
    assert unseen(1, 1, []).detail == "camera 1 of 1: they count from 0"


# ---- what to do ----------------------------------------------------------------------------------


@pytest.mark.parametrize("device", [d for d in Device if d is not Device.PRINTER])
def test_each_refusal_has_its_own_advice(device: Device) -> None:
    faults = (
        FaultCode.NOT_FOUND,
        FaultCode.NO_RIGHTS,
        FaultCode.KEPT_OUT,
        FaultCode.TAKEN,
    )
    look, group, unit, program = (device_advice(device, fault) for fault in faults)
    of = {Device.CAMERA: "video", Device.POWER: "gpio"}.get(device, "dialout")
    assert f"usermod -aG {of} tram" in group
    assert "DeviceAllow=" in unit
    assert ("gpiodetect" if device is Device.POWER else "cable") in look
    assert ("gpioinfo" if device is Device.POWER else "fuser") in program
