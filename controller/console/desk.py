"""The desk: which dossier the operator sees, which form is open over it, what a touch there does.

The station leads: a dossier that needs the operator is selected by itself, unless the operator has
just chosen or is typing. ``desk_page`` shows it.
"""

from __future__ import annotations

from starlette.requests import Request

from controller import commands as c
from controller.console.frame import Console, Frame
from controller.console.steps import ATTENTION, WAYS_OUT, group_counts, step, urgency
from controller.views import DossierView, StationView
from edge.journal.events import TicketKind
from ground.error import NotAllowed
from ground.text import N_

NOBODY = N_("A card was scanned, but nobody is being identified.")


class Desk(Frame[StationView]):
    """``mode`` is the form opened over the work ("" none); ``pinned`` the operator's own choice."""

    def __init__(self, console: Console, request: Request) -> None:
        self.mode = ""
        self.pinned: tuple[str, str] | None = None
        super().__init__(console, request, console.service.view)

    # ---- which dossier -----------------------------------------------------------------------

    def selected(self, view: StationView) -> DossierView | None:
        """The dossier on the right: the pinned one, else the neediest, those of this desk first."""
        if self.pinned is not None:
            return next((d for d in view.dossiers if d.id == self.pinned[0]), None)
        at_desk = sorted(view.dossiers, key=lambda d: (d.desk != self.desk, urgency(d)))
        return at_desk[0] if at_desk else None

    def settle(self) -> None:
        """Pin a dossier while it needs the operator; let go of it when its step is over.

        A form that is open for it closes with the step; one that every step offers (to refer, to
        end) stays while it may be used: it must not vanish under the operator's finger.
        """
        id, pinned_step = self.pinned or ("", "")
        pinned = next((d for d in self.view.dossiers if d.id == id), None)
        if pinned is not None and self.mode in WAYS_OUT and self.mode in pinned.allowed:
            self.pinned = (id, step(pinned))
        elif pinned is None or step(pinned) != pinned_step:
            self.pinned = None
            self.mode = "queue" if self.mode == "queue" else ""
        neediest = self.selected(self.view)
        if self.pinned is None and neediest is not None and step(neediest) in ATTENTION:
            self.pinned = (neediest.id, step(neediest))

    def pin(self, dossier: DossierView) -> None:
        self.pinned, self.mode = (dossier.id, step(dossier)), ""

    def open_form(self, mode: str) -> None:
        """Open a form for the selected dossier; it stays selected while it is open."""
        dossier = self.selected(self.view)
        if dossier is not None and mode != "queue":
            self.pin(dossier)
        self.mode = mode

    def close_form(self) -> None:
        self.mode = ""

    def pin_next(self) -> None:
        """The dossier after the selected one, round and round."""
        ids = [d.id for d in self.view.dossiers]
        current = self.selected(self.view)
        if current is not None:
            self.pin(self.view.dossiers[(ids.index(current.id) + 1) % len(ids)])

    # ---- what happens ------------------------------------------------------------------------

    async def check_in(self, day: int | None = None, ticket: int | None = None) -> None:
        """The person of a ticket, or one without, is here: open the dossier and show it."""
        made = await self.do(c.OpenDossier(self.desk, day, ticket))
        assert isinstance(made, c.DossierRef)
        self.mode = ""
        self.refresh()
        for dossier in self.view.dossiers:
            if dossier.id == made.dossier:
                self.pin(dossier)

    async def issue_all(self, group: str) -> None:
        """A ticket for each of the group's people who has none yet."""
        while True:
            issued, people = group_counts(self.service.view(self.token), group)
            if issued >= people:
                return
            await self.do(c.IssueTicket(TicketKind.GROUP, group))

    async def scanned(self, text: str) -> None:
        """A keyboard-wedge scanner typed a card's content."""
        waiting = [d for d in self.view.dossiers if d.stage == "checked_in" and not d.finding]
        chosen = self.selected(self.view)
        for dossier in sorted(waiting, key=lambda d: (d != chosen, d.desk != self.desk)):
            self.mode = ""
            await self.do(c.ReadCard(dossier.id, text))
            return
        raise NotAllowed("scan without dossier", NOBODY)
