"""A clerk and all citizens in one: looks at what the station shows, does what it asks of people.

It remembers nothing, so it goes on wherever a killed station was.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from controller import commands as c
from controller.views import DossierView
from edge.journal import events as e
from ground.error import NotAllowed
from hw.twins.population import card_text
from tests.hil.floor import BLUE, Floor


@dataclass(frozen=True)
class Visitor:
    """Somebody of the roster, and how they behave."""

    row: Mapping[str, str]
    missing: frozenset[str] = frozenset()
    by_button: bool = True
    """Confirms with the green button, else on the screen."""

    @property
    def key(self) -> str:
        return self.row["number"] or self.row["old_number"]


class Autopilot:
    """Serves everybody. Tickets are taken while fewer than ``crowd`` people are in the house and
    fewer than ``tickets`` were taken in all."""

    def __init__(
        self, floor: Floor, visitor: Callable[[int], Visitor], *, crowd: int, tickets: int
    ) -> None:
        """``visitor(ticket)`` is who holds that number."""
        self._floor = floor
        self._visitor = visitor
        self._crowd = crowd
        self._tickets = tickets
        self._busy: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Return when the last ticket's dossier is closed and the last paper printed."""
        floor = self._floor
        for desk in range(1, floor.station.core.config.station.desks + 1):
            await floor.do(c.SetDesk(desk, open=True))
        try:
            while not self._over():
                version = floor.station.core.version
                self._look()
                await floor.station.changed(version, 0.25)
        finally:
            for task in self._busy.values():
                task.cancel()

    def _over(self) -> bool:
        state, view = self._floor.station.core.state, self._floor.view
        return len(state.queue.tickets) >= self._tickets and not (
            view.waiting or view.called or view.printing or view.dossiers or view.jobs
        )

    def _look(self) -> None:
        floor, view = self._floor, self._floor.view
        taken = len(floor.station.core.state.queue.tickets)
        inside = len(view.waiting) + len(view.called) + len(view.printing) + len(view.dossiers)
        if taken < self._tickets and inside < self._crowd:
            self._start("door", self._take_ticket(taken))
        for ticket in view.called:
            if ticket.desk is not None:
                command = c.OpenDossier(ticket.desk, ticket.day, ticket.number)
                self._start(f"ticket {ticket.number}", self._ask(command))
        for dossier in view.dossiers:
            self._start(dossier.id, self._serve(dossier, self._visitor(dossier.ticket or 0)))

    def _start(self, who: str, work: Any) -> None:
        """One thing at a time for each person."""
        task = self._busy.get(who)
        if task is not None and not task.done():
            work.close()
            return
        if task is not None:
            task.result()
        self._busy[who] = asyncio.create_task(work)

    async def _ask(self, command: c.Command) -> None:
        with contextlib.suppress(NotAllowed):  # what the screen showed may have passed
            await self._floor.do(command)

    async def _take_ticket(self, taken: int) -> None:
        floor = self._floor
        if taken % 3 and floor.device("peripherals").health == "ready":
            await floor.hand("pico", "press", button="ticket")
        else:
            await self._ask(c.IssueTicket())
        await self._within(lambda: len(floor.station.core.state.queue.tickets) > taken)

    async def _serve(self, dossier: DossierView, who: Visitor) -> None:
        floor = self._floor
        shown = (dossier.place, dossier.next_position, dossier.fingers, dossier.finding)

        def moved() -> bool:
            now = floor.dossier(dossier.id)
            return now is None or shown != (now.place, now.next_position, now.fingers, now.finding)

        if dossier.finding:
            await self._ask(c.AcceptIdentity(dossier.id))
        elif dossier.place == "scanner":
            await floor.hand("scanner", "scan", text=card_text(dict(who.row)))
        elif dossier.place == "camera":
            await floor.hand("camera", "sit", person=int(who.key) % 1000)
        elif dossier.place == "fingerprint" and dossier.next_position in who.missing:
            await self._ask(
                c.MarkFingerMissing(
                    dossier.id, e.Position(dossier.next_position), e.MissingReason.AMPUTATED
                )
            )
        elif dossier.place == "fingerprint" and dossier.next_position:
            await self._sensor_light(asks=True)
            await floor.hand("fingerprint", "put", person=who.key, position=dossier.next_position)
            await self._within(moved)
            await self._sensor_light(asks=False)
            await floor.hand("fingerprint", "lift")
            return
        elif dossier.place == "review" and not who.by_button:
            await self._ask(c.Confirm(dossier.id))
        elif dossier.place == "review" and floor.device("peripherals").held_by == dossier.id:
            await floor.hand("pico", "press", button="confirm", ms=40)
        else:
            return
        await self._within(moved)

    async def _sensor_light(self, *, asks: bool) -> None:
        """People look at the sensor's ring, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._floor.sensor_light(lambda colour: (colour == BLUE) is asks)

    async def _within(self, true: Callable[[], bool], patience_s: float = 2.0) -> None:
        """Wait for the station's reaction; people try again when there is none."""
        deadline = time.monotonic() + patience_s
        while not true() and time.monotonic() < deadline:
            await self._floor.station.changed(self._floor.station.core.version, 0.1)
