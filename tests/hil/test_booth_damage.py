"""What goes wrong inside the booth itself: damaged files, locks at bad moments, hasty hands."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pytest

from controller import commands as c
from controller.dossier.state import Outcome
from edge.journal import events as e
from ground.error import NotAllowed
from tests.hil.floor import Floor
from tests.hil.premises import HANH, OPERATOR, TOAN, Premises

pytestmark = pytest.mark.needs("pico", "fingerprint", "camera", "scanner", "hands", "paper")


Kind = TypeVar("Kind")


def damage(path: Path) -> None:
    """Turn one byte in the middle of a sealed file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def bodies(floor: Floor, kind: type[Kind]) -> list[Kind]:
    return [event.body for event in floor.events() if isinstance(event.body, kind)]


async def test_a_lock_in_the_middle_of_a_paper_stops_no_printer(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        await floor.hand("printer", "paper", state="out")
        await floor.until(lambda: floor.device("printer").fault == "paper_out", "paper out")
        await floor.do(c.Confirm(person.id))
        await floor.until(lambda: bodies(floor, e.PrintRequested)[1:], "its papers are due")
        await floor.do(c.Lock())
        await floor.hand("printer", "paper", state="in")
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.count(e.TicketNumbered), "a number for the next")
        await floor.until(lambda: floor.count(e.TicketIssued), "a ticket for the next")
        await floor.admit(premises.keyring.keys)
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_hasty_steps_aside_and_back_leave_one_hand_on_the_sensor(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await person.at("fingerprint")
        for _ in range(3):
            await floor.do(c.StepAside(person.id))
            await floor.do(c.StepBack(person.id))
        await person.taken()
        captured = bodies(floor, e.FingerCaptured)
        assert [finger.tries for finger in captured] == [1, 1]
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_a_portrait_that_cannot_be_read_is_taken_again(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        damage(premises.data / "vault" / person.id / "portrait.1.png.age")
        await floor.do(c.Confirm(person.id))
        await floor.until(lambda: floor.count(e.PortraitReopened), "the portrait's reopening")
        assert floor.count(e.Sealed) == 0
        assert "cannot be read" in floor.view.notices[-1].text
        await person.sit()
        await person.at("review")
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_a_dossier_whose_person_cannot_be_read_is_never_sealed(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        damage(premises.data / "vault" / person.id / "identity.1.json.age")
    async with premises.opened() as floor:
        await floor.until(lambda: floor.view.notices, "what the operator is told")
        with pytest.raises(NotAllowed):
            await floor.do(c.Confirm(person.id))
        await floor.do(c.Abandon(person.id, e.AbandonReason.OPERATOR))
        await floor.until(lambda: floor.dossier(person.id) is None, "its end")
        assert floor.count(e.Sealed) == 0
        assert not list((premises.data / "outbox").glob("*.tram"))


async def test_a_paper_that_cannot_be_made_holds_up_nobody_else(premises: Premises) -> None:
    young = {**TOAN, "number": "026215000303", "old_number": "", "birth": "01/02/2015"}
    premises.people.append(young)
    async with premises.opened() as floor:
        await floor.hand("printer", "paper", state="out")
        await floor.until(lambda: floor.device("printer").fault == "paper_out", "paper out")
        person = await floor.check_in(young)
        await person.show_card()
        await floor.do(c.AcceptIdentity(person.id))
        damage(premises.data / "vault" / person.id / "turned_away.json.age")
    premises.rig.hand("printer").do("paper", state="in")
    async with premises.opened() as floor:
        await floor.until(lambda: floor.view.jobs and floor.view.jobs[0].problem, "the problem")
        before = floor.count(e.TicketIssued)
        await floor.do(c.IssueTicket())
        await floor.until(lambda: floor.count(e.TicketIssued) > before, "a ticket for the next")
        await floor.do(c.DropPrint(next(j.job for j in floor.view.jobs if j.dossier)))
        await floor.until(lambda: floor.dossier(person.id) is None, "its end")
        assert floor.station.core.state.ended[-1].outcome is Outcome.REFUSED


async def test_a_damaged_roster_keeps_nobody_from_working(premises: Premises) -> None:
    async with premises.opened():
        pass
    damage(premises.data / "roster.age")
    async with premises.opened() as floor:
        assert floor.view.operator == OPERATOR
        assert floor.view.roster_people == 0
        assert "roster" in floor.view.notices[-1].text
        person = await floor.check_in(HANH)
        await person.show_card()
        assert person.view.finding is not None
        assert person.view.finding.outcome == "absent"


async def test_a_booth_that_gets_too_hot_says_so_once_and_goes_on(premises: Premises) -> None:
    hand = premises.rig.hand("pico")
    hand.do("temperature", celsius=63.0)
    try:
        async with premises.opened() as floor:
            while not bodies(floor, e.DeviceFailed):
                await floor.do(c.TestDevice(e.Device.PERIPHERALS))  # reads it now, not in a minute
            assert bodies(floor, e.DeviceFailed) == [
                e.DeviceFailed(e.Device.PERIPHERALS, e.FaultCode.OVERHEATED)
            ]
            assert floor.device("peripherals").health == "ready"
            assert floor.view.notices
    finally:
        hand.do("temperature", celsius=25.0)
