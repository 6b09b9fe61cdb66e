"""A booth's morning: from power to "a sign of life" and to "the desk can be used".

The machine is paced (``Machine``): a second in it is a thousand million instructions of one
processor, whatever the host does, so these are figures of the program and not of the day. What a
Raspberry Pi would need follows from the instructions: its processor's rate is the one assumption.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from tests.vm.booth import Booth

NS = 1e9
SECTOR = 512
CARD_MB_S = 40.0
"""An A1 card in a Pi's slot (SDR50 bus: 50 MB/s at most), read in one go."""
PROCESSORS = {"pi4": 1.6e9, "pi5": 4.0e9}
"""Instructions a second of one core in Python code: Cortex-A72 at 1.8 GHz, Cortex-A76 at 2.4 GHz,
at about 0.9 and 1.7 instructions a clock. Only the chain of things that wait for one another
counts; the other three cores are taken as no help, so this is the worse side."""


@dataclass(frozen=True)
class Morning:
    """Seconds since the kernel began, and what had been spent by then."""

    kernel: float
    system: float
    service: float
    life: float
    console: float
    ready: float
    signed_in: float
    station_cpu: float
    read_mb: float


def spent(booth: Booth) -> tuple[float, float]:
    """CPU seconds of the station's processes, and MB read from the disk by anybody."""
    said = booth.machine.sh(
        "systemctl show tram --property=CPUUsageNSec --value; cat /sys/block/vda/stat"
    ).split()
    return int(said[0]) / NS, int(said[3]) * SECTOR / 1e6


@pytest.fixture(scope="module")
def morning(booth: Booth) -> Morning:
    machine = booth.machine
    times = {
        name: int(value) / 1e6
        for name, value in re.findall(
            r"(\w+)=(\d+)",
            machine.sh(
                "systemctl show --property=UserspaceTimestampMonotonic,FinishTimestampMonotonic;"
                "systemctl show tram --property=ExecMainStartTimestampMonotonic"
            ),
        )
    }
    lines = [
        json.loads(line)
        for line in machine.sh(
            "journalctl --boot --unit=tram _SYSTEMD_UNIT=tram.service --output=json"
        ).splitlines()
    ]

    def said(words: str) -> float:
        return next(
            int(line["__MONOTONIC_TIMESTAMP"]) / 1e6 for line in lines if words in line["MESSAGE"]
        )

    station_cpu, read_mb = spent(booth)
    return Morning(
        kernel=times["UserspaceTimestampMonotonic"],
        system=times["FinishTimestampMonotonic"],
        service=times["ExecMainStartTimestampMonotonic"],
        life=int(lines[0]["__MONOTONIC_TIMESTAMP"]) / 1e6,
        console=said("console http"),
        ready=said("ready"),
        signed_in=booth.sign_in(),
        station_cpu=station_cpu,
        read_mb=read_mb,
    )


def test_from_power_to_the_first_sign_and_to_a_desk_that_can_be_used(
    morning: Morning, figures: dict[str, float]
) -> None:
    """Figures; what they are held to is the order, and the CPU seconds below: a wait for the disk
    takes as long as the host's disk makes it."""
    usable = morning.ready + morning.signed_in
    figures |= {
        "vm.kernel_s": morning.kernel,
        "vm.system_s": morning.system,
        "vm.service_s": morning.service,
        "vm.sign_of_life_s": morning.life,
        "vm.console_s": morning.console,
        "vm.usable_s": usable,
        "vm.sign_in_s": morning.signed_in,
        "vm.station_cpu_s": morning.station_cpu,
        "vm.read_mb": morning.read_mb,
    }
    for name, rate in PROCESSORS.items():
        card = morning.read_mb / CARD_MB_S
        figures[f"vm.{name}_station_s"] = (
            (morning.ready - morning.service + morning.signed_in) * NS / rate
        )
        figures[f"vm.{name}_usable_s"] = usable * NS / rate + card
    assert morning.kernel < morning.service < morning.life < morning.console <= morning.ready


def test_the_station_itself_is_a_small_part_of_it(morning: Morning) -> None:
    assert morning.station_cpu < 8.0
