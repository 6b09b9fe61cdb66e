"""Real USB under the station: names by udev, drivers that come late, cables that are pulled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import cv2
import pytest
import zxingcpp

from controller.papers.facts import TicketFacts
from controller.papers.ticket import ticket as ticket_of
from edge.journal.terms import TicketKind
from tests.install.technician import CODE
from tests.vm.booth import PICO, PICO_SERIAL, Booth

SOCKETS = 3
BETWEEN = 4000
"""Bytes at the printer: a ticket has begun and is not over."""
DRIVER, AWAY = "$(modinfo -n cdc_acm)", "/run/cdc_acm.away"


@pytest.fixture(scope="module")
def wired(booth: Booth) -> Iterator[Booth]:
    """Twins are on the table, nothing is plugged in."""
    booth.machine.sh(f"modprobe dummy_hcd num={SOCKETS}; modprobe libcomposite")
    booth.twins("pico", "fingerprint", "scanner")
    yield booth
    booth.devices()
    booth.machine.sh("systemctl stop 'cable-*' twins")


@pytest.fixture(scope="module")
def pico(wired: Booth) -> Booth:
    """The Pico is in the configuration, its driver comes after the station, then it is plugged in.

    In this order, as nothing before it may have loaded the driver.
    """
    machine = wired.machine
    machine.sh(f"systemctl stop tram; rmmod cdc_acm; echo {DRIVER} >{AWAY}.path;mv {DRIVER} {AWAY}")
    wired.devices(pico=PICO)
    wired.cable("pico", 0, "pico", PICO_SERIAL)
    machine.until(
        lambda: "MicroPython" in machine.sh("cat /sys/bus/usb/devices/*/manufacturer"), "USB"
    )
    return wired


def test_a_driver_that_is_loaded_after_the_station_has_started_is_early_enough(pico: Booth) -> None:
    """Without the fixed numbers in ``DeviceAllow=`` the port would be refused from then on."""
    machine = pico.machine
    pico.until_device("peripherals", "failed", "not_found")
    assert "166 ttyACM" not in machine.sh("cat /proc/devices")
    machine.sh(f"mv {AWAY} $(cat {AWAY}.path); modprobe cdc_acm")
    pico.until_device("peripherals", "ready")
    assert machine.sh(f"readlink -f {PICO}").startswith("/dev/ttyACM")


def test_a_paper_under_way_when_the_pico_is_unplugged_comes_out_once(pico: Booth) -> None:
    pico.until_device("printer", "ready")
    whole = ticket(pico)
    (before,) = pico.do(("printer", "state", {}))
    pico.do(
        ("pico", "press", {"button": "ticket"}),
        ("printer", "wait", {"received": before["received"] + BETWEEN}),
        ("pico", "fault", {"kind": "disconnect"}),
    )
    pico.until_device("peripherals", "failed", "disconnected")
    assert pico.machine.run("test", "-e", PICO, check=False).returncode == 1
    pico.do(("pico", "heal", {}))
    pico.until_device("peripherals", "ready")
    (after,) = pico.do(("printer", "wait", {"slips": before["slips"] + 1}))
    pico.machine.until(lambda: not pico.state()["printing"], "the number is issued")
    assert pico.do(("printer", "state", {}))[0]["slips"] == before["slips"] + 1
    assert after["uncut_rows"] == 0
    number = pico.state()["waiting"][-1]["number"]
    assert len(last_slip(pico)) - len(whole) == tall(number) - tall(number - 1), "rows are missing"


def tall(number: int) -> int:
    """Rows of a ticket. Digits differ by some; who is before it makes no difference."""
    kind, at = TicketKind.WALK_IN, datetime.fromtimestamp(0)
    return ticket_of(
        TicketFacts(number, kind, ahead=0, wait_min=1, at=at, station="QT", code=CODE)
    ).height_px


def ticket(booth: Booth) -> list[bytes]:
    """A ticket that nothing happens to."""
    (before,) = booth.do(("printer", "state", {}))
    booth.do(
        ("pico", "press", {"button": "ticket"}),
        ("printer", "wait", {"slips": before["slips"] + 1}),
    )
    return last_slip(booth)


def last_slip(booth: Booth) -> list[bytes]:
    """Its rows of dots; its code can be read."""
    (torn,) = booth.do(("printer", "tear", {}))
    booth.machine.share()
    booth.machine.sh(f"cp {torn['path']} /mnt/shared/slip.png")
    picture = cv2.imread(str(booth.machine.shared / "slip.png"), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    assert any(code.valid for code in zxingcpp.read_barcodes(picture)), "no code on the slip"
    return [row.tobytes() for row in picture]


def test_two_equal_adapters_are_told_apart_by_their_sockets(pico: Booth) -> None:
    """CH340s have no serial number: one name in by-id for both, and only one of them behind it."""
    machine = pico.machine
    machine.sh("echo 0525 a4a6 >/sys/bus/usb-serial/drivers/generic/new_id")
    pico.cable("fingerprint", 1, "adapter")
    pico.cable("scanner", 2, "adapter")
    machine.until(lambda: machine.sh("ls /dev/ttyUSB* | wc -l").strip() == "2", "two adapters")
    machine.sh("udevadm settle")
    names = machine.sh("ls /dev/serial/by-id").split()
    assert len([name for name in names if "1a86" in name]) == 1
    by_path = "/dev/serial/by-path"
    fingerprint, scanner = (
        f"{by_path}/{name}"
        for number in (1, 2)
        for name in machine.sh(f"cd {by_path}; ls -d *dummy_hcd.{number}-usb-*").split()
    )
    pico.devices(pico=PICO, fingerprint=fingerprint, scanner=scanner)
    for device in ("peripherals", "fingerprint", "scanner"):
        pico.until_device(device, "ready")
    assert machine.sh(f"readlink -f {scanner}") != machine.sh(f"readlink -f {fingerprint}")
