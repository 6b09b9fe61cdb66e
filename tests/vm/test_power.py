"""The mains fail: real GPIO lines of the kernel's simulated chip, gpiozero and lgpio above them.

On a machine of its own, since it ends switched off. The lines' idle levels are the station's doing:
the chip's own pull follows what is asked of it, as a Pi's does.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.vm.booth import CONFIG, Booth
from tests.vm.image import image
from tests.vm.machine import Machine

MAINS, LOW = 17, 27
CHIP = "/sys/kernel/config/gpio-sim/ups"
MAKE = f"""
modprobe booth-gpio-sim
mkdir -p {CHIP}/pins
echo 28 >{CHIP}/pins/num_lines
echo 1 >{CHIP}/live
udevadm settle
getent group gpio || groupadd --system gpio
usermod -aG gpio tram
chgrp gpio /dev/gpiochip0
chmod 660 /dev/gpiochip0
sed -i 's/^\\[lines\\]$/[lines]\\nmains_fail = {MAINS}\\nbattery_low = {LOW}/' {CONFIG}
"""
"""A chip as a Pi's, with the rights that Raspberry Pi OS gives, and docs/technician.md."""


@pytest.fixture(scope="module")
def ups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booth]:
    with Machine(image(), tmp_path_factory.mktemp("ups"), paced=True) as machine:
        machine.power_on()
        machine.wait_up()
        booth = Booth(machine)
        machine.sh(MAKE)
        booth.devices(lines="lgpio:/dev/gpiochip0")
        booth.until_device("power", "ready")
        yield booth


def drive(booth: Booth, line: int, level: str) -> None:
    folder = f"/sys/devices/platform/$(cat {CHIP}/dev_name)/gpiochip0"
    booth.machine.sh(f"echo pull-{level} >{folder}/sim_gpio{line}/pull")


def test_the_clerk_is_told_while_the_mains_are_away(ups: Booth) -> None:
    drive(ups, MAINS, "up")
    ups.until_device("power", "failed", "on_battery")
    drive(ups, MAINS, "down")
    ups.until_device("power", "ready")


def test_at_the_end_of_the_battery_the_machine_goes_off_in_order_and_comes_back(ups: Booth) -> None:
    machine = ups.machine
    drive(ups, MAINS, "up")
    ups.until_device("power", "failed", "on_battery")
    drive(ups, LOW, "down")
    machine.wait_off()
    machine.power_on()
    machine.wait_up()
    ups.console_answers()
    last = machine.sh("journalctl --boot=-1 --unit=tram --no-pager --output=cat --lines=5")
    assert "Deactivated successfully" in last, "ended by itself, not by the power"
