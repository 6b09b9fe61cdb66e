"""Tickets and groups as screens show them."""

from __future__ import annotations

from collections.abc import Iterable

from controller import views as v
from controller.queue import Ticket
from controller.station.core import Core
from controller.station.queueing import Queueing


class Tickets:
    def __init__(self, core: Core, queueing: Queueing) -> None:
        self._core = core
        self.queueing = queueing

    def views(self, tickets: Iterable[Ticket]) -> tuple[v.TicketView, ...]:
        return tuple(map(self._ticket, tickets))

    def groups(self, day: int) -> tuple[v.GroupView, ...]:
        queue = self._core.state.queue
        groups = [group for group in queue.groups.values() if group.day >= day]
        return tuple(
            v.GroupView(
                id=group.id,
                name=self.queueing.group_names.get(group.id, ""),
                day=group.day,
                minute_of_day=group.minute_of_day,
                people=group.people,
                issued=queue.group_issued[group.id],
            )
            for group in sorted(groups, key=lambda g: (g.day, g.minute_of_day, g.id))
        )

    def _ticket(self, ticket: Ticket) -> v.TicketView:
        return v.TicketView(
            day=ticket.day,
            number=ticket.number,
            kind=ticket.kind.value,
            state=ticket.state.value,
            group=ticket.group,
            desk=ticket.desk,
            waited_s=max(0, (self._core.clock.now_ms() - ticket.numbered_at) // 1000),
            printing=any(
                (job.day, job.ticket) == ticket.key for job in self._core.state.jobs.values()
            ),
            nth=ticket.nth,
        )
