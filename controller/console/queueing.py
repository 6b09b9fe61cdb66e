"""The queue at a desk: call, arrived, not here; and the queue in full, where tickets are moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from controller import commands as c
from controller.console.desk import Desk
from controller.console.parts import Tag
from controller.console.steps import group_counts
from controller.console.words import KIND_HINTS, clock
from controller.views import StationView, TicketView
from edge.journal.events import TicketKind
from ground.day import short
from ground.text import N_
from ground.text.words import KINDS


def call_panel(desk: Desk) -> None:
    """Open the desk, call, and what to do with who was called."""
    with Tag("div"):
        desk.region(lambda v: desk.desk in v.open_desks, lambda open: _open(desk, open), "stack")
        desk.rows(
            lambda v: _called_here(desk, v), lambda shown: _called(desk, *shown), classes="stack"
        )
        desk.region(lambda v: _may_call(desk, v), lambda may: _call_next(desk, may), "stack")
        _waiting_line(desk)


def _called_here(desk: Desk, view: StationView) -> list[tuple[TicketView, bool]]:
    """(ticket, it is the first) of those who are on their way to this desk."""
    here = [_still(t) for t in view.called if t.desk == desk.desk]
    return [(ticket, ticket == here[0]) for ticket in here]


def _still(ticket: TicketView) -> TicketView:
    """Without what goes on by itself and is not shown, so that it is not drawn again for it."""
    return replace(ticket, waited_s=0, printing=False, nth=0)


def _open(desk: Desk, open: bool) -> None:
    if not open:
        label = desk.say("Open desk {number}", number=desk.desk)
        desk.button(label, desk.doing(c.SetDesk(desk.desk, True)), look="main", key="F2")


def _called(desk: Desk, ticket: TicketView, first: bool) -> None:
    with Tag("div", classes="called"):
        with Tag("div", classes="number"):
            Tag("span", desk.say("Called"))
            Tag("b", str(ticket.number))
            Tag("small", _day(desk, ticket) + desk.say(KINDS[ticket.kind]))
        _arrival(desk, ticket, first)


def _may_call(desk: Desk, view: StationView) -> bool:
    called = bool(_called_here(desk, view))
    return desk.desk in view.open_desks and bool(view.waiting) and (view.call_now or not called)


def _call_next(desk: Desk, may: bool) -> None:
    if may:
        button = desk.button(desk.say("Call next"), desk.doing(c.CallNext(desk.desk)), key="F2")
        flash = "main flash"
        desk.follow(
            lambda v: v.call_now,
            lambda now: button.classes(add=flash) if now else button.classes(remove=flash),
        )


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


def _waiting_line(desk: Desk) -> None:
    def toggle() -> None:
        desk.open_form("" if desk.mode == "queue" else "queue")

    def total(view: StationView) -> str:
        return desk.say("{count} waiting", count=len(view.waiting))

    def kinds(view: StationView) -> str:
        return " · ".join(f"{desk.say(KINDS[kind])} {count}" for kind, count in _counts(view))

    with desk.button(total, toggle, look="quiet queue", key="F8"):
        desk.changing("small", kinds)


# ---- the queue in full -----------------------------------------------------------------------


def queue_panel(desk: Desk) -> None:
    with Tag("div", classes="panel"):
        Tag("h2", desk.say("New ticket"))
        with Tag("div", classes="choices"):
            for kind in (TicketKind.WALK_IN, TicketKind.PRIORITY):
                _new_ticket(desk, kind)
            without = desk.say("Without ticket: open dossier")
            desk.button(without, desk.check_in)
        desk.region(_groups_today, lambda groups: _groups(desk, groups))
        _lists(desk)
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


def _groups_today(view: StationView) -> tuple[tuple[str, str], ...]:
    """(id, time and name) of each; without the counts, so that no touch meets a redrawn button."""
    today = (g for g in view.groups if g.day == view.day)
    return tuple((g.id, f"{clock(g.minute_of_day)} {g.name or g.id}") for g in today)


def _groups(desk: Desk, groups: tuple[tuple[str, str], ...]) -> None:
    if groups:
        Tag("h2", desk.say("Groups of today"))
    for id, label in groups:
        _group(desk, id, label)


def _group(desk: Desk, id: str, label: str) -> None:
    """One ticket at each touch; or one for each of those who have none yet."""

    def issued(counts: tuple[int, int]) -> None:
        Tag("small", desk.say("tickets: {issued} of {people}", issued=counts[0], people=counts[1]))

    def rest(missing: int) -> None:
        if missing > 1:
            all_left = desk.say("All {count} remaining", count=missing)
            desk.button(all_left, lambda: desk.issue_all(id), look="small")

    with Tag("div", classes="row-item group"):
        with desk.button(label, desk.doing(c.IssueTicket(TicketKind.GROUP, id))):
            desk.region(lambda v: group_counts(v, id), issued)
        desk.region(lambda v: _missing(v, id), rest)


def _missing(view: StationView, group: str) -> int:
    issued, people = group_counts(view, group)
    return people - issued


def _lists(desk: Desk) -> None:
    with Tag("div"):
        _list(desk, N_("Called, not here yet"), lambda v: v.called, _called_elsewhere)
        Tag("h2", desk.say("Waiting, in calling order"))
        desk.region(lambda v: not v.waiting, lambda nobody: _nobody_waits(desk, nobody))
        desk.rows(lambda v: map(_still, v.waiting), lambda ticket: _waiting(desk, ticket))
        _list(desk, N_("Did not come"), lambda v: v.no_shows, _no_show)
        _list(desk, N_("Being printed"), lambda v: v.printing, _printing)


def _list(
    desk: Desk,
    title: str,
    of: Callable[[StationView], tuple[TicketView, ...]],
    build: Callable[[Desk, TicketView], None],
) -> None:
    """A row for each ticket, under a title if there are any."""

    def head(any: bool) -> None:
        if any:
            Tag("h2", desk.say(title))

    desk.region(lambda v: bool(of(v)), head)
    desk.rows(lambda v: map(_still, of(v)), lambda ticket: build(desk, ticket))


def _nobody_waits(desk: Desk, nobody: bool) -> None:
    if nobody:
        Tag("p", desk.say("Nobody is waiting."))


def _no_show(desk: Desk, ticket: TicketView) -> None:
    with _item(desk, ticket):
        back = c.Requeue(ticket.day, ticket.number, TicketKind(ticket.kind))
        desk.button(desk.say("Take back"), desk.doing(back), look="small")


def _printing(desk: Desk, ticket: TicketView) -> None:
    number = (ticket.day, ticket.number)
    with _item(desk, ticket):
        desk.button(desk.say("Handed over"), desk.doing(c.HandOverTicket(*number)), look="small")
        desk.button(desk.say("Cancel"), desk.doing(c.CancelTicket(*number)), look="small")


def _called_elsewhere(desk: Desk, ticket: TicketView) -> None:
    """A called ticket goes to another desk, or back among those who wait."""
    number = (ticket.day, ticket.number)

    def others(view: StationView) -> list[int]:
        return sorted({*view.open_desks, desk.desk} - {ticket.desk})

    def to(other: int) -> None:
        label = desk.say("To desk {number}", number=other)
        desk.button(label, desk.doing(c.CallTicket(*number, other)), look="small")

    with _item(desk, ticket):
        Tag("em", desk.say("Desk {number}", number=ticket.desk))
        desk.rows(others, to, "among")
        back = c.Requeue(*number, TicketKind(ticket.kind))
        desk.button(desk.say("Back to waiting"), desk.doing(back), look="small")


def _waiting(desk: Desk, ticket: TicketView) -> None:
    number = (ticket.day, ticket.number)
    usual = TicketKind.GROUP if ticket.group else TicketKind.WALK_IN
    other = usual if ticket.kind == TicketKind.PRIORITY else TicketKind.PRIORITY
    with _item(desk, ticket):
        desk.button(desk.say("Call"), desk.doing(c.CallTicket(*number, desk.desk)), look="small")
        desk.button(
            desk.say("To {kind}", kind=desk.say(KINDS[other])),
            desk.doing(c.Requeue(*number, other)),
            look="small",
        )
        desk.button(desk.say("Reprint"), desk.doing(c.ReprintTicket(*number)), look="small")


def _day(desk: Desk, ticket: TicketView) -> str:
    """Numbers start again every day: who waited over midnight is told by the day."""
    return "" if ticket.day == desk.view.day else f"{short(ticket.day)} · "


def _item(desk: Desk, ticket: TicketView) -> Tag:
    """A row with the ticket's number and kind; its buttons are put inside."""
    row = Tag("div", classes="row-item")
    with row:
        Tag("b", str(ticket.number))
        kind = _day(desk, ticket) + desk.say(KINDS[ticket.kind])
        Tag("span", f"{kind} {ticket.group}" if ticket.group else kind)
    return row
