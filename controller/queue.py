"""The queue of tickets: a fold over the journal, and who is next.

A ticket is ``(day, number)``; numbers restart at 1 each station-local day. A number is durable
before it is printed, and counts as issued only after it has printed (or was handed over).

Booths work over midnight, and a Pi's clock may be wrong until the network sets it. So the order of
people is the order in which the journal has their numbers, whatever day the clock said, and a
ticket stays in the queue until something journaled ends it: a dossier, a no-show, or its expiry
(``outlived``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median

from controller.policy import QueuePolicy
from edge.journal import events as e
from ground.day import before


class TicketState(StrEnum):
    NUMBERED = "numbered"
    """Durable, not yet printed: not counted."""
    WAITING = "waiting"
    CALLED = "called"
    SERVED = "served"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    """Nobody was there for it until the end of the next day."""


LISTED = frozenset(
    {TicketState.NUMBERED, TicketState.WAITING, TicketState.CALLED, TicketState.NO_SHOW}
)
"""States whose tickets are looked for by state."""

TicketKey = tuple[int, int]
"""(day as yyyymmdd, number)"""


@dataclass(slots=True)
class Ticket:
    day: int
    number: int
    kind: e.TicketKind
    state: TicketState
    numbered_at: int
    """ms UTC"""
    mono: int
    """ms since the boot it was numbered in"""
    nth: int
    """1 for the station's first ticket ever, and so on: the order of the people."""
    ahead: int
    wait_s: int
    group: str | None = None
    issued: bool = False
    called_at: int | None = None
    desk: int | None = None
    job: int | None = None
    """The print job that is to issue it."""
    dossier: str | None = None

    @property
    def key(self) -> TicketKey:
        return (self.day, self.number)


@dataclass(frozen=True)
class Group:
    id: str
    day: int
    minute_of_day: int
    people: int


@dataclass(frozen=True)
class Press:
    """When the ticket button was pressed: ms UTC, and ms since our boot."""

    at: int
    boot: str
    mono: int


PRESSES_KEPT = 20
CLOSINGS_KEPT = 50
PAUSE_S = 3600
A_DAY_S = 86_400
"""Nobody waits longer than that; and a journal's number has seven digits."""


@dataclass
class Queue:
    """State of the queue. ``apply`` is the only thing that changes it."""

    tickets: dict[TicketKey, Ticket] = field(default_factory=dict)
    """All that were ever numbered, in that order."""
    places: dict[TicketState, dict[int, set[int]]] = field(default_factory=dict)
    """For states in ``LISTED``: numbers by day, so that nobody looks through a campaign."""
    groups: dict[str, Group] = field(default_factory=dict)
    group_issued: Counter[str] = field(default_factory=Counter)
    """Tickets issued to a group since it was scheduled for its day."""
    last_number: dict[int, int] = field(default_factory=dict)
    presses: set[tuple[str, int]] = field(default_factory=set)
    """(boot, no) of the Pico's button events that became a ticket."""
    latest_presses: list[Press] = field(default_factory=list)
    """The last ones that became a ticket, for telling a double press from another person's."""
    priority_run: int = 0
    """Priority tickets called in a row."""
    closings: list[int] = field(default_factory=list)
    """When the latest dossiers ended, ms UTC."""
    boot: str = ""
    """Of the latest event."""
    before_boot: int = 0
    """Tickets that were numbered before that boot."""

    def apply(self, event: e.Event) -> None:
        if event.boot != self.boot:
            self.boot, self.before_boot = event.boot, len(self.tickets)
        body = event.body
        match body:
            case e.TicketNumbered():
                self.last_number[body.day] = body.ticket
                ticket = Ticket(
                    body.day,
                    body.ticket,
                    body.ticket_kind,
                    TicketState.NUMBERED,
                    event.at,
                    event.mono,
                    len(self.tickets) + 1,
                    body.ahead,
                    body.wait_s,
                    body.group,
                )
                self.tickets[ticket.key] = ticket
                self._list(ticket)
                if body.boot is not None and body.no is not None:
                    self.presses.add((body.boot, body.no))
                    self.latest_presses.append(
                        Press(event.at - body.age_ms, event.boot, event.mono - body.age_ms)
                    )
                    del self.latest_presses[:-PRESSES_KEPT]
            case e.PrintRequested(paper=e.Paper.TICKET):
                if body.ticket is not None and body.day is not None:
                    self.tickets[body.day, body.ticket].job = event.seq
            case e.TicketIssued():
                ticket = self.tickets[body.day, body.ticket]
                if ticket.state is TicketState.NUMBERED:
                    ticket.issued = True
                    self._move(ticket, TicketState.WAITING)
                    if ticket.group is not None:
                        self.group_issued[ticket.group] += 1
            case e.TicketCancelled():
                self._move(self.tickets[body.day, body.ticket], TicketState.CANCELLED)
            case e.TicketCalled():
                ticket = self.tickets[body.day, body.ticket]
                if ticket.state is TicketState.WAITING:
                    priority = ticket.kind is e.TicketKind.PRIORITY
                    self.priority_run = self.priority_run + 1 if priority else 0
                self._move(ticket, TicketState.CALLED)
                ticket.called_at, ticket.desk = event.at, body.desk
            case e.TicketNoShow():
                self._move(self.tickets[body.day, body.ticket], TicketState.NO_SHOW)
            case e.TicketExpired():
                self._move(self.tickets[body.day, body.ticket], TicketState.EXPIRED)
            case e.TicketRequeued():
                ticket = self.tickets[body.day, body.ticket]
                ticket.kind = body.ticket_kind
                self._move(ticket, TicketState.WAITING)
            case e.GroupScheduled():
                known = self.groups.get(body.group)
                if known is not None and known.day != body.day:
                    del self.group_issued[body.group]  # they come once more, or not yet
                self.groups[body.group] = Group(
                    body.group, body.day, body.minute_of_day, body.people
                )
            case e.DossierOpened(ticket=int(number), day=int(day)):
                ticket = self.tickets[day, number]
                ticket.dossier = event.dossier
                self._move(ticket, TicketState.SERVED)
            case e.DossierClosed():
                self.closings.append(event.at)
                del self.closings[:-CLOSINGS_KEPT]
            case _:
                pass

    def _move(self, ticket: Ticket, state: TicketState) -> None:
        days = self.places.get(ticket.state, {})
        if ticket.day in days:
            days[ticket.day].discard(ticket.number)
            if not days[ticket.day]:
                del days[ticket.day]
        ticket.state = state
        self._list(ticket)

    def _list(self, ticket: Ticket) -> None:
        if ticket.state in LISTED:
            days = self.places.setdefault(ticket.state, {})
            days.setdefault(ticket.day, set()).add(ticket.number)

    def in_state(self, since: int, *states: TicketState) -> list[Ticket]:
        """Tickets of the day ``since`` and later in ``states`` (of ``LISTED``), in the order in
        which they were numbered."""
        found = [
            self.tickets[day, number]
            for state in states
            for day, numbers in self.places.get(state, {}).items()
            if day >= since
            for number in numbers
        ]
        return sorted(found, key=lambda ticket: ticket.nth)

    def of_day(self, day: int) -> list[Ticket]:
        """Every ticket of ``day``, in order of number."""
        keys = ((day, n) for n in range(1, self.last_number.get(day, 0) + 1))
        return [self.tickets[key] for key in keys if key in self.tickets]


EVER = 0
"""Before every day."""


def outlived(queue: Queue, day: int, boot: str, mono_ms: int) -> list[Ticket]:
    """Tickets of a day before yesterday that are still open: nobody stands there for them.

    ``day`` is today, ``boot`` and ``mono_ms`` the machine's. When the clock was set, its day says
    nothing about who stands there: a ticket of this boot is a day old when the monotonic clock
    says so.
    """
    since = before(day)
    old = [
        ticket
        for state in (TicketState.NUMBERED, TicketState.WAITING, TicketState.CALLED)
        for its_day, numbers in queue.places.get(state, {}).items()
        if its_day < since
        for ticket in (queue.tickets[its_day, number] for number in sorted(numbers))
    ]
    this_boot = queue.before_boot if boot == queue.boot else len(queue.tickets)
    return [t for t in old if t.nth <= this_boot or mono_ms - t.mono >= A_DAY_S * 1000]


def next_number(queue: Queue, day: int) -> int:
    return queue.last_number.get(day, 0) + 1


def waiting(queue: Queue, day: int, minute_of_day: int, policy: QueuePolicy) -> list[Ticket]:
    """Issued tickets, those of earlier days too, in the order in which they will be called.

    ``day`` and ``minute_of_day`` are now. Priority first, but after ``priority_run`` of them one of
    the others. A group's tickets come before walk-ins once its minute has come, after everybody
    else before that.
    """
    tickets = queue.in_state(EVER, TicketState.WAITING)
    priority = [t for t in tickets if t.kind is e.TicketKind.PRIORITY]
    due: list[Ticket] = []
    early: list[Ticket] = []
    walk_in: list[Ticket] = []
    for ticket in tickets:
        if ticket.kind is e.TicketKind.GROUP:
            group = queue.groups.get(ticket.group or "")
            is_due = group is None or (group.day, group.minute_of_day) <= (day, minute_of_day)
            (due if is_due else early).append(ticket)
        elif ticket.kind is e.TicketKind.WALK_IN:
            walk_in.append(ticket)
    others = due + walk_in + early
    order: list[Ticket] = []
    run = queue.priority_run
    while priority or others:
        if priority and (run < policy.priority_run or not others):
            order.append(priority.pop(0))
            run += 1
        else:
            order.append(others.pop(0))
            run = 0
    return order


def pace_s(queue: Queue, policy: QueuePolicy) -> float:
    """Seconds per dossier: median gap between the latest endings, the policy's figure before.

    A gap longer than ``PAUSE_S`` is a pause (the night), and a negative one a clock set back.
    """
    ends = queue.closings[-policy.pace_dossiers - 1 :]
    gaps = [(b - a) / 1000 for a, b in pairwise(ends) if 0 <= b - a <= PAUSE_S * 1000]
    return median(gaps) if len(gaps) >= 3 else float(policy.seconds_per_dossier)


def estimate(queue: Queue, policy: QueuePolicy) -> tuple[int, int]:
    """(people ahead, estimated wait in seconds) for a ticket taken now.

    Numbers still being printed are people standing in line too.
    """
    ahead = len(queue.in_state(EVER, TicketState.WAITING, TicketState.NUMBERED))
    return ahead, min(round(ahead * pace_s(queue, policy)), A_DAY_S)


def is_double_press(
    queue: Queue,
    boot: str,
    no: int,
    pressed_at: int,
    policy: QueuePolicy,
    mono: tuple[str, int] | None = None,
) -> bool:
    """A press already counted, or within ``double_press_s`` of one that was.

    ``boot`` and ``no`` are the Pico's. ``pressed_at`` (ms UTC) is when the finger was on the
    button, not when we heard of it; ``mono`` is the same moment as (our boot, ms since it), which
    a wall clock that is set in between cannot falsify.
    """
    if (boot, no) in queue.presses:
        return True
    within_ms = policy.double_press_s * 1000
    if mono is None:
        return any(abs(pressed_at - press.at) < within_ms for press in queue.latest_presses)
    return any(
        press.boot == mono[0] and abs(mono[1] - press.mono) < within_ms
        for press in queue.latest_presses
    )
