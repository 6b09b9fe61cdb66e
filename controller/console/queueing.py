"""The queue at a desk: call, arrived, not here; and the queue in full, where tickets are moved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nicegui import ui

from controller import commands as c
from controller.console.frame import Tag
from controller.console.words import KIND_HINTS, KINDS
from controller.views import StationView, TicketView
from edge.journal.events import TicketKind

if TYPE_CHECKING:
    from controller.console.desk import Desk


def call_panel(desk: Desk) -> None:
    """Open the desk, call, and what to do with who was called."""
    desk.region(
        lambda v: (desk.desk in v.open_desks, v.call_now, bool(v.waiting), _called_here(desk, v)),
        lambda shown: _call(desk, *shown),
    )
    desk.region(lambda v: _counts(v), lambda counts: _waiting_line(desk, counts))


def _called_here(desk: Desk, view: StationView) -> tuple[TicketView, ...]:
    return tuple(_still(t) for t in view.called if t.desk == desk.desk)


def _still(ticket: TicketView) -> TicketView:
    """Without the running clock, so that it is not drawn again every second."""
    return TicketView(
        ticket.day, ticket.number, ticket.kind, ticket.state, ticket.group, ticket.desk, 0,
        ticket.printing,
    )  # fmt: skip


def _call(
    desk: Desk, open: bool, call_now: bool, waiting: bool, called: tuple[TicketView, ...]
) -> None:
    if not open:
        label = desk.say("Open desk {number}", number=desk.desk)
        desk.button(label, desk.doing(c.SetDesk(desk.desk, True)), look="main", key="F2")
    for ticket in called:
        with Tag("div", classes="called"):
            with Tag("div", classes="number"):
                Tag("span", desk.say("Called"))
                Tag("b", str(ticket.number))
                Tag("small", desk.say(KINDS[ticket.kind]))
            _arrival(desk, ticket, first=ticket == called[0])
    if open and waiting and (call_now or not called):
        look = "main flash" if call_now else ""
        desk.button(desk.say("Call next"), desk.doing(c.CallNext(desk.desk)), look=look, key="F2")


def _arrival(desk: Desk, ticket: TicketView, first: bool) -> None:
    day, number = ticket.day, ticket.number

    key = ("F3", "F4") if first else ("", "")
    here = desk.say("Is here")
    desk.button(here, lambda: desk.check_in(day, number), look="go", key=key[0])
    again = desk.doing(c.CallTicket(day, number, desk.desk))
    with Tag("div", classes="pair"):
        desk.button(desk.say("Call again"), again, look="small", key=key[1])
        desk.button(desk.say("Not here"), desk.doing(c.NoShow(day, number)), look="small")


def _counts(view: StationView) -> tuple[tuple[str, int], ...]:
    counts = Counter(t.kind for t in view.waiting)
    return tuple((kind, counts[kind]) for kind in KINDS if counts[kind])


def _waiting_line(desk: Desk, counts: tuple[tuple[str, int], ...]) -> None:
    def toggle() -> None:
        desk.open_form("" if desk.mode == "queue" else "queue")

    total = sum(count for _, count in counts)
    label = desk.say("{count} waiting", count=total)
    with desk.button(label, toggle, look="quiet queue", key="F8"):
        Tag("small", " · ".join(f"{desk.say(KINDS[kind])} {count}" for kind, count in counts))


# ---- the queue in full -----------------------------------------------------------------------


def queue_panel(desk: Desk) -> None:
    with Tag("div", classes="panel"):
        Tag("h2", desk.say("New ticket"))
        with Tag("div", classes="choices"):
            for kind in (TicketKind.WALK_IN, TicketKind.PRIORITY):
                _new_ticket(desk, kind)
            _group_ticket(desk)
            without = desk.say("Without ticket: open dossier")
            desk.button(without, desk.check_in)
        desk.region(_queue, lambda shown: _lists(desk, *shown))
        with Tag("div", classes="actions"):
            back = desk.button(desk.say("Back to the dossier"), desk.close_form, key="F6")
            back.props["data-escape"] = 1
            if desk.desk in desk.view.open_desks:
                close = desk.say("Close desk {number}", number=desk.desk)
                desk.button(close, desk.doing(c.SetDesk(desk.desk, False)), look="quiet")


def _new_ticket(desk: Desk, kind: TicketKind) -> None:
    button = desk.button(desk.say(KINDS[kind]), desk.doing(c.IssueTicket(kind)))
    with button:
        Tag("small", desk.say(KIND_HINTS[kind]))


def _group_ticket(desk: Desk) -> None:
    """Groups come with an appointment and a number of their own, such as G12."""
    with Tag("div", classes="form pair"):
        group = ui.input(desk.say("Group, such as G12")).props("outlined")

        async def issue() -> None:
            await desk.do(c.IssueTicket(TicketKind.GROUP, group.value.strip().upper() or None))
            group.value = ""

        button = desk.button(desk.say(KINDS[TicketKind.GROUP]), issue)
        button.props["data-submit"] = 1


def _queue(view: StationView) -> tuple[tuple[TicketView, ...], ...]:
    lists = (view.waiting, view.no_shows, view.printing)
    return tuple(tuple(_still(t) for t in tickets) for tickets in lists)


def _lists(
    desk: Desk,
    waiting: tuple[TicketView, ...],
    no_shows: tuple[TicketView, ...],
    printing: tuple[TicketView, ...],
) -> None:
    Tag("h2", desk.say("Waiting, in calling order"))
    if not waiting:
        Tag("p", desk.say("Nobody is waiting."))
    for ticket in waiting:
        with Tag("div", classes="row-item"):
            _ticket(desk, ticket)
            number = (ticket.day, ticket.number)
            desk.button(
                desk.say("Call"), desk.doing(c.CallTicket(*number, desk.desk)), look="small"
            )
            other = TicketKind.WALK_IN if ticket.kind == "priority" else TicketKind.PRIORITY
            desk.button(
                desk.say("To {kind}", kind=desk.say(KINDS[other])),
                desk.doing(c.Requeue(*number, other)),
                look="small",
            )
            desk.button(desk.say("Reprint"), desk.doing(c.ReprintTicket(*number)), look="small")
    if no_shows:
        Tag("h2", desk.say("Did not come"))
    for ticket in no_shows:
        with Tag("div", classes="row-item"):
            _ticket(desk, ticket)
            back = c.Requeue(ticket.day, ticket.number, TicketKind(ticket.kind))
            desk.button(desk.say("Take back"), desk.doing(back), look="small")
    if printing:
        Tag("h2", desk.say("Being printed"))
    for ticket in printing:
        with Tag("div", classes="row-item"):
            _ticket(desk, ticket)
            number = (ticket.day, ticket.number)
            desk.button(
                desk.say("Handed over"), desk.doing(c.HandOverTicket(*number)), look="small"
            )
            desk.button(desk.say("Cancel"), desk.doing(c.CancelTicket(*number)), look="small")


def _ticket(desk: Desk, ticket: TicketView) -> None:
    Tag("b", str(ticket.number))
    kind = desk.say(KINDS[ticket.kind])
    Tag("span", f"{kind} {ticket.group}" if ticket.group else kind)
