"""Tickets: button or console → durable number → printed → only then issued; calls and groups."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from controller import commands as c
from controller.line import should_call
from controller.queue import (
    EVER,
    Ticket,
    TicketState,
    estimate,
    is_double_press,
    next_number,
    outlived,
    waiting,
)
from controller.station.core import Core
from controller.station.schedule import parse_groups
from controller.vault import durable
from edge.journal import events as e
from ground.day import before
from ground.decode import Malformed, from_json
from ground.error import InputError, NotAllowed
from ground.text import N_

INTAKE_PAUSED = N_(
    "The region has paused the intake: no new numbers for now. Serve the people who have one, and "
    "ask the region when it goes on."
)


class NoNumbers(NotAllowed):
    """No new numbers are given for now."""


class Queueing:
    def __init__(self, core: Core, announce: Callable[[int, int], None]) -> None:
        """``announce(number, desk)`` is notified of every call (spoken call, lights)."""
        self._core = core
        self._announce = announce
        self.open_desks: set[int] = set()
        self.group_names = _names(core.data / GROUP_NAMES)
        self._today = 0
        """The day when last looked at."""

    # ---- numbers -----------------------------------------------------------------------------

    async def issue(self, command: c.IssueTicket) -> c.TicketRef:
        if (command.group is not None) != (command.kind is e.TicketKind.GROUP):
            raise InputError("group ticket without group", N_("Choose the group of this ticket."))
        if command.group is not None and command.group not in self._core.state.queue.groups:
            raise InputError("unknown group", N_("This group is not scheduled. Import it first."))
        self._numbers_are_given()
        ticket = self._number(command.kind, e.TicketSource.CONSOLE, command.group)
        return c.TicketRef(ticket.day, ticket.number)

    def press(self, boot: str, no: int, age_ms: int) -> bool:
        """The ticket button was pressed. True when it made a ticket, False for a double press.

        Raises NoNumbers; not for a press that made a ticket before the intake was paused.
        """
        core = self._core
        if (boot, no) not in core.state.queue.presses:
            self._numbers_are_given()
        clock, queue = core.clock, core.state.queue
        mono = (clock.boot, clock.mono_ms() - age_ms)
        if is_double_press(queue, boot, no, clock.now_ms() - age_ms, core.policy.queue, mono):
            return False
        self._number(e.TicketKind.WALK_IN, e.TicketSource.BUTTON, None, boot, no, age_ms)
        return True

    def _numbers_are_given(self) -> None:
        """Raises NoNumbers while the region has paused the intake."""
        if not self._core.state.intake_open:
            raise NoNumbers("intake is paused", INTAKE_PAUSED)

    def _number(
        self,
        kind: e.TicketKind,
        source: e.TicketSource,
        group: str | None,
        boot: str | None = None,
        no: int | None = None,
        age_ms: int = 0,
    ) -> Ticket:
        core = self._core
        self.turn_the_day()
        day, _ = core.today()
        number = next_number(core.state.queue, day)
        ahead, wait_s = estimate(core.state.queue, core.policy.queue)
        core.record(
            e.TicketNumbered(
                number,
                day,
                kind,
                source,
                ahead,
                wait_s,
                group,
                boot,
                no,
                min(age_ms, 9_999_999),
            ),
            e.PrintRequested(e.Paper.TICKET, number, day),
        )
        return core.state.queue.tickets[day, number]

    async def hand_over(self, command: c.HandOverTicket) -> c.Done:
        ticket = self._ticket(command.day, command.ticket, TicketState.NUMBERED)
        issued = e.TicketIssued(ticket.number, ticket.day, e.IssuedHow.HANDED)
        self._core.record(*self._drop_jobs(ticket), issued)
        return c.Done()

    async def cancel(self, command: c.CancelTicket) -> c.Done:
        ticket = self._ticket(command.day, command.ticket, TicketState.NUMBERED)
        self._core.record(*self._drop_jobs(ticket), e.TicketCancelled(ticket.number, ticket.day))
        return c.Done()

    async def reprint(self, command: c.ReprintTicket) -> c.Done:
        ticket = self._ticket(
            command.day, command.ticket, *set(TicketState) - {TicketState.CANCELLED}
        )
        if not any((job.day, job.ticket) == ticket.key for job in self._core.state.jobs.values()):
            self._core.record(
                e.PrintRequested(e.Paper.TICKET, ticket.number, ticket.day, again=True)
            )
        return c.Done()

    def _drop_jobs(self, ticket: Ticket) -> list[e.PrintDropped]:
        return [
            e.PrintDropped(job.id, job.paper)
            for job in self._core.state.jobs.values()
            if (job.day, job.ticket) == ticket.key
        ]

    # ---- calling -----------------------------------------------------------------------------

    async def set_desk(self, command: c.SetDesk) -> c.Done:
        desk = self.desk(command.desk)
        (self.open_desks.add if command.open else self.open_desks.discard)(desk)
        self._core.touch()
        return c.Done()

    async def call_next(self, command: c.CallNext) -> c.TicketRef:
        desk = self.desk(command.desk)
        queue = self.in_order()
        if not queue:
            raise NotAllowed("nobody waits", N_("Nobody is waiting."))
        return self._call(queue[0], desk)

    async def call_ticket(self, command: c.CallTicket) -> c.Done:
        ticket = self._ticket(
            command.day,
            command.ticket,
            TicketState.WAITING,
            TicketState.CALLED,
            TicketState.NO_SHOW,
        )
        self._call(ticket, self.desk(command.desk))
        return c.Done()

    def _call(self, ticket: Ticket, desk: int) -> c.TicketRef:
        again = ticket.state is not TicketState.WAITING
        self._core.record(e.TicketCalled(ticket.number, ticket.day, desk, again))
        self._announce(ticket.number, desk)
        return c.TicketRef(ticket.day, ticket.number)

    async def no_show(self, command: c.NoShow) -> c.Done:
        ticket = self._ticket(command.day, command.ticket, TicketState.CALLED)
        self._core.record(e.TicketNoShow(ticket.number, ticket.day))
        return c.Done()

    async def requeue(self, command: c.Requeue) -> c.Done:
        ticket = self._ticket(
            command.day,
            command.ticket,
            TicketState.WAITING,
            TicketState.CALLED,
            TicketState.NO_SHOW,
        )
        if command.kind is e.TicketKind.GROUP and ticket.group is None:
            raise NotAllowed("not a group's ticket", N_("This ticket does not belong to a group."))
        self._core.record(e.TicketRequeued(ticket.number, ticket.day, command.kind))
        return c.Done()

    def in_order(self) -> list[Ticket]:
        """Waiting tickets in calling order."""
        day, minute = self._core.today()
        return waiting(self._core.state.queue, day, minute, self._core.policy.queue)

    def called(self) -> list[Ticket]:
        """Called and not arrived yet."""
        return self._core.state.queue.in_state(EVER, TicketState.CALLED)

    def printing(self) -> list[Ticket]:
        """Numbered and not issued yet."""
        return self._core.state.queue.in_state(EVER, TicketState.NUMBERED)

    def no_shows(self) -> list[Ticket]:
        """Those who may still turn up: of yesterday and later."""
        since = before(self._core.today()[0])
        return self._core.state.queue.in_state(since, TicketState.NO_SHOW)

    def call_now(self) -> bool:
        """The line wants one more person called, and somebody waits."""
        core = self._core
        return bool(self.in_order()) and should_call(
            core.state, len(self.called()), core.clock.now_ms(), core.policy.line
        )

    def call_to_free_desks(self) -> None:
        """For the supervision: an open desk where nobody is identified gets the next person."""
        for desk in sorted(self.open_desks):
            if not self.desk_busy(desk) and self.call_now():
                self._call(self.in_order()[0], desk)

    def desk_busy(self, desk: int) -> bool:
        """Somebody is on the way to this desk, or being identified there."""
        arriving = any(t.desk == desk for t in self.called())
        return arriving or any(
            d.desk == desk and d.person is None and d.outcome is None
            for d in self._core.state.dossiers.values()
        )

    def turn_the_day(self) -> None:
        """Say in the journal which tickets nobody stands for any more; tell screens of midnight."""
        core = self._core
        day, _ = core.today()
        if day != self._today:
            self._today = day
            core.touch()
        ends: list[e.AnyBody] = []
        for ticket in outlived(core.state.queue, day, core.clock.boot, core.clock.mono_ms()):
            printed = ticket.state is not TicketState.NUMBERED
            end = e.TicketExpired if printed else e.TicketCancelled
            ends += [*self._drop_jobs(ticket), end(ticket.number, ticket.day)]
        if ends:
            core.record(*ends)

    # ---- groups ------------------------------------------------------------------------------

    async def import_groups(self, command: c.ImportGroups) -> c.GroupsImported:
        """Groups' names are kept beside the journal, which holds ids only."""
        read = parse_groups(command.csv, self._core.today()[0])
        self._core.record(*read.groups)
        names = self.group_names | read.names
        durable.write(self._core.data / GROUP_NAMES, msgspec.json.encode(names))
        self.group_names = names
        return c.GroupsImported(
            len(read.groups),
            sum(group.people for group in read.groups),
            dict(read.header.titles),
            read.header.ignored + read.header.twice,
        )

    # ---- look-ups ----------------------------------------------------------------------------

    def arrival(self, desk: int, number: int | None, day: int | None) -> Ticket | None:
        """The ticket of somebody who stands at ``desk``; None for somebody without one.

        Raises InputError when there is no such desk, NotAllowed when nobody waits with that
        ticket. Without a ``day`` today's ticket is meant, or else one of another day.
        """
        self.desk(desk)
        if number is None:
            return None
        if day is not None:
            return self._ticket(day, number, TicketState.CALLED, TicketState.WAITING)
        today, _ = self._core.today()
        there = self._core.state.queue.in_state(EVER, TicketState.CALLED, TicketState.WAITING)
        same = [ticket for ticket in there if ticket.number == number]
        if same:
            return min(same, key=lambda ticket: (ticket.day != today, ticket.nth))
        return self._ticket(today, number, TicketState.CALLED, TicketState.WAITING)

    def _ticket(self, day: int, number: int, *states: TicketState) -> Ticket:
        ticket = self._core.state.queue.tickets.get((day, number))
        if ticket is None:
            raise NotAllowed(
                "no such ticket",
                N_("There is no ticket {number}. Choose the person's ticket in the queue."),
                number=number,
            )
        if ticket.state not in states:
            raise NotAllowed(
                f"ticket is {ticket.state.value}",
                N_("This cannot be done with ticket {number} now. Check its state in the queue."),
                number=number,
            )
        return ticket

    def desk(self, desk: int) -> int:
        """``desk``, if this station has it; else InputError."""
        if not 1 <= desk <= self._core.config.station.desks:
            raise InputError(
                "no such desk",
                N_("This station has desks 1 to {desks}."),
                desks=self._core.config.station.desks,
            )
        return desk


GROUP_NAMES = "groups.json"
_names_of = from_json(dict[str, str])


def _names(path: Path) -> dict[str, str]:
    """Names of the groups by id; a file that is missing or damaged only costs the names."""
    try:
        return _names_of(path.read_bytes())
    except (OSError, Malformed):
        return {}
