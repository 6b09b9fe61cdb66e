"""Tickets, calls and several dossiers in flight, through the station's commands."""

from __future__ import annotations

import asyncio

import pytest

from controller import commands as c
from controller.errors import InputError, NotAllowed
from edge.journal import events as e
from hw.twins.population import people
from tests.crash.books import check_devices, check_tickets
from tests.hil.autopilot import Autopilot, Visitor
from tests.hil.floor import Floor
from tests.hil.premises import HANH, TWO_FINGERS, Premises

pytestmark = [
    pytest.mark.needs("pico", "fingerprint", "scanner", "camera", "printer", "buttons", "hands"),
    pytest.mark.timeout(240),
]


async def issued(floor: Floor, kind: e.TicketKind = e.TicketKind.WALK_IN, **more: str) -> int:
    """The number of a new ticket, once it has printed."""
    ticket = await floor.do(c.IssueTicket(kind, **more))
    await floor.until(
        lambda: ticket.ticket in [t.number for t in floor.view.waiting], "the printed ticket"
    )
    number: int = ticket.ticket
    return number


def waiting(floor: Floor) -> list[int]:
    return [ticket.number for ticket in floor.view.waiting]


async def test_a_double_press_gives_one_ticket(premises: Premises) -> None:
    async with premises.opened() as floor:
        await floor.hand("pico", "press", button="ticket", bounce=True)
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketNumbered) == 1
        await asyncio.to_thread(premises.rig.hand("printer").do, "wait", slips=1)
    assert len(premises.slips()) == 1


async def test_numbers_go_on_after_a_restart(premises: Premises) -> None:
    async with premises.opened() as floor:
        assert [await issued(floor), await issued(floor)] == [1, 2]
    async with premises.opened() as floor:
        assert waiting(floor) == [1, 2]
        assert await issued(floor) == 3
        check_tickets(floor.events())


async def test_priority_goes_first_and_nobody_starves(premises: Premises) -> None:
    async with premises.opened() as floor:
        for kind in [e.TicketKind.WALK_IN, *[e.TicketKind.PRIORITY] * 4]:
            await issued(floor, kind)
        order = [(await floor.do(c.CallNext(1))).ticket for _ in range(5)]
        assert order == [2, 3, 4, 1, 5], "after three of priority one other"


async def test_who_does_not_come_is_recalled_then_a_no_show_and_may_come_back(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        first, second = await issued(floor), await issued(floor)
        called = await floor.do(c.CallNext(1))
        assert called.ticket == first
        await floor.do(c.CallTicket(called.day, first, 1))
        calls = [x.body for x in floor.events() if isinstance(x.body, e.TicketCalled)]
        assert [call.again for call in calls] == [False, True]
        await floor.do(c.NoShow(called.day, first))
        assert [t.number for t in floor.view.no_shows] == [first]
        with pytest.raises(NotAllowed):
            await floor.do(c.NoShow(called.day, first))
        await floor.do(c.Requeue(called.day, first, e.TicketKind.WALK_IN))
        assert waiting(floor) == [first, second], "in the place of the number again"
        shift = floor.station.shift()
        assert (shift.issued, shift.no_shows, shift.waiting, shift.lost) == (2, 0, 2, 0)


async def test_a_no_show_balances_the_books(premises: Premises) -> None:
    async with premises.opened() as floor:
        await issued(floor)
        called = await floor.do(c.CallNext(1))
        await floor.do(c.NoShow(called.day, called.ticket))
        shift = floor.station.shift()
        assert (shift.issued, shift.no_shows, shift.waiting, shift.lost) == (1, 1, 0, 0)


async def test_a_group_is_called_when_its_time_has_come(premises: Premises) -> None:
    async with premises.opened() as floor:
        day = f"{floor.station.core.local_time():%Y-%m-%d}"
        rows = f"group,name,day,time,people\nG1,Lớp 12A,{day},00:00,40\nG2,Sở,{day},23:59,9\n"
        imported = await floor.do(c.ImportGroups(rows))
        assert (imported.groups, imported.people) == (2, 49)
        late = await issued(floor, e.TicketKind.GROUP, group="G2")
        walk_in = await issued(floor)
        due = await issued(floor, e.TicketKind.GROUP, group="G1")
        assert waiting(floor) == [due, walk_in, late]


async def test_a_bad_group_schedule_imports_nothing_and_names_every_line(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        rows = "group,name,day,time,people\nG1,A,2026-11-22,07:30,40\nX,B,22/11,7h,0\n"
        with pytest.raises(InputError) as refused:
            await floor.do(c.ImportGroups(rows))
        assert "3" in str(refused.value.params["lines"])
        assert floor.count(e.GroupScheduled) == 0


async def test_a_lost_ticket_is_printed_again_with_the_same_number(premises: Premises) -> None:
    async with premises.opened() as floor:
        number = await issued(floor)
        day = floor.view.day
        await floor.do(c.ReprintTicket(day, number))
        await floor.until(lambda: floor.count(e.Printed) == 2, "the second slip")
        assert floor.count(e.TicketIssued) == 1, "it is counted once"
    assert premises.slips() == [f"{premises.code}/{day}/{number}"] * 2


async def test_several_desks_serve_several_people_and_no_device_is_held_by_two(
    premises: Premises,
) -> None:
    grown = [
        row
        for row in people(60, seed=3)
        if row["birth"].count("/") == 2
        and int(row["birth"][-4:]) < 2000
        and not row["birth"].startswith("31/02")
        and not row["enrolled_on"]
    ]
    premises.people = grown
    async with premises.opened(TWO_FINGERS) as floor:
        pilot = Autopilot(floor, lambda ticket: Visitor(grown[ticket]), crowd=4, tickets=5)
        most = 0

        async def count() -> None:
            nonlocal most
            while True:
                most = max(most, len(floor.view.dossiers))
                await floor.station.changed(floor.view.version, 1.0)

        counting = asyncio.create_task(count())
        await asyncio.wait_for(pilot.run(), 120)
        counting.cancel()
        assert most >= 2, "they were served at the same time"
        check_devices(floor.events())
        check_tickets(floor.events())
        shift = floor.station.shift()
        assert (shift.issued, shift.sealed, shift.lost) == (5, 5, 0)


async def test_the_board_tells_numbers_and_places_only(premises: Premises) -> None:
    async with premises.opened() as floor:
        await issued(floor)
        called = await floor.do(c.CallNext(2))
        (entry,) = floor.station.board().entries
        assert (entry.ticket, entry.place, entry.desk) == (called.ticket, "desk", 2)
        opened = await floor.do(c.OpenDossier(2, called.day, called.ticket))
        person = floor.person(opened.dossier, HANH)
        await person.show_card()
        await floor.until(lambda: floor.station.board().entries, "the way to a device")
        for text in (str(floor.station.board()), str(floor.station.view(None))):
            for secret in (HANH["name"], HANH["number"], HANH["birth"], HANH["residence"]):
                assert secret not in text
