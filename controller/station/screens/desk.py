"""All that a desk shows."""

from __future__ import annotations

from dataclasses import replace

from controller import views as v
from controller.station.access import Access
from controller.station.core import Core
from controller.station.region import Region
from controller.station.screens.equipment import Equipment
from controller.station.screens.people import People
from controller.station.screens.tickets import Tickets


class Screens:
    def __init__(
        self,
        core: Core,
        access: Access,
        tickets: Tickets,
        people: People,
        equipment: Equipment,
        region: Region,
    ) -> None:
        self._core = core
        self._access = access
        self._tickets = tickets
        self._people = people
        self._equipment = equipment
        self._region = region
        self.voice = False

    def view(self, token: str | None) -> v.StationView:
        core, tickets, queueing = self._core, self._tickets, self._tickets.queueing
        open_to = self._access.valid(token)
        region = self._region.view()
        day, _ = core.today()
        return v.StationView(
            version=core.version,
            station=core.config.station.code,
            name=core.config.station.name,
            now_ms=core.clock.now_ms(),
            day=day,
            locked=core.keys is None,
            operator=self._access.operator if open_to else None,
            call_now=queueing.call_now(),
            waiting=tickets.views(queueing.in_order()),
            called=tickets.views(queueing.called()),
            printing=tickets.views(queueing.printing()),
            no_shows=tickets.views(queueing.no_shows()),
            groups=tickets.groups(day),
            open_desks=tuple(sorted(queueing.open_desks)),
            dossiers=self._people.views() if open_to else (),
            devices=self._equipment.devices(open_to),
            jobs=self._equipment.jobs() if open_to else (),
            roster_people=len(core.roster) if core.roster is not None else 0,
            outbox=self._people.outbox(),
            voice=self.voice,
            notices=tuple(core.notices) if open_to else (),
            numbered=len(core.state.queue.tickets),
            region=region if open_to else replace(region, commands=()),
            clock_trusted=self._equipment.clock_trusted,
        )
