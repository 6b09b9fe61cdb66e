"""The line: open dossiers, its pace, and machines that stood free while somebody waited for them.

The rules of who waits are the controller's (``controller/rules.py``, ``needs``) as far as
a journal tells them: it does not tell a policy with fewer than ten fingers, whose people would
count as waiting until their review begins.
"""

from __future__ import annotations

import msgspec

from edge.journal import events as e
from edge.journal.terms import Device, DossierId
from edge.report.dossier import OpenDossier
from edge.report.facts import AnyFact
from edge.report.moments import Clocks, Moment
from edge.report.tickets import Tickets

PACE_MS = 3_600_000
PACE_LEAST_MS = 1_800_000
"""The pace is that of the last hour, or since work began when that is less, but not of less than
half an hour: the first dossier of the morning is not 60 an hour."""
ENDS_KEPT = 300
"""More than a booth can have in an hour."""


class Line(msgspec.Struct, array_like=True):
    open: dict[DossierId, OpenDossier] = msgspec.field(default_factory=dict)
    began: Moment | None = None
    """When the first person came after an hour or more without anybody."""
    sealed: list[Moment] = msgspec.field(default_factory=list)
    """When sealed dossiers ended; those of the last hour count."""
    idle_ms: int = 0
    """Machine time, today: two idle machines count twice."""
    idle: int = 0
    """How many machines stand free now while somebody waits for them."""

    def opens(
        self, id: DossierId, body: e.DossierOpened, now: Moment, tickets: Tickets, clocks: Clocks
    ) -> None:
        issued = tickets.served(body.day, body.ticket)
        self.sealed = self._recent(now, clocks)
        if not self.open and not self.sealed:
            self.began = now
        self.open[id] = OpenDossier(
            desk=body.desk,
            ticket_kind=body.ticket_kind,
            without_ticket=body.ticket is None,
            opened=now,
            waited=0 if issued is None else clocks.span_ms(issued, now),
        )

    def apply(self, id: DossierId, body: e.Body, now: Moment, clocks: Clocks) -> None:
        dossier = self.open.get(id)
        if dossier is None:
            return
        before = set(dossier.held), dossier.needs
        dossier.apply(body, now, clocks)
        if (set(dossier.held), dossier.needs) != before:
            self._look()

    def closes(
        self, id: DossierId, body: e.DossierClosed, now: Moment, clocks: Clocks
    ) -> list[AnyFact]:
        dossier = self.open.pop(id, None)
        if dossier is None:
            return []
        ended = dossier.ended(id, body.software_ms, now, clocks)
        self._look()
        if ended.outcome == "sealed":
            self.sealed.append(now)
        return [ended, *dossier.stages_ended(id)]

    def stopped(self, last: Moment, now: Moment, clocks: Clocks) -> None:
        """The station starts: nobody is at a device."""
        for dossier in self.open.values():
            dossier.stopped(last, now, clocks)
        self._look()

    def pace(self, now: Moment, clocks: Clocks) -> int:
        """Sealed dossiers an hour."""
        if self.began is None:
            return 0
        worked_ms = clocks.age_ms(self.began, now)
        over_ms = PACE_MS if worked_ms is None else min(max(worked_ms, PACE_LEAST_MS), PACE_MS)
        return round(len(self._recent(now, clocks)) * PACE_MS / over_ms)

    def _look(self) -> None:
        held: set[Device] = set()
        needed: set[Device] = set()
        for dossier in self.open.values():
            held.update(dossier.held)
            needed |= dossier.needs
        self.idle = len(needed - held)

    def _recent(self, now: Moment, clocks: Clocks) -> list[Moment]:
        ages = ((end, clocks.age_ms(end, now)) for end in self.sealed)
        return [end for end, age in ages if age is not None and age < PACE_MS][-ENDS_KEPT:]
