"""The Pico's events: the ticket button, the green button, the lid."""

from __future__ import annotations

import time
from dataclasses import replace

from controller.devices.ports import Peripherals, PicoEvent, PicoEventKind, Sound
from controller.station.closing import Closing
from controller.station.means import Means
from controller.station.queueing import NoNumbers, Queueing
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from ground.text import N_


class Buttons:
    def __init__(self, means: Means, queueing: Queueing, closing: Closing) -> None:
        self._core = means.core
        self._storage = means.storage
        self._signals = means.signals
        self._queueing = queueing
        self._closing = closing

    async def run(self, peripherals: Peripherals) -> None:
        """For ever: durable first, then acknowledged."""
        async for event in peripherals.events():
            came_at_s = time.monotonic()
            while True:
                waited_ms = round((time.monotonic() - came_at_s) * 1000)
                try:
                    self._pico_event(replace(event, age_ms=event.age_ms + waited_ms))
                    break
                except DiskRefuses as error:  # the Pico keeps it until it is durable here
                    self._storage.failed(error)
                    await self._storage.returns()
            await peripherals.acknowledge(event)

    def _pico_event(self, event: PicoEvent) -> None:
        match event.kind:
            case PicoEventKind.TICKET_BUTTON:
                try:
                    if self._queueing.press(event.boot, event.no, event.age_ms):
                        self._signals.play(Sound.CLICK)
                except NoNumbers:
                    self._signals.refused()
            case PicoEventKind.CONFIRM_BUTTON:
                self._closing.green_button(event.age_ms)
            case PicoEventKind.LID_OPENED | PicoEventKind.LID_CLOSED:
                if (event.boot, event.no) not in self._core.state.lid_events:
                    opened = event.kind is PicoEventKind.LID_OPENED
                    self._core.record(e.LidChanged(opened, event.boot, event.no))
                    if opened:
                        self._core.notice(N_("The booth's lid was opened."))
            case _:  # paper and cover: the printer's status tells
                pass
