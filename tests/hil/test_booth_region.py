"""The region's commands at a real booth: what lights up, sounds, prints and is journaled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from controller import commands as c
from controller.devices.peripherals import firmware_hash
from controller.dossier.state import Outcome
from controller.station.station import Station
from edge.journal import events as e
from edge.journal.store import read_events
from edge.report import orders as o
from ground.clock import SystemClock
from ground.error import NotAllowed
from tests.hil.floor import Floor
from tests.hil.premises import HANH, OWN_PORT, TWO_FINGERS, Premises, configuration_text
from tests.patience import CEILING_S
from tests.system.region.kills import answers, killed_after
from tests.unit.region.orders_given import Sender, mailbox
from tram.station import devices_of

pytestmark = [
    pytest.mark.needs("pico", "fingerprint", "scanner", "camera", "printer", "buttons", "hands"),
]

TOWER = ("red", "amber", "green", "blue")
Lights = dict[str, Any]


async def until_lights(floor: Floor, true: Callable[[Lights], bool], what: str) -> None:
    """Wait until tower, ring and buzzer are seen and heard like this."""
    deadline = time.monotonic() + CEILING_S
    while not true(lights := await floor.hand("pico", "lights")):
        assert time.monotonic() < deadline, f"waited in vain for: {what}; last seen: {lights}"
        await floor.station.changed(floor.station.core.version, 0.02)


def only(lights: Lights, colour: str) -> bool:
    """This lamp of the tower, and no other."""
    return [lamp for lamp in TOWER if lights[lamp]] == [colour]


def sounding(lights: Lights) -> bool:
    return bool(lights.get("buzzer_hz"))


def all_lit(lights: Lights) -> bool:
    return all(lights[lamp] for lamp in TOWER) and all(map(any, lights["ring"]))


def all_dark(lights: Lights) -> bool:
    return not any(lights[lamp] for lamp in TOWER) and not any(map(any, lights["ring"]))


async def answered(floor: Floor, id: str) -> e.CommandOutcome:
    answers = floor.station.core.state.answers
    await floor.until(lambda: id in answers, f"the answer to {id}")
    return answers[id].outcome


@asynccontextmanager
async def with_region(premises: Premises, **how: Any) -> AsyncIterator[tuple[Floor, Sender]]:
    """A running station and the region."""
    async with premises.opened(**how) as floor:
        with mailbox(premises.data) as region:
            yield floor, region


# ---- locate --------------------------------------------------------------------------------


async def test_a_booth_that_is_looked_for_blinks_with_all_it_has_and_calls(
    premises: Premises,
) -> None:
    async with with_region(premises) as (floor, region):
        await until_lights(floor, lambda seen: only(seen, "green"), "ready")
        assert await answered(floor, region.send(o.Locate(3))) is e.CommandOutcome.DONE
        await until_lights(floor, sounding, "the buzzer")
        await until_lights(floor, all_lit, "every light")
        await until_lights(floor, all_dark, "all of them dark: they blink")
        await until_lights(floor, all_lit, "every light once more")
        await until_lights(floor, lambda seen: only(seen, "green"), "ready again by itself")


async def test_a_locked_booth_can_be_looked_for_too(premises: Premises) -> None:
    async with with_region(premises, locked=True) as (floor, region):
        await until_lights(floor, lambda seen: only(seen, "red"), "out of service")
        assert await answered(floor, region.send(o.Locate(1))) is e.CommandOutcome.DONE
        await until_lights(floor, all_lit, "every light")
        await until_lights(floor, lambda seen: only(seen, "red"), "out of service again")


async def test_a_booth_whose_box_is_unplugged_says_that_it_could_not(premises: Premises) -> None:
    async with with_region(premises) as (floor, region):
        await floor.hand("pico", "fault", kind="disconnect")
        await floor.until(lambda: floor.device("peripherals").health == "failed", "unplugged")
        assert await answered(floor, region.send(o.Locate(3))) is e.CommandOutcome.FAILED


# ---- intake --------------------------------------------------------------------------------


async def test_the_ticket_button_of_a_paused_booth_gives_red_light_and_no_ticket(
    premises: Premises,
) -> None:
    async with with_region(premises) as (floor, region):
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.view.waiting, "the ticket of somebody who came before")
        await answered(floor, region.send(o.PauseIntake()))
        await until_lights(floor, lambda seen: only(seen, "green"), "people are served still")

        await floor.hand("pico", "press", button="ticket")
        await until_lights(floor, lambda seen: only(seen, "red"), "the red light")
        await until_lights(floor, sounding, "the low beep")
        await until_lights(floor, lambda seen: only(seen, "green"), "green again by itself")
        assert floor.count(e.TicketNumbered) == 1
        with pytest.raises(NotAllowed):
            await floor.do(c.IssueTicket())

        ticket: c.TicketRef = await floor.do(c.CallNext(1))
        opened = await floor.do(c.OpenDossier(1, ticket.day, ticket.ticket))
        person = floor.person(opened.dossier, HANH)
        await person.captured()
        await person.press()
        await until_lights(
            floor, lambda seen: only(seen, "green") and all(map(any, seen["ring"])), "done: green"
        )
        assert (await person.gone()).outcome is Outcome.SEALED
        await until_lights(floor, lambda seen: only(seen, "red"), "nobody is left: closed")

    async with with_region(premises) as (floor, _):
        assert not floor.station.board().intake_open, "a restart opens no intake"
        await until_lights(floor, lambda seen: only(seen, "red"), "closed")
        await floor.hand("pico", "press", button="ticket")
        await until_lights(floor, sounding, "the low beep")
        assert floor.count(e.TicketNumbered) == 1


async def test_after_the_pause_the_button_gives_numbers_again(premises: Premises) -> None:
    async with with_region(premises) as (floor, region):
        await answered(floor, region.send(o.PauseIntake()))
        await until_lights(floor, lambda seen: only(seen, "red"), "closed")
        await floor.hand("pico", "press", button="ticket")
        await until_lights(floor, sounding, "the low beep")
        await answered(floor, region.send(o.ResumeIntake()))
        await until_lights(floor, lambda seen: only(seen, "green"), "ready")
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketNumbered) == 1, "the press in the pause was not kept"


# ---- what the Pico tells -------------------------------------------------------------------


class FastClock(SystemClock):
    """The machine's clock, minutes of which can go by at once."""

    ahead_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms

    def mono_ms(self) -> int:
        return super().mono_ms() + self.ahead_ms


def measured(floor: Floor) -> list[e.Measured]:
    return [event.body for event in floor.events() if isinstance(event.body, e.Measured)]


async def test_climate_and_firmware_of_the_box_are_journaled_where_they_are_news(
    premises: Premises,
) -> None:
    premises.keyring.furnish(premises.data, premises.people)
    config, clock = premises.configuration(TWO_FINGERS), FastClock()
    station = Station(config, devices_of(config), clock)
    await station.start()
    try:
        floor = Floor(station, premises.rig.hand)
        await floor.until(station.devices_ready, "all devices ready")
        await floor.admit(premises.keyring.keys)
        await floor.until(lambda: measured(floor), "the first reading")
        first = measured(floor)[0]
        assert 100 <= first.temperature_dc <= 500, "the box as the tests before left it, smoothed"
        assert 11_900 <= first.supply_mv <= 12_300
        seen = [event.body for event in floor.events() if isinstance(event.body, e.FirmwareSeen)]
        assert seen == [e.FirmwareSeen(firmware_hash()[:8])]

        await floor.hand("pico", "temperature", celsius=44.0)
        await read_until(floor, "44.", "43.")
        assert measured(floor) == [first], "a minute has not gone by"
        clock.ahead_ms += 60_000
        await read_until(floor, "44.", "43.")
        assert [round(m.temperature_dc, -1) for m in measured(floor)[1:]] == [440]
        clock.ahead_ms += 60_000
        await floor.hand("pico", "temperature", celsius=45.0)
        await read_until(floor, "45.0", "44.9")
        assert len(measured(floor)) == 2, "within the dead band"
    finally:
        await floor.hand("pico", "temperature", celsius=27.0)
        await station.stop()


async def read_until(floor: Floor, *shown: str) -> None:
    """Let the technician read the sensors until they show this: the Pico averages for a second."""
    deadline = time.monotonic() + CEILING_S
    while True:
        test: c.TestResult = await floor.do(c.TestDevice(e.Device.PERIPHERALS))
        if any(f", {part}" in test.detail for part in shown):
            return
        assert time.monotonic() < deadline, f"waited in vain for {shown}: {test.detail}"
        await asyncio.sleep(0.1)


async def test_a_pico_that_starts_again_with_the_same_firmware_is_no_news(
    premises: Premises,
) -> None:
    async with premises.opened() as floor:
        await floor.hand("pico", "reset")
        await floor.until(lambda: floor.count(e.DeviceRecovered), "back again")
        assert floor.count(e.FirmwareSeen) == 1


# ---- killed --------------------------------------------------------------------------------


def test_killed_while_it_obeys_the_station_answers_each_command_once(premises: Premises) -> None:
    premises.keyring.furnish(premises.data, [])
    rig = premises.rig
    ports = {device: rig.port(device) for device in ("pico", "fingerprint", "scanner")}
    config = premises.data / "station.toml"
    config.write_text(
        configuration_text(
            premises.data, ports, rig.rig.speed, TWO_FINGERS + OWN_PORT, premises.code
        )
    )
    program = ["-m", "tram", "station", "--config", str(config)]
    journal = premises.data / "journal.db"
    with mailbox(premises.data) as region:
        for _ in range(20):
            region.send(o.PauseIntake())
            region.send(o.Locate(1))
            region.send(o.ResumeIntake())
        region.send(o.PauseIntake())
        everything = len(region.sent)
        for count in (1, everything // 2, everything):
            killed_after(program, journal, count)
    assert [id for id, _ in answers(read_events(journal))] == [m.id for m in region.sent]
    changes = [b.open for b in bodies(journal) if isinstance(b, e.IntakeChanged)]
    assert changes == [False, True] * 20 + [False]

    rig.hand("pico").do("press", button="ticket")
    killed_after(program, journal, everything, until=lambda: sounding(seen_at(premises)))
    assert not any(isinstance(b, e.TicketNumbered) for b in bodies(journal)), "paused still"


def bodies(journal: Path) -> list[e.Body]:
    return [event.body for event in read_events(journal)]


def seen_at(premises: Premises) -> Lights:
    return premises.rig.hand("pico").do("lights")
