"""A running station obeys the region: once, in order, over restarts, with a full disk, killed."""

from __future__ import annotations

import random
import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import pairwise
from pathlib import Path

import pytest

from controller import commands as c
from controller.config import Config
from controller.state import Target
from controller.station.queueing import INTAKE_PAUSED
from controller.station.region import PAUSED, RESUMED
from controller.station.station import Station
from controller.wording import rendered
from edge import standing
from edge.journal import events as e
from edge.journal.store import read_events
from edge.journal.verify import verify
from edge.refused import Peer
from edge.report import orders as o
from ground.error import NotAllowed
from ground.text import LANGUAGES
from tests.hil.floor import Floor
from tests.hil.premises import OWN_PORT, Keyring, configuration_text
from tests.system.region.kills import answers, killed_after
from tests.unit.region.orders_given import Sender, mailbox
from tram.station import devices_of

DONE = e.CommandOutcome.DONE
SERIES = 200
"""Commands that wait for a station that is killed; it takes them a second."""
MOST_A_LIFE = 100


@asynccontextmanager
async def running(config: Config, keyring: Keyring | None = None) -> AsyncIterator[Floor]:
    """A station on ``config``; with a ``keyring`` an operator is signed in."""
    station = Station(config, devices_of(config))
    await station.start()
    try:
        floor = Floor(station, lambda twin: pytest.fail(f"no {twin} here"))
        if keyring is not None:
            await floor.admit(keyring.keys)
        yield floor
    finally:
        await station.stop()


async def answered(floor: Floor, *ids: str) -> list[e.CommandOutcome]:
    """Outcomes of the commands ``ids``, once all of them are journaled."""
    known = floor.station.core.state.answers
    await floor.until(lambda: all(id in known for id in ids), f"answers to {ids}")
    return [known[id].outcome for id in ids]


async def test_each_command_is_run_and_answered_in_the_order_it_came(config: Config) -> None:
    with mailbox(config.paths.data) as region:
        async with running(config) as floor:
            region.send(o.PauseIntake())
            region.send(o.SetTarget(200, 390, 1440))
            region.send(o.ResumeIntake())
            region.send(o.ReportNow())
            last = region.send(o.SendLogs())
            await answered(floor, last)
            assert answers(floor.events()) == [(sent.id, DONE) for sent in region.sent]
            told = [event.body for event in floor.events()][1:]
    assert told == [
        e.IntakeChanged(False),
        e.CommandRun(region.sent[0].id, DONE),
        e.TargetSet(200, 390, 1440),
        e.CommandRun(region.sent[1].id, DONE),
        e.IntakeChanged(True),
        e.CommandRun(region.sent[2].id, DONE),
        e.CommandRun(region.sent[3].id, DONE),
        e.CommandRun(region.sent[4].id, DONE),
    ]


async def test_how_the_uplink_stands_with_the_region_is_shown_to_everybody(config: Config) -> None:
    """Also to who has not signed in: a technician comes when nobody can."""
    path = config.paths.data / "edge.db"
    peer = Peer("broker.example", 8883, "uplink")
    with mailbox(config.paths.data):
        async with running(config) as floor:
            assert floor.station.view(None).region.connected is None
            with closing(sqlite3.connect(path, isolation_level=None)) as db:
                standing.write(db, standing.Standing.of(peer.not_let_in("Not authorized")))
                await floor.until(lambda: floor.station.view(None).region.standing, "the reason")
                told = floor.station.view(None).region
                assert told.connected is False
                for language in LANGUAGES:
                    said = " ".join(rendered(language, message) for message in told.standing)
                    assert "broker.example" in said
                    assert "Not authorized" in said
                    assert "uplink" in said
                words = {"host": "broker.example"}
                standing.write(db, standing.Standing(True, standing.CONNECTED, params=words))
                await floor.until(lambda: floor.station.view(None).region.connected, "connected")
                db.execute("UPDATE standing SET body = ?", (b"\xff{",))
                await floor.until(lambda: standing.read(path) is None, "what cannot be read")
                assert floor.station.view(None).region.connected, "the last that could be read"


async def test_a_station_that_starts_again_runs_nothing_twice(config: Config) -> None:
    with mailbox(config.paths.data) as region:
        pause = region.send(o.PauseIntake())
        async with running(config) as floor:
            assert await answered(floor, pause) == [DONE]
        resume = region.send(o.ResumeIntake())
        async with running(config) as floor:
            assert await answered(floor, resume) == [DONE]
            assert floor.station.core.state.intake_open, "the old pause was not run again"
            assert answers(floor.events()) == [(pause, DONE), (resume, DONE)]


async def test_commands_wait_while_the_station_is_down_and_the_late_ones_expire(
    config: Config,
) -> None:
    with mailbox(config.paths.data) as region:
        late = region.send(o.PauseIntake(), valid_s=-1)
        forbidden = region.send(o.PauseIntake(), role=o.Role.OPERATOR)
        good = region.send(o.SetTarget(90, 420, 1020))
    async with running(config) as floor:  # the uplink is down now, too
        assert await answered(floor, late, forbidden, good) == [
            e.CommandOutcome.EXPIRED,
            e.CommandOutcome.NOT_ALLOWED,
            DONE,
        ]
        assert floor.station.core.state.intake_open
        assert floor.station.core.state.target == Target(90, 420, 1020)


async def test_another_edge_db_in_the_place_of_a_lost_one_is_read_from_its_beginning(
    config: Config,
) -> None:
    data = config.paths.data
    async with running(config) as floor:
        with mailbox(data) as region:
            first = region.send(o.PauseIntake())
            await answered(floor, first)
        for lost in data.glob("edge.db*"):
            lost.unlink()
        with mailbox(data) as region:
            region.send(o.PauseIntake())  # sent again with its old id
            second = region.send(o.ResumeIntake())
            await answered(floor, second)
        assert answers(floor.events()) == [(first, DONE), (second, DONE)]


async def test_while_the_intake_is_paused_no_number_is_given_and_people_with_one_are_served(
    config: Config, keyring: Keyring
) -> None:
    with mailbox(config.paths.data) as region:
        async with running(config, keyring) as floor:
            ticket: c.TicketRef = await floor.do(c.IssueTicket())
            await floor.do(c.HandOverTicket(ticket.day, ticket.ticket))
            await answered(floor, region.send(o.PauseIntake()))

            for kind in (e.TicketKind.WALK_IN, e.TicketKind.PRIORITY):
                with pytest.raises(NotAllowed) as refused:
                    await floor.do(c.IssueTicket(kind))
                assert refused.value.advice == INTAKE_PAUSED
            assert not floor.view.region.intake_open
            assert not floor.station.board().intake_open
            assert PAUSED in [notice.text for notice in floor.view.notices]

            called: c.TicketRef = await floor.do(c.CallNext(1))
            assert called == ticket
            await floor.do(c.OpenDossier(1, called.day, called.ticket))

        async with running(config, keyring) as floor:
            assert not floor.station.board().intake_open, "a restart opens no intake"
            with pytest.raises(NotAllowed):
                await floor.do(c.IssueTicket())
            await answered(floor, region.send(o.ResumeIntake()))
            assert RESUMED in [notice.text for notice in floor.view.notices]
            assert (await floor.do(c.IssueTicket())).ticket == 2


async def test_target_and_hours_stand_on_shift_page_board_and_desk(
    config: Config, keyring: Keyring
) -> None:
    with mailbox(config.paths.data) as region:
        async with running(config, keyring) as floor:
            assert floor.station.shift().target is None
            assert floor.station.board().hours is None
            await answered(floor, region.send(o.SetTarget(200, 390, 1440)))
            target = floor.station.shift().target
            assert target is not None
            assert (target.per_day, target.opens, target.closes) == (200, 390, 1440)
            assert floor.station.board().hours == (390, 1440)
            assert floor.view.region.target == target
            assert floor.station.shift(20200101).target is None, "it is today's"


async def test_the_technician_sees_the_latest_commands_and_strangers_do_not(
    config: Config, keyring: Keyring
) -> None:
    with mailbox(config.paths.data) as region:
        region.send(o.PauseIntake(), valid_s=-1)
        region.send(o.Locate(1))
        async with running(config, keyring) as floor:
            await answered(floor, *(sent.id for sent in region.sent))
            shown = [(told.order, told.outcome) for told in floor.view.region.commands]
            assert shown == [("locate", "failed"), ("pause_intake", "expired")]
            assert floor.station.view(None).region.commands == ()


async def test_a_booth_without_lights_says_that_it_could_not_show_itself(config: Config) -> None:
    with mailbox(config.paths.data) as region:
        async with running(config) as floor:
            located = await answered(floor, region.send(o.Locate(5)))
            assert located == [e.CommandOutcome.FAILED]


async def test_a_command_waits_for_a_disk_that_is_full(config: Config) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with mailbox(config.paths.data) as region:
        async with running(config) as floor:
            first = region.send(o.SetTarget(10, 0, 1440))
            await answered(floor, first)
            notices = floor.station.core.notices
            pause = region.send(o.PauseIntake())
            told = len(notices)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))  # the kernel refuses every write
            try:
                await floor.until(lambda: len(notices) > told, "the operator is told")
                assert floor.station.core.state.intake_open, "nothing has happened"
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            assert await answered(floor, pause) == [DONE]
            assert not floor.station.core.state.intake_open


def test_killed_again_and_again_the_station_runs_every_command_once_and_in_order(
    keyring: Keyring, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    keyring.furnish(data, [])
    config = tmp_path / "station.toml"
    config.write_text(configuration_text(data, {}, 1.0, OWN_PORT))
    journal = data / "journal.db"
    program = ["-m", "tests.system.region.life", str(config)]
    dice = random.Random(2026)
    with mailbox(data) as region:
        for number in range(SERIES):
            region.send(one_of_many(number))
        done = [0]
        while done[-1] < SERIES:
            least = min(done[-1] + dice.randrange(1, MOST_A_LIFE), SERIES)
            done.append(killed_after(program, journal, least))
    assert len(done) > 3, "it was killed in the midst of them"
    events = list(read_events(journal))
    assert answers(events) == [(sent.id, DONE) for sent in region.sent]
    assert verify(journal).bad_row is None
    check_effects(events, region)


def one_of_many(number: int) -> o.AnyOrder:
    orders: tuple[o.AnyOrder, ...] = (
        o.PauseIntake(),
        o.SetTarget(number, 0, 1440),
        o.ResumeIntake(),
        o.ReportNow(),
    )
    return orders[number % len(orders)]


def check_effects(events: list[e.Event], region: Sender) -> None:
    """Each command's effect stands once, right before its answer: no kill came in between."""
    for effect, following in pairwise(events):
        if isinstance(effect.body, e.IntakeChanged | e.TargetSet):
            assert isinstance(following.body, e.CommandRun)
    bodies = [event.body for event in events if not isinstance(event.body, e.StationStarted)]
    expected: list[e.Body] = []
    for sent in region.sent:
        match sent.order:
            case o.PauseIntake():
                expected.append(e.IntakeChanged(False))
            case o.ResumeIntake():
                expected.append(e.IntakeChanged(True))
            case o.SetTarget(per_day, opens, closes):
                expected.append(e.TargetSet(per_day, opens, closes))
        expected.append(e.CommandRun(sent.id, DONE))
    assert bodies == expected
