"""The queue as the region sees it: who waits, of which kind, and since when."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from edge.journal import events as e
from edge.journal.terms import TicketKind
from edge.report.moments import Clocks, Moment

NO_SHOWS_KEPT = 100
"""Who did not come may still turn up; the journal need not say that they never did."""


class Place(IntEnum):
    PRINTING = 0
    WAITING = 1
    CALLED = 2
    NO_SHOW = 3


class Ticket(msgspec.Struct, array_like=True):
    """``issued``: when it was printed or handed over; until then when its number was taken."""

    kind: TicketKind
    place: Place
    issued: Moment
    missed: bool = False
    """Counted among the no-shows of the day that is not closed yet."""


class Tickets(msgspec.Struct, array_like=True):
    """Open tickets by ``day * 10_000_000 + number``, in the order in which they were numbered."""

    open: dict[int, Ticket] = msgspec.field(default_factory=dict)
    issued: int = 0
    """Since the last day was closed; so is ``no_shows``."""
    no_shows: int = 0

    def apply(self, body: e.Body, when: Moment) -> None:
        match body:
            case e.TicketNumbered():
                self.open[_key(body)] = Ticket(body.ticket_kind, Place.PRINTING, when)
            case e.TicketIssued():
                ticket = self.open.get(_key(body))
                if ticket is not None and ticket.place is Place.PRINTING:
                    ticket.place, ticket.issued = Place.WAITING, when
                    self.issued += 1
            case e.TicketCalled():
                if (ticket := self.open.get(_key(body))) is not None:
                    self._move(ticket, Place.CALLED)
            case e.TicketNoShow():
                if (ticket := self.open.get(_key(body))) is not None:
                    self._move(ticket, Place.NO_SHOW)
                    self._drop_old_no_shows()
            case e.TicketRequeued():
                ticket = self.open.setdefault(
                    _key(body), Ticket(body.ticket_kind, Place.WAITING, when)
                )
                ticket.kind = body.ticket_kind
                self._move(ticket, Place.WAITING)
            case e.TicketCancelled() | e.TicketExpired():
                self.open.pop(_key(body), None)
            case _:
                pass

    def served(self, day: int | None, number: int | None) -> Moment | None:
        """The ticket's person stands at a desk; when the ticket was issued, if that is known."""
        if day is None or number is None:
            return None
        ticket = self.open.pop(day * 10_000_000 + number, None)
        return None if ticket is None else ticket.issued

    def close_day(self) -> None:
        self.issued = self.no_shows = 0
        for ticket in self.open.values():
            ticket.missed = False

    def waiting(self) -> dict[TicketKind, int]:
        """Issued and not called."""
        found = dict.fromkeys(TicketKind, 0)
        for ticket in self.open.values():
            if ticket.place is Place.WAITING:
                found[ticket.kind] += 1
        return found

    def oldest_ms(self, clocks: Clocks) -> int | None:
        """Wall time at which the one who waits longest got the ticket.

        None when nobody waits, or when the clock was wrong then and nobody knows by how much.
        """
        times = (
            clocks.wall_ms(ticket.issued)
            for ticket in self.open.values()
            if ticket.place is Place.WAITING
        )
        return min((time for time in times if time is not None), default=None)

    def _move(self, ticket: Ticket, place: Place) -> None:
        if ticket.missed and place is not Place.NO_SHOW:
            ticket.missed = False
            self.no_shows -= 1
        elif place is Place.NO_SHOW and not ticket.missed:
            ticket.missed = True
            self.no_shows += 1
        ticket.place = place

    def _drop_old_no_shows(self) -> None:
        missing = [key for key, ticket in self.open.items() if ticket.place is Place.NO_SHOW]
        for key in missing[:-NO_SHOWS_KEPT]:
            del self.open[key]


def _key(
    body: e.TicketNumbered
    | e.TicketIssued
    | e.TicketCalled
    | e.TicketNoShow
    | e.TicketRequeued
    | e.TicketCancelled
    | e.TicketExpired,
) -> int:
    return body.day * 10_000_000 + body.ticket
