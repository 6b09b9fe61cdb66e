"""One heartbeat for all open pages: wakes when the station changed, and once a second for clocks.

Pages never poll by themselves: forty changes a second at a busy booth cost one round of looking,
and a page sends to its browser only what differs.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from controller.service import Service
from controller.traces import trace

log = logging.getLogger("tram.console")

CLOCK_S = 1.0
ROUND_S = 0.1
"""At most ten rounds a second: faster than anybody reads."""


class Screen(Protocol):
    def refresh(self) -> None: ...


class Pulse:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._screens: set[Screen] = set()

    def add(self, screen: Screen) -> None:
        self._screens.add(screen)

    def discard(self, screen: Screen) -> None:
        self._screens.discard(screen)

    async def run(self) -> None:
        """Refresh all screens at every change, until cancelled."""
        version = -1
        while True:
            version = await self._service.changed(version, CLOCK_S)
            for screen in list(self._screens):
                try:
                    screen.refresh()
                except Exception as error:  # one broken screen must not still the others
                    log.error("screen: %s", trace(error))
            await asyncio.sleep(ROUND_S)
