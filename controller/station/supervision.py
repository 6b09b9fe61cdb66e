"""Keeps the booth going: looks at the state and does whatever it asks for.

``tick`` runs after every change, so that nothing depends on a step having been remembered. Its
steps, in order, stand in ``station``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from controller.station.core import Core, log
from ground.error import TramError

TICK_S = 1.0
"""At least this often, for what depends on time alone."""


class Supervision:
    def __init__(self, core: Core, steps: Sequence[Callable[[], None]]) -> None:
        self._core = core
        self._steps = tuple(steps)

    async def watch(self) -> None:
        """For ever: tick after every change, and once a second."""
        told = ""
        while True:
            version = self._core.version
            try:
                self.tick()
                told = ""
            except TramError as error:
                if error.advice != told:
                    log.error("tick: %s", error)
                    self._core.notice(error.advice, **error.params)
                told = error.advice
                await asyncio.sleep(TICK_S)
            await self._core.changed(version, TICK_S)

    def tick(self) -> None:
        for step in self._steps:
            step()
