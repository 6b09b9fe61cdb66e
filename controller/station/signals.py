"""What people at the booth see and hear: the tower and the ring, and the buzzer.

The scene follows from the state and from what has just happened; the firmware knows how each one
looks. A light or a beep that fails stops nothing: the device's status shows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from controller import stages
from controller.devices.ports import Health, Light, Peripherals, Sound
from controller.fault import DeviceFault
from controller.queue import EVER, TicketState
from controller.station.core import Core, log
from controller.station.tasks import Tasks
from edge.journal import events as e

CALL_LIGHT_S = 6.0
DONE_LIGHT_S = 2.0
REFUSED_LIGHT_S = 3.0
"""Red after the ticket button while no numbers are given: time to look up from the button."""
REFUSED_BEEPS = 2
BEEP_EVERY_S = 0.5
LOCATE_BEEP_EVERY_S = 2.0


class Signals:
    """``tick`` shows what is due; the supervision calls it after every change."""

    def __init__(self, core: Core, peripherals: Peripherals | None, tasks: Tasks) -> None:
        self._core = core
        self._peripherals = peripherals
        self._start = tasks.start
        self._until_s: dict[Light, float] = {}
        """Scenes that something has just asked for, and how long they last (monotonic)."""
        self._shown: Light | None = None

    # ---- what happened ---------------------------------------------------------------------------

    def called(self) -> None:
        """Somebody was called."""
        self._show_for(Light.CALLING, CALL_LIGHT_S)
        self.play(Sound.CALL)

    def confirmed(self) -> None:
        """Somebody pressed the green button and has nothing more to do but to take the papers."""
        self._show_for(Light.DONE, DONE_LIGHT_S)
        self.play(Sound.GOOD)

    def refused(self) -> None:
        """The ticket button was pressed, and no numbers are given for now."""
        self._show_for(Light.OUT_OF_SERVICE, REFUSED_LIGHT_S)
        if self._ready:
            self._start(self._beep(Sound.BAD, REFUSED_BEEPS, BEEP_EVERY_S))

    def locate(self, seconds: int) -> bool:
        """Every light blinks and the buzzer calls for ``seconds``: which booth is it? False when
        there is nothing that could blink. A box that is still being looked for blinks when it
        is found."""
        if self._peripherals is None or self._peripherals.status.health is Health.FAILED:
            return False
        already = self._lasts(Light.LOCATE)
        self._show_for(Light.LOCATE, seconds)
        if not already:
            self._start(self._locating())
        return True

    def _show_for(self, scene: Light, seconds: float) -> None:
        self._until_s[scene] = time.monotonic() + seconds
        self._core.touch()

    def _lasts(self, scene: Light) -> bool:
        return time.monotonic() < self._until_s.get(scene, 0.0)

    async def _locating(self) -> None:
        while self._lasts(Light.LOCATE):
            self.play(Sound.CALL)
            await asyncio.sleep(LOCATE_BEEP_EVERY_S)

    async def _beep(self, sound: Sound, times: int, every_s: float) -> None:
        for _ in range(times):
            self.play(sound)
            await asyncio.sleep(every_s)

    # ---- showing and playing ---------------------------------------------------------------------

    @property
    def _ready(self) -> bool:
        return self._peripherals is not None and self._peripherals.status.health is Health.READY

    def play(self, sound: Sound) -> None:
        if self._peripherals is not None and self._ready:
            self._start(self._quietly(self._peripherals.play, sound))

    def tick(self, *, trouble: bool) -> None:
        """Show the scene that is due. ``trouble``: a device has failed."""
        scene = self._scene(trouble)
        if self._peripherals is None or not self._ready:
            self._shown = None
        elif scene is not self._shown:
            self._shown = scene
            self._start(self._quietly(self._peripherals.show, scene))

    def _scene(self, trouble: bool) -> Light:
        core = self._core
        if self._lasts(Light.LOCATE):
            return Light.LOCATE
        if core.keys is None or self._lasts(Light.OUT_OF_SERVICE):
            return Light.OUT_OF_SERVICE
        holds = {device for d in core.state.dossiers.values() for device in d.holding}
        if e.Device.PERIPHERALS in holds:
            return Light.CONFIRM
        if trouble:
            return Light.TROUBLE
        for passing in (Light.DONE, Light.CALLING):
            if self._lasts(passing):
                return passing
        for stage in reversed(stages.named(core.policy.capture.stages)):
            if stage.light is not None and stage.device in holds:
                return stage.light
        return Light.READY if core.state.intake_open or self._expected() else Light.OUT_OF_SERVICE

    def _expected(self) -> bool:
        """Somebody inside or with a ticket is still to be served: this is no closed booth."""
        core = self._core
        states = (TicketState.NUMBERED, TicketState.WAITING, TicketState.CALLED)
        return bool(core.state.dossiers or core.state.queue.in_state(EVER, *states))

    async def _quietly(
        self, work: Callable[..., Coroutine[Any, Any, None]], *arguments: object
    ) -> None:
        try:
            await work(*arguments)
        except DeviceFault as fault:
            log.warning("%s", fault)
            self._shown = None
