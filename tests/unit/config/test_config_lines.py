"""Wires at the Pi's own pins: what a technician is told of each mistake."""

from __future__ import annotations

import pytest

from controller.config import Lines, parse
from ground.config import ConfigErrors
from tests.unit.config.test_config import STATION, complaints

CHIP = '[devices]\nlines = "lgpio:/dev/gpiochip0"\n'


@pytest.mark.parametrize(
    "place", ["lgpio:/dev/gpiochip0", "lgpio:/dev/gpiochip10", "pigpio:127.0.0.1:8888", "mock:"]
)
def test_pins_are_reached_in_three_ways(place: str) -> None:
    text = f'{STATION}[devices]\nlines = "{place}"\n[lines]\nmains_fail = 17\n'
    config = parse(text.encode())
    assert config.devices.lines == place
    assert config.lines == Lines(mains_fail=17)


@pytest.mark.parametrize("place", ["lgpio:", "gpiochip0", "pigpio:", "pigpio:here", "rpigpio:"])
def test_another_way_is_told_with_those_that_there_are(place: str) -> None:
    with pytest.raises(ConfigErrors) as refused:
        parse(f'{STATION}[devices]\nlines = "{place}"\n[lines]\nservice = 22'.encode())
    (line,) = refused.value.lines
    assert line.startswith('devices.lines: must be "lgpio:/dev/gpiochip0"')


def test_a_pin_has_one_wire() -> None:
    assert complaints(f"{STATION}{CHIP}[lines]\nmains_fail = 17\nservice = 17") == (
        "lines.service: GPIO 17 is that of lines.mains_fail already",
    )


def test_pins_that_nothing_reaches_are_told() -> None:
    (line,) = complaints(f"{STATION}[lines]\nmains_fail = 17")
    assert line.startswith("devices.lines: is missing: pins are named below [lines]")


def test_a_chip_without_a_wire_is_told() -> None:
    (line,) = complaints(f"{STATION}{CHIP}")
    assert line == "lines: name the pins that are wired: mains_fail, battery_low, service, pico_run"


@pytest.mark.parametrize("pin", ["2", "28", "-1", "17.5", '"GPIO17"', "true"])
def test_a_pin_that_is_none_of_ours_is_told_with_the_range(pin: str) -> None:
    (line,) = complaints(f"{STATION}{CHIP}[lines]\nmains_fail = {pin}\nservice = 22")
    assert line.startswith("lines.mains_fail: must be the number of a GPIO, a whole number")
