"""Tickets: button or console → durable number → printed → only then issued; calls and groups."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date, time
from pathlib import Path

import msgspec

from controller import commands as c
from controller.errors import InputError, NotAllowed
from controller.line import should_call
from controller.queue import (
    Ticket,
    TicketState,
    estimate,
    is_double_press,
    next_number,
    waiting,
)
from controller.station.core import Core
from controller.texts import N_
from controller.vault import durable
from edge.journal import events as e


class Queueing:
    def __init__(self, core: Core, announce: Callable[[int, int], None]) -> None:
        """``announce(number, desk)`` is told of every call (spoken call, lights)."""
        self._core = core
        self._announce = announce
        self.open_desks: set[int] = set()
        self.group_names = _names(core.data / GROUP_NAMES)

    # ---- numbers -----------------------------------------------------------------------------

    async def issue(self, command: c.IssueTicket) -> c.TicketRef:
        if (command.group is not None) != (command.kind is e.TicketKind.GROUP):
            raise InputError("group ticket without group", N_("Choose the group of this ticket."))
        if command.group is not None and command.group not in self._core.state.queue.groups:
            raise InputError("unknown group", N_("This group is not scheduled. Import it first."))
        ticket = self._number(command.kind, e.TicketSource.CONSOLE, command.group)
        return c.TicketRef(ticket.day, ticket.number)

    def press(self, boot: str, no: int, age_ms: int) -> bool:
        """The ticket button was pressed. True when it made a ticket, False for a double press."""
        core = self._core
        clock, queue = core.clock, core.state.queue
        mono = (clock.boot, clock.mono_ms() - age_ms)
        if is_double_press(queue, boot, no, clock.now_ms() - age_ms, core.policy.queue, mono):
            return False
        self._number(e.TicketKind.WALK_IN, e.TicketSource.BUTTON, None, boot, no, age_ms)
        return True

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
        day, _ = core.today()
        number = next_number(core.state.queue, day)
        ahead, wait_s = estimate(core.state.queue, day, core.policy.queue)
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
        desk = self._desk(command.desk)
        (self.open_desks.add if command.open else self.open_desks.discard)(desk)
        self._core.touch()
        return c.Done()

    async def call_next(self, command: c.CallNext) -> c.TicketRef:
        desk = self._desk(command.desk)
        queue = self.in_order()
        if not queue:
            raise NotAllowed("nobody waits", N_("Nobody is waiting."))
        return self._call(queue[0], desk)

    async def call_ticket(self, command: c.CallTicket) -> c.Done:
        ticket = self._ticket(
            command.day, command.ticket, TicketState.WAITING, TicketState.CALLED,
            TicketState.NO_SHOW,
        )  # fmt: skip
        self._call(ticket, self._desk(command.desk))
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
            command.day, command.ticket, TicketState.WAITING, TicketState.CALLED,
            TicketState.NO_SHOW,
        )  # fmt: skip
        if command.kind is e.TicketKind.GROUP and ticket.group is None:
            raise NotAllowed("not a group's ticket", N_("This ticket belongs to no group."))
        self._core.record(e.TicketRequeued(ticket.number, ticket.day, command.kind))
        return c.Done()

    def in_order(self) -> list[Ticket]:
        """Waiting tickets of today in calling order."""
        day, minute = self._core.today()
        return waiting(self._core.state.queue, day, minute, self._core.policy.queue)

    def called(self) -> list[Ticket]:
        """Called and not arrived yet."""
        return self._core.state.queue.in_state(self._core.today()[0], TicketState.CALLED)

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

    # ---- groups ------------------------------------------------------------------------------

    async def import_groups(self, command: c.ImportGroups) -> c.GroupsImported:
        """Groups' names are kept beside the journal, which holds ids only."""
        groups, names = parse_groups(command.csv)
        self.group_names.update(names)
        durable.write(self._core.data / GROUP_NAMES, msgspec.json.encode(self.group_names))
        self._core.record(*groups)
        return c.GroupsImported(len(groups), sum(group.people for group in groups))

    # ---- look-ups ----------------------------------------------------------------------------

    def _ticket(self, day: int, number: int, *states: TicketState) -> Ticket:
        ticket = self._core.state.queue.tickets.get((day, number))
        if ticket is None:
            raise NotAllowed("no such ticket", N_("There is no ticket {number}."), number=number)
        if ticket.state not in states:
            raise NotAllowed(
                f"ticket is {ticket.state.value}",
                N_("Ticket {number} cannot be used like this now. Look at its state in the queue."),
                number=number,
            )
        return ticket

    def _desk(self, desk: int) -> int:
        if not 1 <= desk <= self._core.config.station.desks:
            raise InputError(
                "no such desk", N_("This station has desks 1 to {desks}."),
                desks=self._core.config.station.desks,
            )  # fmt: skip
        return desk


GROUP_NAMES = "groups.json"


def _names(path: Path) -> dict[str, str]:
    """Names of the groups by id; a file that is missing or damaged only costs the names."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}


def _lines(rows: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    try:
        yield from rows
    except csv.Error:
        raise InputError(
            f"group schedule: line {rows.line_num} is no CSV",
            N_("Nothing was imported. Correct these lines: {lines}"),
            lines=str(rows.line_num),
        ) from None


def parse_groups(text: str) -> tuple[list[e.GroupScheduled], dict[str, str]]:
    """CSV with header ``group,name,day,time,people`` → events and names by group id.

    Raises InputError listing every bad line; then nothing is imported.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=None))
    wanted = {"group", "name", "day", "time", "people"}
    if not wanted <= set(rows.fieldnames or ()):
        raise InputError(
            "group schedule: header", N_("The first line must be: group,name,day,time,people")
        )
    groups: list[e.GroupScheduled] = []
    names: dict[str, str] = {}
    bad: list[str] = []
    for row in _lines(rows):
        try:
            day = date.fromisoformat(row["day"].strip())
            at = time.fromisoformat(row["time"].strip())
            scheduled = e.GroupScheduled(
                row["group"].strip(), day.year * 10_000 + day.month * 100 + day.day,
                at.hour * 60 + at.minute, int(row["people"]),
            )  # fmt: skip
            # What the journal would not take is the line's fault, not the station's.
            msgspec.convert(msgspec.to_builtins(scheduled), e.AnyBody)
            if scheduled.group in names or not 1 <= scheduled.people <= 9_999:
                raise ValueError("group twice, or no people")
            names[scheduled.group] = row["name"].strip()
        except (ValueError, AttributeError, TypeError, msgspec.ValidationError):
            bad.append(str(rows.line_num))
            continue
        groups.append(scheduled)
    if bad or not groups:
        raise InputError(
            f"group schedule: {len(bad)} bad lines",
            N_("Nothing was imported. Correct these lines: {lines}"),
            lines=", ".join(bad) or "-",
        )
    return groups, names
