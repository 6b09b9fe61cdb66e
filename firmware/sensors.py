"""Temperature in the booth (TMP36: 750 mV at 25 C, 10 mV/K) and its 12 V supply (100k/22k)."""

import asyncio

import machine

import pins
from supervisor import Pulse

SAMPLES = 8
ADC_FULL = 65535
ADC_MILLIVOLT = 3300
DIVIDER_TOP = 100
DIVIDER_BOTTOM = 22


class Sensors:
    """``centi_celsius`` and ``millivolt`` are the means of ``SAMPLES`` readings, once a second."""

    def __init__(self, pulse: Pulse) -> None:
        self._supply = machine.ADC(machine.Pin(pins.SUPPLY_ADC))
        self._temperature = machine.ADC(machine.Pin(pins.TEMPERATURE_ADC))
        self._pulse = pulse
        self.centi_celsius = 0
        self.millivolt = 0
        self.sample()

    def sample(self) -> None:
        at_pin = _millivolt(self._supply)
        self.millivolt = at_pin * (DIVIDER_TOP + DIVIDER_BOTTOM) // DIVIDER_BOTTOM
        self.centi_celsius = (_millivolt(self._temperature) - 500) * 10

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            await asyncio.sleep_ms(1000)
            self.sample()


def _millivolt(adc: machine.ADC) -> int:
    total = 0
    for _ in range(SAMPLES):
        total += adc.read_u16()
    return total * ADC_MILLIVOLT // (SAMPLES * ADC_FULL)
