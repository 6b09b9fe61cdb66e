"""Tickets, calls and several dossiers in flight, through the station's commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from controller import commands as c
from controller.station.station import Station
from edge.journal import events as e
from ground.clock import SystemClock
from ground.error import InputError, NotAllowed
from hw.twins.population import people
from tests.crash.books import check_devices, check_tickets
from tests.hil.autopilot import Autopilot, Visitor
from tests.hil.floor import Floor
from tests.hil.premises import HANH, TWO_FINGERS, Premises
from tram.station import devices_of

pytestmark = [
    pytest.mark.needs("pico", "fingerprint", "scanner", "camera", "printer", "buttons", "hands"),
]


class SetClock(SystemClock):
    """The machine's clock after somebody has set it: wall time moved, monotonic time untouched."""

    shift_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.shift_ms

    def set(self, local: datetime) -> None:
        self.shift_ms += round(local.timestamp() * 1000) - self.now_ms()


@asynccontextmanager
async def opened_with(clock: SetClock, premises: Premises) -> AsyncIterator[Floor]:
    """A running station on ``clock``, an operator signed in."""
    if not premises.data.exists():
        premises.keyring.furnish(premises.data, premises.people)
    config = premises.configuration(TWO_FINGERS)
    station = Station(config, devices_of(config), clock)
    await station.start()
    try:
        floor = Floor(station, premises.rig.hand)
        await floor.until(station.devices_ready, "all devices ready")
        await floor.admit(premises.keyring.keys)
        yield floor
    finally:
        await station.stop()


def midnight(floor: Floor) -> datetime:
    """The end of the station's local day."""
    now = floor.station.core.local_time()
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


async def issued(floor: Floor, kind: e.TicketKind = e.TicketKind.WALK_IN, **more: str) -> int:
    """The number of a new ticket, once it has printed."""
    ticket = await floor.do(c.IssueTicket(kind, **more))
    await floor.until(
        lambda: (ticket.day, ticket.ticket) in [(t.day, t.number) for t in floor.view.waiting],
        "the printed ticket",
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
        day = f"{floor.station.core.local_time():%Y-%m-%d}"
        rows = f"group,name,day,time,people\nG1,A,{day},07:30,40\nX,B,22/11,7h,0\n"
        with pytest.raises(InputError) as refused:
            await floor.do(c.ImportGroups(rows))
        lines = refused.value.params["lines"]
        assert isinstance(lines, tuple)
        (line,) = lines
        assert line.params["line"] == 3
        assert floor.count(e.GroupScheduled) == 0
        assert not floor.station.queueing.group_names, "names only of what the journal took"


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


async def test_who_holds_a_ticket_at_midnight_is_served_before_those_of_the_new_day(
    premises: Premises,
) -> None:
    clock = SetClock()
    async with opened_with(clock, premises) as floor:
        evening = floor.view.day
        first, second, absent = [await issued(floor) for _ in range(3)]
        await floor.do(c.CallTicket(evening, absent, 1))
        await floor.do(c.NoShow(evening, absent))
        clock.set(midnight(floor) - timedelta(seconds=1))
        await floor.until(lambda: floor.view.day != evening, "midnight")
        assert [(t.day, t.number) for t in floor.view.waiting] == [
            (evening, first),
            (evening, second),
        ]
        assert [(t.day, t.number) for t in floor.view.no_shows] == [(evening, absent)]
        new = await floor.do(c.IssueTicket())
        assert (new.day, new.ticket) == (floor.view.day, 1), "numbers start again"
        await floor.until(lambda: len(floor.view.waiting) == 3, "the printed ticket")

        called = await floor.do(c.CallNext(2))
        assert (called.day, called.ticket) == (evening, first)
        (entry,) = floor.station.board().entries
        assert (entry.ticket, entry.day, entry.desk) == (first, evening, 2)
        assert floor.station.board().next_numbers == (second, new.ticket)
        opened = await floor.do(c.OpenDossier(2, called.day, called.ticket))
        await floor.do(c.Abandon(opened.dossier, e.AbandonReason.LEFT))
        await floor.until(lambda: not floor.view.dossiers, "the dossier closed")
        before, after = floor.station.shift(evening), floor.station.shift()
        assert (before.issued, before.waiting, before.no_shows, before.abandoned) == (3, 1, 1, 1)
        assert (after.issued, after.waiting, after.abandoned) == (1, 1, 0)
        assert before.lost == after.lost == 0
        check_tickets(floor.events())


async def test_a_clock_that_is_set_sends_nobody_home(premises: Premises) -> None:
    clock = SetClock()
    async with opened_with(clock, premises) as floor:
        numbers = [await issued(floor)]
        for by in (-3, 5):  # a Pi without network believes in an old day, then is set
            clock.set(floor.station.core.local_time() + timedelta(days=by))
            numbers.append(await issued(floor))
        assert numbers == [1, 1, 1]
        days = [ticket.day for ticket in floor.view.waiting]
        assert days[1] < days[0] < days[2], "in the order in which they came"
        called = [(await floor.do(c.CallNext(1))).day for _ in range(3)]
        assert called == days


async def test_tickets_of_a_booth_that_was_closed_for_days_are_ended_in_the_journal(
    premises: Premises,
) -> None:
    clock = SetClock()
    async with opened_with(clock, premises) as floor:
        day = floor.view.day
        await issued(floor)
        await floor.do(c.CallNext(1))
        await issued(floor)
        assert floor.station.shift(day).expired == 0
    clock.shift_ms += 5 * 86_400_000
    clock.boot = f"{int(clock.boot, 16) ^ 1:08x}"  # it was switched off meanwhile
    async with opened_with(clock, premises) as floor:
        await floor.until(lambda: floor.count(e.TicketExpired) == 2, "the end of the old tickets")
        assert not floor.view.waiting
        assert not floor.view.called
        shift = floor.station.shift(day)
        assert (shift.issued, shift.expired, shift.waiting, shift.lost) == (2, 2, 0, 0)
        with pytest.raises(NotAllowed):
            await floor.do(c.CallTicket(day, 1, 1))
        assert await issued(floor) == 1


async def test_a_desk_or_ticket_that_does_not_exist_is_refused(premises: Premises) -> None:
    async with premises.opened() as floor:
        queueing, day = floor.station.queueing, floor.view.day
        number = await issued(floor)
        with pytest.raises(InputError):
            queueing.arrival(99, None, None)
        for impossible in (day + 1, 20261399, 0):
            with pytest.raises(NotAllowed) as refused:
                queueing.arrival(1, number, impossible)
            assert "Choose the person's ticket" in refused.value.advice
        assert queueing.arrival(1, None, 20261399) is None
        for said in (day, None):
            ticket = queueing.arrival(1, number, said)
            assert ticket is not None
            assert ticket.key == (day, number)
