"""The buzzer: short tunes by PWM, each with an end, so it can never stay on."""

import asyncio

import machine

import pins
from supervisor import Pulse

# sound: (frequency in Hz or 0 for a pause, duration in ms) ...
_TUNES = {
    "click": ((2000, 15),),
    "call": ((880, 180), (0, 40), (1175, 300)),
    "good": ((1319, 90), (1760, 140)),
    "bad": ((330, 350),),
}
HALF = 32768


class Buzzer:
    def __init__(self, pulse: Pulse) -> None:
        self._pwm = machine.PWM(machine.Pin(pins.BUZZER), freq=1000, duty_u16=0)
        self._pulse = pulse
        self._wanted = asyncio.Event()
        self._sound = "click"

    def play(self, sound: str) -> None:
        """Start ``sound`` (one of ``wire.SOUNDS``); the newest one waits its turn."""
        self._sound = sound
        self._wanted.set()

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            try:
                await asyncio.wait_for_ms(self._wanted.wait(), 1000)
            except asyncio.TimeoutError:
                continue
            self._wanted.clear()
            for hertz, duration_ms in _TUNES[self._sound]:
                if hertz:
                    self._pwm.freq(hertz)
                self._pwm.duty_u16(HALF if hertz else 0)
                await asyncio.sleep_ms(duration_ms)
            self._pwm.duty_u16(0)
