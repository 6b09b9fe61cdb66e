"""A stage that no product file knows runs through the line into packet, facts and screens."""

from __future__ import annotations

import asyncio
import io
import json
import socket
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import jsonschema
import msgspec
import pyrage
import pytest
import uvicorn
from fastapi import FastAPI, Request
from nicegui import ui
from starlette.middleware.sessions import SessionMiddleware

from controller import commands as c
from controller import stages
from controller.advice import device_advice
from controller.console import pages
from controller.dossier.state import Dossier, Stage
from controller.fault import DeviceFault
from controller.state import fold
from controller.station.captured import written
from controller.vault.packet import JournalLink, Manifest, Signer, packet_path
from controller.vault.report import Report
from controller.vault.schema import check_data, data_schema
from controller.vault.verify import verify
from edge.journal import events as e
from edge.journal import kinds
from edge.journal.store import read_rows
from edge.report import facts as f
from edge.report.fold import Fold, Now
from edge.report.metrics import of_node
from monitor.store.database import open_store
from monitor.store.schema import fact as held
from tests.hil.floor import Floor
from tests.hil.premises import HANH, STATION, TWO_FINGERS, Keyring
from tests.system.monitor.store_region import Region
from tests.system.stages.signature.run import LEAST_INK, SIGN_HERE
from tests.system.stages.signature.stage import FILE, PAD, SIGNATURE, SignatureTaken, signature_name
from tests.unit.monitor.host_booth import Booth
from tests.unit.station.ready_booth import Ready, ReadyScanner, booth, complete, sealed

REPO = Path(__file__).parents[3]
stages.register(SIGNATURE)

THREE = TWO_FINGERS + 'stages = ["portrait", "fingers", "signature"]\n'
INK = 63
PICTURE = b"\x89PNG of a signature"


class ReadyPad(Ready):
    """``ink`` lies on it as soon as somebody signs; ``fails``: once, before that."""

    def __init__(self) -> None:
        super().__init__(PAD)
        self.signs = asyncio.Event()
        self.ink = [INK]
        self.fails = False

    async def sign(self) -> tuple[bytes, int]:
        if self.fails:
            self.fails = False
            raise DeviceFault(PAD, e.FaultCode.BAD_DATA)
        await self.signs.wait()
        await asyncio.sleep(0)
        return PICTURE, self.ink.pop(0) if len(self.ink) > 1 else self.ink[0]


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.cut(tmp_path_factory.mktemp("keyring"))


@pytest.fixture
def pad() -> ReadyPad:
    return ReadyPad()


@pytest.fixture
async def floor(keyring: Keyring, tmp_path: Path, pad: ReadyPad) -> AsyncIterator[Floor]:
    async with booth(keyring, tmp_path, THREE, others=[pad]) as floor:
        yield floor


async def somebody(floor: Floor) -> Dossier:
    """With a ticket, identified: the line takes them on."""
    issued: c.TicketRef = await floor.do(c.IssueTicket())
    await floor.do(c.HandOverTicket(issued.day, issued.ticket))
    opened: c.DossierRef = await floor.do(c.OpenDossier(1, issued.day, issued.ticket))
    await floor.do(c.EnterPerson(opened.dossier, number=HANH["number"]))
    return floor.station.core.state.dossiers[opened.dossier]


async def at_the_pad(floor: Floor) -> Dossier:
    dossier = await somebody(floor)
    await floor.until(lambda: PAD in dossier.holding, "the pad")
    return dossier


async def closed(floor: Floor, dossier: Dossier) -> None:
    """There is no printer: the papers are given up."""
    await complete(floor, dossier)
    await sealed(floor, dossier)
    while dossier.id in floor.station.core.state.dossiers:
        for job in floor.view.jobs:
            await floor.do(c.DropPrint(job.job))
        await floor.station.changed(floor.station.core.version, 0.1)


async def test_the_line_sends_people_to_it_when_it_may_begin(floor: Floor, pad: ReadyPad) -> None:
    dossier = await at_the_pad(floor)
    assert dossier.portrait is not None, "who signs has been photographed"
    await floor.until(lambda: floor.view.dossiers[0].prompt.text == SIGN_HERE, "what to say")
    (shown,) = floor.view.dossiers
    assert shown.place == PAD.value
    assert [(s.stage, s.done) for s in shown.captures if s.stage != "fingers"] == [
        ("portrait", True),
        ("signature", False),
    ]
    pad.signs.set()
    await complete(floor, dossier)
    (shown,) = floor.view.dossiers
    assert [(s.stage, s.quality) for s in shown.captures][-1] == ("signature", INK)
    await floor.until(lambda: "confirm" in floor.view.dossiers[0].allowed, "the review")


async def test_whoever_does_not_sign_well_waits_for_another_turn(
    floor: Floor, pad: ReadyPad
) -> None:
    pad.fails, pad.ink = True, [LEAST_INK - 1, INK]
    pad.signs.set()
    dossier = await somebody(floor)
    await complete(floor, dossier)
    taken = [event for event in floor.events() if event.body == e.DeviceTaken(PAD)]
    assert len(taken) == 3
    assert floor.count(SignatureTaken) == 1


async def test_it_can_step_aside_and_be_tested_like_every_device(
    floor: Floor, pad: ReadyPad
) -> None:
    dossier = await at_the_pad(floor)
    await floor.do(c.StepAside(dossier.id))
    assert PAD not in dossier.holding
    assert (await floor.do(c.TestDevice(PAD))).passed
    assert floor.device(PAD.value).health == "ready"
    assert device_advice(PAD, e.FaultCode.HUNG) == SIGNATURE.advice_else


async def test_it_goes_into_a_packet_that_verifies(
    floor: Floor, pad: ReadyPad, keyring: Keyring
) -> None:
    pad.signs.set()
    dossier = await somebody(floor)
    await closed(floor, dossier)
    path = packet_path(floor.station.core.data, dossier.id)
    report = verify(path, [keyring.identity])
    assert report.passed, [str(problem) for problem in report.problems]
    content = pyrage.decrypt(path.read_bytes(), [keyring.identity])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read(FILE) == PICTURE
        data = msgspec.json.decode(archive.read("data.json"))
    jsonschema.Draft202012Validator(data_schema()).validate(data)
    assert data["signature"] == {"ink": INK}
    assert data["portrait"]["quality"] == 90


async def test_its_keys_in_the_packet_are_checked_as_its_type_says(
    floor: Floor, pad: ReadyPad
) -> None:
    """By a program that has the stage, and by whoever has that one's schema. One without it, as the
    product is of which the published schema is, refuses the packet and names the key."""
    pad.signs.set()
    dossier = await somebody(floor)
    await complete(floor, dossier)
    await floor.do(c.Confirm(dossier.id, e.ConfirmedBy.BUTTON))
    core, taken = floor.station.core, stages.named(("portrait", "fingers", "signature"))
    content = written(
        dossier, core.people[dossier.id], core.config.station, taken, ReadyScanner.capture_class
    )
    data = msgspec.json.decode(content)
    manifest = Manifest(1, dossier.id, STATION, "", "test", JournalLink(1, ""), Signer("", ""), {})

    def told(changed: dict[str, Any]) -> list[str]:
        report = Report()
        check_data(msgspec.json.encode(changed), manifest, report)
        whole = jsonschema.Draft202012Validator(data_schema())
        assert whole.is_valid(changed) == report.passed
        return [str(problem) for problem in report.problems]

    assert told(data) == []
    assert told(data | {"signature": {"ink": 101}}) == [
        "data.json is wrong at signature.ink: Expected `int` <= 100."
    ]
    assert told(data | {"signature": {"ink": 1, "colour": "blue"}}) == [
        "data.json is wrong at signature: Object contains unknown field `colour`."
    ]
    assert told({key: data[key] for key in data if key != "signature"}) == [], "not every booth's"
    published = json.loads((REPO / "docs/schema/data-1.json").read_text())
    (refused,) = jsonschema.Draft202012Validator(published).iter_errors(data)
    assert "'signature' was unexpected" in refused.message


async def test_it_stands_on_the_intake_form(floor: Floor, pad: ReadyPad) -> None:
    pad.signs.set()
    dossier = await somebody(floor)
    await complete(floor, dossier)
    taken = stages.printed(dossier, stages.named(floor.station.core.policy.capture.stages))
    assert [(facts.label, str(facts.taken)) for facts in taken] == [
        ("Portrait", "taken"),
        ("Fingerprints", "2 / 10"),
        ("Signature", f"ink {INK}"),
    ]


async def test_a_lost_one_is_taken_again(floor: Floor, pad: ReadyPad) -> None:
    pad.signs.set()
    dossier = await somebody(floor)
    await complete(floor, dossier)
    name = f"{signature_name(1)}.age"
    (floor.station.core.data / "vault" / dossier.id / name).unlink()
    await floor.do(c.Confirm(dossier.id, e.ConfirmedBy.BUTTON))
    await floor.until(lambda: floor.count(SignatureTaken) == 3, "another signature")
    assert dossier.captures["signature"].no == 2
    assert (floor.count(e.PortraitReopened), floor.count(e.FingerReopened)) == (0, 0)
    await complete(floor, dossier)
    await floor.do(c.Confirm(dossier.id, e.ConfirmedBy.BUTTON))
    await floor.until(lambda: dossier.stage is Stage.SEALED, "the packet")


async def test_the_journal_folds_to_the_same_state(floor: Floor, pad: ReadyPad) -> None:
    pad.signs.set()
    dossier = await somebody(floor)
    await complete(floor, dossier)
    core = floor.station.core
    again = fold(floor.events(), core.policy.capture)
    assert again.dossiers[dossier.id].captures == dossier.captures
    await closed(floor, dossier)
    (span,) = [span for span in floor.station.shift().stages if span.stage == "signature"]
    assert span.count == 1


async def test_it_goes_into_the_regions_facts(floor: Floor, pad: ReadyPad, tmp_path: Path) -> None:
    pad.signs.set()
    dossier = await somebody(floor)
    await closed(floor, dossier)
    zone = ZoneInfo(floor.station.core.config.station.time_zone)
    folding, told = Fold(STATION, zone), []
    for row in read_rows(floor.station.core.data / "journal.db"):
        told += folding.apply(row)
    entries = [entry for _, entry in told]
    (at,) = [i for i, entry in enumerate(entries) if isinstance(entry.fact, f.StageEnded)]
    whole, signed = entries[at - 1], entries[at]
    assert isinstance(whole.fact, f.DossierEnded)
    assert isinstance(signed.fact, f.StageEnded)
    assert whole.fact.portrait_quality == 90
    assert (signed.first, signed.last) == (whole.last + 1, whole.last)
    assert signed.fact == f.StageEnded(
        dossier.id, PAD, signed.fact.seconds, takes=1, retries=0, marks=(INK,), forced=None
    )
    clock = floor.station.core.clock
    now = Now(clock.now_ms(), clock.mono_ms(), clock.boot)
    assert folding.figures(now)["Today/Signatures"] == 1
    assert "Today/Signatures" in {figure.name for figure in of_node()}
    assert folding.device_figures(now)[PAD]["State"] == "works"

    engine = open_store(f"sqlite:///{tmp_path / 'region.db'}")
    try:
        region, sender = Region(engine), Booth(epoch=folding.epoch or "")
        sender.entries = [msgspec.msgpack.encode(entry) for entry in entries]
        done = region.takes(*sender.begin(), sender.tell(1, len(entries)))
        (acknowledged,) = [ack for _, ack in done.acknowledgements][-1:]
        assert acknowledged.through == len(entries)
        assert acknowledged.chain == folding.chain[:16]
        assert region.one(held.c.kind, held.c.number == at + 1) == 11
    finally:
        engine.dispose()


@asynccontextmanager
async def screens(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without JavaScript, signed in: it gets the pages as the server draws them."""
    app = FastAPI()
    sessions = pages.mount(app, floor.station)
    app.add_middleware(SessionMiddleware, secret_key="of this test")

    @ui.page("/signed-in")
    def signed_in(request: Request) -> None:
        sessions.of(request).token = floor.token

    bound = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    serving = asyncio.create_task(server.serve([bound]))
    try:
        base = f"http://127.0.0.1:{bound.getsockname()[1]}"
        await floor.until(lambda: server.started, "the pages")
        async with httpx.AsyncClient(base_url=base, timeout=None) as client:
            await client.get("/signed-in")
            yield client
    finally:
        server.should_exit = True
        await serving


async def test_desk_and_board_show_it(floor: Floor, pad: ReadyPad) -> None:
    await at_the_pad(floor)
    async with screens(floor) as browser:
        board = (await browser.get("/board")).text
        assert "Sign on the pad" in board
        desk = (await browser.get("/?lang=en")).text
        assert "The person signs now." in desk
        for word in ("Portrait", "Signature", "Review", "Step aside"):
            assert word in desk, word
        technician = (await browser.get("/technician?lang=en")).text
        assert "Signature pad" in technician
        assert "Until the signature" in (await browser.get("/shift?lang=en")).text


def test_a_stage_cannot_bring_rows_that_could_hold_personal_data() -> None:
    class Named(e.Body, frozen=True, tag="named"):
        name: str

    class Numbered(e.Body, frozen=True, tag="numbered"):
        number: int

    class Another(e.Body, frozen=True, tag="portrait_taken"):
        quality: e.Percent

    for kind in (Named, Numbered):
        with pytest.raises(ValueError, match="could hold personal data"):
            kinds.bring(kind)
    with pytest.raises(ValueError, match="portrait_taken"):
        kinds.bring(Another)


def test_two_stages_cannot_share_a_device() -> None:
    class Second(type(SIGNATURE)):  # type: ignore[misc]
        name = "second"

    with pytest.raises(ValueError, match="signature_pad"):
        stages.register(Second())


stages.register(SIGNATURE)
