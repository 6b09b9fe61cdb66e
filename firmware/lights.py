"""Status tower and NeoPixel ring: how each scene looks, and the lease they all hang on.

``show`` sets a scene for ``wire.LEASE_MS``. When the Pi is silent for that long, the safe state
comes back by itself: "out of service" (red, ring dark), so that nobody waits at a dead booth.
"""

import asyncio
import time

import machine
import neopixel

import pins
import wire
from supervisor import Pulse

STEP_MS = 125
BLINK_STEPS = 4

OFF = 0
ON = 1
BLINK = 2
CHASE = 3

# scene: tower (red, amber, green, blue), ring effect, ring colour (red, green, blue)
_LOOKS = {
    "out_of_service": ((ON, OFF, OFF, OFF), OFF, (0, 0, 0)),
    "ready": ((OFF, OFF, ON, OFF), OFF, (0, 0, 0)),
    "calling": ((OFF, OFF, BLINK, OFF), CHASE, (0, 64, 0)),
    "look_here": ((OFF, ON, OFF, OFF), ON, (128, 128, 128)),
    "finger": ((OFF, OFF, OFF, ON), CHASE, (0, 0, 64)),
    "confirm": ((OFF, BLINK, OFF, OFF), ON, (64, 40, 0)),
    "done": ((OFF, OFF, ON, OFF), ON, (0, 64, 0)),
    "trouble": ((BLINK, OFF, OFF, OFF), BLINK, (64, 0, 0)),
    "locate": ((BLINK, BLINK, BLINK, BLINK), BLINK, (64, 64, 64)),
}
SAFE = "out_of_service"


class Lights:
    def __init__(self, pulse: Pulse) -> None:
        self._lamps = []
        for pin in (pins.TOWER_RED, pins.TOWER_AMBER, pins.TOWER_GREEN, pins.TOWER_BLUE):
            self._lamps.append(machine.Pin(pin, machine.Pin.OUT, value=0))
        self._ring = neopixel.NeoPixel(machine.Pin(pins.RING), pins.RING_PIXELS)
        self._pulse = pulse
        self._step = 0
        self._drawn = -1
        self._renewed = time.ticks_ms()
        self.scene = SAFE
        self._apply()

    def show(self, scene: str) -> None:
        """Set ``scene`` (one of ``wire.SCENES``) and renew the lease."""
        self._renewed = time.ticks_ms()
        self._change(scene)

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            await asyncio.sleep_ms(STEP_MS)
            self._step += 1
            if time.ticks_diff(time.ticks_ms(), self._renewed) >= wire.LEASE_MS:
                self._renewed = time.ticks_add(time.ticks_ms(), -wire.LEASE_MS)
                self._change(SAFE)
            self._apply()

    def _change(self, scene: str) -> None:
        if scene != self.scene:
            self.scene = scene
            self._step = 0
            self._drawn = -1
            self._apply()

    def _apply(self) -> None:
        tower, effect, colour = _LOOKS[self.scene]
        lit = self._step // BLINK_STEPS % 2 == 0
        for i in range(4):
            self._lamps[i].value(tower[i] == ON or (tower[i] == BLINK and lit))
        phase = self._step % pins.RING_PIXELS if effect == CHASE else int(effect == ON or lit)
        if phase == self._drawn:
            return
        self._drawn = phase
        for i in range(pins.RING_PIXELS):
            if effect == CHASE:
                shown = (i - phase) % pins.RING_PIXELS < pins.RING_PIXELS // 2
            else:
                shown = effect == ON or (effect == BLINK and lit)
            self._ring[i] = colour if shown else (0, 0, 0)
        self._ring.write()
