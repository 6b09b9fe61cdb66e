"""What a booth tells its region is told of nobody: every byte above the booth is looked at.

A booth on twins serves people who are on its roster; its uplink reports over a wire that is tapped
(TCP in the clear, a byte proxy before the broker), a region with all its processes takes it in,
asks for the logs and for births again. Then the people are looked for on the wire in both
directions, in what both ends keep, in every log, and in all that the region tells to programs.
What is packed (logs travel as gzip) is unpacked first.
"""

from __future__ import annotations

import contextlib
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt import publish
from sqlalchemy import select

from edge.report.facts import DossierEnded
from hw.twins.broker import running as broker_running
from hw.twins.population import people
from monitor.host import commands
from monitor.store.schema import command, fact, hour
from monitor.web.tables import TABLES
from tests.hil.uplink_packets import PUBLISH, packets
from tests.hil.uplink_proxy import Proxy
from tests.monitor_program import Monitor
from tests.monitor_program import running as monitor_running
from tests.patience import CEILING_S
from tests.privacy.test_demo_leaks_nothing import leaks
from tram.demo.booth import Booth, opened
from tram.demo.region import Region, reporting, wait_until_acknowledged

CITIZENS, SEED, SPEED = 3, 4, 40.0
PICTURES = {
    "JPEG": (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1", b"\xff\xd8\xff\xdb", b"\xff\xd8\xff\xee"),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG 2000": (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51\x00"),
    "WSQ": (b"\xff\xa0\xff\xa4\x00", b"\xff\xa0\xff\xa8\x00"),
    "WebP": (b"WEBPVP8",),
    "a sealed file": (b"age-encryption.org/v1",),
    "JPEG as base64": (b"/9j/4AAQ",),
    "PNG as base64": (b"iVBORw0KGgo",),
}
"""How each kind of picture begins, and what people's data are sealed in."""
PAYLOAD_MAX = 8_000
"""Bytes. A portrait of the station has ten times as many."""


def pictures(content: bytes) -> list[str]:
    return [kind for kind, starts in PICTURES.items() if any(one in content for one in starts)]


def unpacked(content: bytes) -> bytes:
    """``content``, and behind it whatever gzip holds in it."""
    found, at = [content], content.find(b"\x1f\x8b\x08")
    while at >= 0:
        with contextlib.suppress(zlib.error):  # three bytes that only look like its start
            found.append(zlib.decompressobj(wbits=31).decompress(content[at:]))
        at = content.find(b"\x1f\x8b\x08", at + 1)
    return b"\n".join(found)


@dataclass
class Seen:
    """What was on the wire, and what programs were told."""

    data: Path
    wire: list[tuple[bool, bytes]]
    told: dict[str, str]
    sealed: int

    def up(self) -> list[bytes]:
        """Payloads from the booth."""
        return [p.payload for p in packets(self.wire) if p.up and p.kind == PUBLISH]

    def places(self) -> dict[str, bytes]:
        """Everything above the booth, by where it was seen."""
        seen = {f"told: {path}": text.encode() for path, text in self.told.items()}
        for direction, up in (("up", True), ("down", False)):
            seen[f"wire, {direction}"] = b"".join(data for way, data in self.wire if way is up)
        seen["wire, payloads"] = b"\n".join(map(unpacked, self.up()))
        kept = [*self.data.glob("edge.db*"), *self.data.glob("*.log")]
        kept += [path for path in self.data.parent.joinpath("region").rglob("*") if path.is_file()]
        kept += [path for path in self.data.parent.joinpath("broker").rglob("*") if path.is_file()]
        return seen | {path.name: unpacked(path.read_bytes()) for path in kept}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder = tmp_path_factory.mktemp("uplink")
    with (
        broker_running(folder / "broker", lines=("log_type all",)) as broker,
        monitor_running(folder / "region", broker) as monitor,
    ):
        proxy = Proxy(broker.port)
        uplink = monitor.uplink.replace(str(broker.port), str(proxy.port))
        booth = Booth(folder / "data", CITIZENS, SPEED, SEED, uplink=uplink)
        region = Region("", "", monitor.engine, broker, uplink)
        try:
            with opened(booth) as station, reporting(booth):
                until(lambda: held(monitor) > 0, "the first facts")
                logs = monitor.order(booth.code, "send_logs", "operator")
                again = commands.rebirth(booth.group, booth.code, time.time_ns() // 1_000_000)
                publish.single(again.topic, again.payload, hostname=broker.host, port=broker.port)
                assert station.crowd.process.wait(CEILING_S) == 0
                late = monitor.order(booth.code, "send_logs", "operator")
                until(lambda: answered(monitor, logs) and answered(monitor, late), "the logs")
                there, missing = wait_until_acknowledged(region, [booth])
                assert missing == 0
                assert there > CITIZENS
                told = everything_told(monitor, booth.code)
                # the stores as they are in use, with their write-ahead logs
                yield Seen(booth.data, list(proxy.log), told, ended(monitor))
        finally:
            proxy.close()


def everything_told(monitor: Monitor, code: str) -> dict[str, str]:
    paths = ["/metrics", *(f"/export/{name}.json" for name in TABLES)]
    paths += [f"{path}?booth={code}" for path in paths[1:]]
    paths.append(f"/booth/{code}/logs")
    return {path: monitor.text(path, "administrator") for path in paths}


def held(monitor: Monitor) -> int:
    with monitor.engine.connect() as connection:
        return len(connection.execute(select(fact.c.number)).all())


def ended(monitor: Monitor) -> int:
    with monitor.engine.connect() as connection:
        rows = connection.execute(
            select(hour.c.sealed + hour.c.referred + hour.c.refused + hour.c.abandoned)
        )
        return sum(rows.scalars())


def answered(monitor: Monitor, id: str) -> bool:
    with monitor.engine.connect() as connection:
        return connection.scalar(select(command.c.outcome).where(command.c.id == id)) == "done"


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + CEILING_S
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def crowd() -> list[dict[str, str]]:
    return list(people(CITIZENS, SEED, datetime.now(UTC).date()))


def test_nothing_above_the_booth_tells_of_anybody(seen: Seen, crowd: list[dict[str, str]]) -> None:
    places = seen.places()
    told = ("told: /metrics", "told: /export/facts.json?booth=TH0417")
    kept = ("edge.db", "region.db", "monitor.log", "edge.log", "station.log", "mosquitto.log")
    for needed in (*told, *kept):
        assert places[needed], needed
    for where, content in places.items():
        assert leaks(content, crowd) == [], where
        assert pictures(content) == [], where


def test_what_was_looked_through_is_what_the_booth_did(seen: Seen) -> None:
    """People, births again and logs were on that wire, readable to whoever taps it."""
    assert seen.sealed >= CITIZENS - 1
    payloads = b"\n".join(map(unpacked, seen.up()))
    births = [p for p in packets(seen.wire) if p.up and p.kind == PUBLISH and "/NBIRTH/" in p.topic]
    assert len(births) >= 2
    assert payloads.count(b"== station.log") == 2
    assert "station.log" in seen.told["/booth/TH0417/logs"]
    assert b"TH0417" in payloads
    facts = json.loads(seen.told["/export/facts.json?booth=TH0417"])
    assert sum(one["kind"] == DossierEnded.__name__ for one in facts) == seen.sealed


def test_no_payload_could_hold_a_picture(seen: Seen) -> None:
    assert max(map(len, seen.up())) < PAYLOAD_MAX


def test_the_search_would_find_them(seen: Seen, crowd: list[dict[str, str]]) -> None:
    sealed = next(seen.data.glob("*.age")).read_bytes()
    assert pictures(b"\0" + sealed) == ["a sealed file"]
    slip = next((seen.data / "dev" / "slips").glob("*.png")).read_bytes()
    assert pictures(b"\0" + slip) == ["PNG"]
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(crowd[0]["name"].encode()) + packer.flush()
    assert leaks(b"\0" + packed + b"\0", crowd) == []
    assert leaks(unpacked(b"\0" + packed + b"\0"), crowd) == ["name of 0"]
