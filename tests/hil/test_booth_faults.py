"""The booth's devices fail, and the line goes on; nothing is lost, nothing done twice."""

from __future__ import annotations

import asyncio

import pytest

from controller import commands as c
from controller.dossier.state import Outcome
from controller.station.storage import PAUSED
from controller.vault.keys import WrongPassphrase
from edge.journal import events as e
from edge.journal.error import REFUSED
from ground.error import NotAllowed
from tests.hil.floor import Floor
from tests.hil.premises import HANH, OPERATOR, PASSPHRASE, TOAN, Premises
from tests.unit.station.small_disk import limited

pytestmark = [
    pytest.mark.needs(
        "pico",
        "fingerprint",
        "scanner",
        "camera",
        "printer",
        "buttons",
        "lid",
        "paper",
        "cover",
        "hands",
        "faults",
    ),
]


async def faulty(floor: Floor, device: str) -> None:
    await floor.until(lambda: floor.device(device).health == "failed", f"{device} failed")


async def well(floor: Floor, device: str) -> None:
    await floor.until(lambda: floor.device(device).health == "ready", f"{device} ready")


async def mid_slip(floor: Floor) -> None:
    """Return while a paper is coming out of the printer."""
    await floor.hand("printer", "wait", uncut_rows=40)


# ---- printer and Pico ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "mended", "fault"),
    [
        (("paper", "out"), ("paper", "in"), "paper_out"),
        (("cover", "open"), ("cover", "closed"), "cover_open"),
    ],
)
async def test_a_slip_stopped_half_way_goes_on_and_comes_out_once(
    premises: Premises, broken: tuple[str, str], mended: tuple[str, str], fault: str
) -> None:
    async with premises.opened() as floor:
        ticket = await floor.do(c.IssueTicket())
        await mid_slip(floor)
        await floor.hand("printer", broken[0], state=broken[1])
        await faulty(floor, "printer")
        printer = floor.device("printer")
        assert printer.fault == fault
        assert printer.advice, "the operator is told what to do"
        assert floor.view.jobs[0].problem == printer.advice
        assert floor.count(e.TicketIssued) == 0, "a ticket that has not printed does not count"
        await floor.hand("printer", mended[0], state=mended[1])
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketIssued) == 1
    assert premises.slips() == [f"{premises.code}/{ticket.day}/{ticket.ticket}"]


async def test_a_pico_reset_in_mid_print_neither_loses_nor_doubles_the_slip(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        ticket = await floor.do(c.IssueTicket())
        await mid_slip(floor)
        await floor.hand("pico", "reset")
        await floor.until(lambda: floor.view.waiting, "the ticket")
        restarted = e.DeviceFailed(e.Device.PERIPHERALS, e.FaultCode.RESTARTED)
        failed = [event.body for event in floor.events() if isinstance(event.body, e.DeviceFailed)]
        assert failed, "a reset is a fault, not a detail"
        assert restarted in failed or failed[0].device is e.Device.PERIPHERALS
        await well(floor, "peripherals")
    assert premises.slips() == [f"{premises.code}/{ticket.day}/{ticket.ticket}"]


async def test_with_a_dead_printer_the_number_is_handed_over_and_counts_once(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        await floor.hand("printer", "paper", state="out")
        await faulty(floor, "printer")
        ticket = await floor.do(c.IssueTicket())
        await floor.do(c.HandOverTicket(ticket.day, ticket.ticket))
        assert [t.number for t in floor.view.waiting] == [ticket.ticket]
        assert not floor.view.jobs
        with pytest.raises(NotAllowed):
            await floor.do(c.HandOverTicket(ticket.day, ticket.ticket))
        await floor.hand("printer", "paper", state="in")
        await well(floor, "printer")
        second = await floor.do(c.IssueTicket())
        await floor.until(lambda: len(floor.view.waiting) == 2, "the second ticket")
        assert floor.count(e.TicketIssued) == 2
    assert f"{premises.code}/{ticket.day}/{ticket.ticket}" not in premises.slips()
    assert f"{premises.code}/{second.day}/{second.ticket}" in premises.slips()


async def test_papers_of_a_sealed_dossier_wait_for_the_printer(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.captured()
        await floor.hand("printer", "paper", state="out")
        await faulty(floor, "printer")
        await floor.do(c.Confirm(person.id))
        await floor.until(lambda: person.view.stage == "sealed", "the packet")
        assert (premises.data / "outbox" / f"{person.id}.tram").exists()
        await floor.hand("printer", "paper", state="in")
        assert (await person.gone()).outcome is Outcome.SEALED
    assert premises.slips().count(person.id) == 1


async def test_a_press_while_the_pico_is_unplugged_is_not_lost(premises: Premises) -> None:
    async with premises.opened() as floor:
        await floor.hand("pico", "fault", kind="disconnect")
        await faulty(floor, "peripherals")
        await floor.hand("pico", "press", button="ticket")
        await floor.hand("pico", "heal")
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketNumbered) == 1


async def test_a_press_on_a_full_disk_is_numbered_once_when_there_is_room_again(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        with limited(premises.data) as disk:
            disk.fill(left=0)
            await floor.hand("pico", "press", button="ticket")
            await floor.until(lambda: floor.view.notices, "what happened")
            assert [notice.text for notice in floor.view.notices] == [REFUSED, PAUSED]
            assert floor.count(e.TicketNumbered) == 0
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketNumbered) == 1


async def test_the_lid_is_journaled_once_over_a_restart(premises: Premises) -> None:
    async with premises.opened() as floor:
        await floor.hand("pico", "lid", open=True)
        await floor.until(lambda: floor.count(e.LidChanged) == 1, "the opened lid")
    await asyncio.to_thread(premises.rig.hand("pico").do, "lid", open=False)  # nobody listens
    async with premises.opened() as floor:
        await floor.until(lambda: floor.count(e.LidChanged) == 2, "the lid closed meanwhile")
        await floor.do(c.IssueTicket())
        await floor.until(lambda: floor.view.waiting, "the Pico's events are all in")
        changes = [x.body.opened for x in floor.events() if isinstance(x.body, e.LidChanged)]
        assert changes == [True, False]


# ---- sensor, camera, scanner -----------------------------------------------------------------


async def test_a_sensor_unplugged_in_mid_capture_resumes_at_the_same_finger(
    premises: Premises,
) -> None:
    async with premises.opened(policy="") as floor:
        person, other = await floor.check_in(HANH), await floor.check_in(TOAN, desk=2)
        await person.show_card()
        for _ in range(3):
            await person.put()
        await floor.hand("fingerprint", "fault", kind="disconnect")
        await faulty(floor, "fingerprint")
        await floor.until(lambda: person.view.place != "fingerprint", "the glass is given up")
        await other.show_card()
        await floor.until(lambda: "camera" in (person.view.place, other.view.place), "a sitter")
        await (person if person.view.place == "camera" else other).sit()
        await floor.hand("fingerprint", "heal")
        await floor.until(lambda: person.view.place == "fingerprint", "the glass again")
        assert person.view.next_position == "right_little", "the fourth finger is next"
        await person.put()
        taken = [x.body.position for x in floor.events() if isinstance(x.body, e.FingerCaptured)]
        assert taken == list(floor.station.core.policy.capture.finger_order[:4])


async def test_a_hung_camera_is_replaced_and_the_person_photographed(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await person.give_fingers()
        await person.at("camera")
        await floor.hand("camera", "fault", kind="hang")
        await faulty(floor, "camera")
        await well(floor, "camera")
        await person.sit()
        assert person.view.place == "review"


async def test_without_a_card_scanner_the_number_is_typed(premises: Premises) -> None:
    async with premises.opened() as floor:
        await floor.hand("scanner", "fault", kind="disconnect")
        await faulty(floor, "scanner")
        person = await floor.check_in(HANH)
        await floor.do(c.EnterPerson(person.id, number=HANH["number"]))
        assert person.view.stage == "identified"


# ---- operator --------------------------------------------------------------------------------


async def test_wrong_passphrases_lock_out_and_a_restart_does_not_help(premises: Premises) -> None:
    async with premises.opened(locked=True) as floor:
        for _ in range(4):
            with pytest.raises(WrongPassphrase):
                await floor.do(c.Unlock(OPERATOR, "sai"))
        assert floor.station.locked_out_s(OPERATOR, "") > 0
        assert floor.station.locked_out_s("OP2", "") == 0
        assert floor.station.locked_out_s(OPERATOR, "192.168.4.9") == 0
        with pytest.raises(NotAllowed):
            await floor.do(c.Unlock(OPERATOR, PASSPHRASE))
        assert floor.count(e.UnlockFailed) == 4
    async with premises.opened(locked=True) as floor:
        with pytest.raises(NotAllowed):
            await floor.do(c.Unlock(OPERATOR, PASSPHRASE))


async def test_a_dossier_goes_on_after_lock_and_unlock(premises: Premises) -> None:
    async with premises.opened() as floor:
        person = await floor.check_in(HANH)
        await person.show_card()
        await person.put()
        await floor.do(c.Lock())
        assert floor.view.dossiers == (), "a locked station shows nobody"
        assert all(device.held_by is None for device in floor.view.devices)
        session = await floor.do(c.Unlock(OPERATOR, PASSPHRASE))
        floor.token = session.token
        assert person.view.person
        assert person.view.person.name == HANH["name"]
        await person.give_fingers()
        await person.sit()
        await floor.do(c.Confirm(person.id))
        assert (await person.gone()).outcome is Outcome.SEALED


async def test_an_idle_station_locks_itself(premises: Premises) -> None:
    async with premises.opened("[console]\nidle_lock_s = 1.0\n") as floor:
        await floor.until(lambda: floor.view.locked, "the lock")
        locked = [x.body for x in floor.events() if isinstance(x.body, e.OperatorLocked)]
        assert locked == [e.OperatorLocked(e.LockReason.IDLE)]
