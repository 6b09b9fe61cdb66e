"""A command all the way: given at the region's address, run at a booth, answered in the table.

``tram monitor`` → mosquitto → ``tram edge`` → the mailbox → a station → its twins, and the answer
back by journal, uplink and store. Nothing between the two ends is made for the test.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from controller.views import TargetView
from edge import mailbox
from edge.journal import events as e
from edge.report import orders as o
from hw.twins import broker as mosquitto
from monitor.config import command_key
from monitor.store.database import writing
from monitor.store.schema import audit, command, station
from tests import monitor_program
from tests.hil.floor import Floor
from tests.hil.premises import TWO_FINGERS, Premises, configuration_text
from tests.hil.test_booth_region import all_lit, only, sounding, until_lights
from tests.monitor_program import Monitor
from tests.patience import CEILING_S
from tram.certificates.authority import for_broker

pytestmark = [
    pytest.mark.needs("pico", "fingerprint", "scanner", "camera", "printer", "buttons", "hands"),
]
ORDERS = ("locate", "report_now", "send_logs", "pause_intake", "resume_intake", "set_target")
ONLY_ADMINISTRATORS = ("pause_intake", "resume_intake", "set_target")


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitor]:
    folder = tmp_path_factory.mktemp("region")
    with (
        mosquitto.running(folder / "broker", tls=for_broker(folder / "tls")) as broker,
        monitor_program.running(folder / "monitor", broker) as monitor,
    ):
        monitor.account("nam", o.Role.ADMINISTRATOR, "vn/quang-tri")
        yield monitor


class Region:
    """What the region sees of one booth, and does to it."""

    def __init__(self, monitor: Monitor, code: str) -> None:
        self.monitor, self.code = monitor, code

    def online(self) -> bool:
        with self.monitor.engine.connect() as connection:
            query = select(station.c.online).where(station.c.station == self.code)
            return bool(connection.scalar(query))

    async def order(self, order: str, who: str = "administrator", **more: int) -> str:
        """Given over the API as a page gives it; its id."""
        return await asyncio.to_thread(self.monitor.order, self.code, order, who, **more)

    async def done(self, order: str, **more: int) -> None:
        """Given, and answered with "done"."""
        given = await self.order(order, "administrator", **more)
        assert await self.answered(given) == "done", order

    async def answered(self, given: str) -> str:
        await until(lambda: self.row(given).outcome is not None, f"the answer to {given}")
        row = self.row(given)
        assert row.sent_at is not None
        assert row.answered_at >= row.sent_at
        return str(row.outcome)

    def row(self, given: str) -> Any:
        with self.monitor.engine.connect() as connection:
            return connection.execute(select(command).where(command.c.id == given)).one()

    def commands(self) -> int:
        with self.monitor.engine.connect() as connection:
            query = select(func.count()).where(command.c.station == self.code)
            return connection.scalar(query) or 0

    def file(
        self,
        order: o.AnyOrder,
        *,
        key: Ed25519PrivateKey | None = None,
        station: str = "",
        lasts_s: float = 60.0,
    ) -> str:
        """Straight into the table, by whoever has the database; its id. ``key``: not the
        region's; ``station``: in what is signed, not the one it is sent to."""
        now = time.time_ns() // 1_000_000
        expires = now + int(lasts_s * 1000)
        role = o.Role.ADMINISTRATOR
        made = o.Command(secrets.token_hex(8), station or self.code, role, now, expires, order)
        wire = o.sign(made, key or command_key(self.monitor.key_file))
        with writing(self.monitor.engine) as connection:
            connection.execute(
                command.insert().values(
                    id=made.id,
                    station=self.code,
                    order=msgspec.json.encode(order).decode(),
                    wire=wire,
                    by="thief",
                    role=role,
                    issued_at=now,
                    expires_at=expires,
                )
            )
        return made.id


async def until(true: Callable[[], object], what: str) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + CEILING_S
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def reporting(premises: Premises, monitor: Monitor) -> AsyncIterator[Region]:
    """A booth's ``tram edge`` of which the region knows, ended in order."""
    rig, data = premises.rig, premises.data
    ports = {device: rig.port(device) for device in ("pico", "fingerprint", "scanner")}
    ports["camera"] = rig.camera()
    config, log = data / "station.toml", data / "edge.log"
    config.write_text(
        configuration_text(data, ports, rig.rig.speed, TWO_FINGERS, premises.code) + monitor.uplink
    )
    program = ("-m", "tram", "edge", "--config", str(config))
    with log.open("ab") as file:
        edge = await asyncio.create_subprocess_exec(sys.executable, *program, stderr=file)
    region = Region(monitor, premises.code)
    try:
        await until(region.online, "the booth online")
        yield region
    finally:
        edge.terminate()
        code = await asyncio.wait_for(edge.wait(), CEILING_S)
    assert code == 0, log.read_text()
    assert "Traceback" not in log.read_text()


@asynccontextmanager
async def joined(premises: Premises, monitor: Monitor) -> AsyncIterator[tuple[Floor, Region]]:
    """A booth at work that reports to its region."""
    async with premises.opened() as floor, reporting(premises, monitor) as region:
        yield floor, region


def run_here(floor: Floor) -> list[tuple[str, str]]:
    """(command, outcome) as the journal has them."""
    return [
        (event.body.command, event.body.outcome.value)
        for event in floor.events()
        if isinstance(event.body, e.CommandRun)
    ]


# ---- done ----------------------------------------------------------------------------------


async def test_locate_lights_everything_the_booth_has(premises: Premises, monitor: Monitor) -> None:
    async with joined(premises, monitor) as (floor, region):
        await until_lights(floor, lambda seen: only(seen, "green"), "ready")
        given = await region.order("locate", "operator", seconds=8)
        await until_lights(floor, all_lit, "every light")
        await until_lights(floor, sounding, "the buzzer")
        assert await region.answered(given) == "done"
        assert run_here(floor) == [(given, "done")]


async def test_pause_refuses_the_ticket_button_and_resume_takes_it_back(
    premises: Premises, monitor: Monitor
) -> None:
    async with joined(premises, monitor) as (floor, region):
        await region.done("pause_intake")
        await until_lights(floor, lambda seen: only(seen, "red"), "closed")
        await floor.hand("pico", "press", button="ticket")
        await until_lights(floor, sounding, "the low beep")
        assert floor.count(e.TicketNumbered) == 0

        await region.done("resume_intake")
        await until_lights(floor, lambda seen: only(seen, "green"), "open")
        await floor.hand("pico", "press", button="ticket")
        await floor.until(lambda: floor.view.waiting, "the ticket")
        assert floor.count(e.TicketNumbered) == 1


async def test_the_target_shows_at_the_station_and_the_rest_is_answered(
    premises: Premises, monitor: Monitor
) -> None:
    async with joined(premises, monitor) as (floor, region):
        await region.done("set_target", per_day=230, opens=450, closes=1_050)
        assert floor.view.region.target == TargetView(230, 450, 1_050)
        await region.done("report_now")
        await region.done("send_logs", lines=20)
        assert [outcome for _, outcome in run_here(floor)] == ["done"] * 3


# ---- not done ------------------------------------------------------------------------------


async def test_a_command_that_came_in_time_and_was_read_too_late_answers_expired(
    premises: Premises, monitor: Monitor
) -> None:
    async with premises.opened():
        pass  # a journal: the booth was open once
    async with reporting(premises, monitor) as region:
        late = region.file(o.PauseIntake(), lasts_s=8.0)
        await until(lambda: ids_in(premises.data) == [late], "the command in the mailbox")
        expires = region.row(late).expires_at
        await until(lambda: time.time_ns() // 1_000_000 > expires, "its expiry")
        async with premises.opened() as floor:
            assert await region.answered(late) == "expired"
            assert floor.view.region.intake_open
            assert run_here(floor) == [(late, "expired")]


async def test_what_the_region_did_not_sign_for_this_booth_does_nothing_and_is_never_answered(
    premises: Premises, monitor: Monitor
) -> None:
    async with joined(premises, monitor) as (floor, region):
        forged = region.file(o.PauseIntake(), key=Ed25519PrivateKey.generate())
        elsewhere = region.file(o.PauseIntake(), station="TH9999")
        wrong = (forged, elsewhere)
        await until(lambda: all(region.row(id).sent_at for id in wrong), "both sent")
        good = await region.order("report_now")
        assert await region.answered(good) == "done"
        assert ids_in(premises.data) == [good]
        assert run_here(floor) == [(good, "done")]
        assert [region.row(id).outcome for id in wrong] == [None, None]
        assert floor.view.region.intake_open


async def test_who_may_not_command_a_booth_cannot(premises: Premises, monitor: Monitor) -> None:
    async with joined(premises, monitor) as (floor, region):
        refused = [("viewer", order) for order in ORDERS]
        refused += [("operator", order) for order in ONLY_ADMINISTRATORS]
        refused += [("nam", "locate")]  # of another province
        for who, order in refused:
            with pytest.raises(HTTPError, match="403"):
                await region.order(order, who)
        with pytest.raises(HTTPError, match="401"):
            await asyncio.to_thread(
                monitor.text, f"/api/v1/booths/{region.code}/commands", None, {"order": "locate"}
            )
        assert region.commands() == 0
        good = await region.order("report_now", "operator")
        assert await region.answered(good) == "done"
        assert run_here(floor) == [(good, "done")]
        with monitor.engine.connect() as connection:
            audited = connection.execute(
                select(audit.c.who, audit.c.note).where(audit.c.target == region.code)
            ).all()
        assert audited == [("operator", f"report_now {good}")]


def ids_in(data: Path) -> list[str]:
    return [one.id for _, one in mailbox.read(data / "edge.db")]
