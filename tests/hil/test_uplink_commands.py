"""The region's commands on their way to the station, and those that need no station."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge import mailbox
from edge.journal import events as e
from edge.report.orders import (
    AnyOrder,
    Command,
    Locate,
    PauseIntake,
    ReportNow,
    Role,
    SendLogs,
    sign,
)
from edge.sparkplug.topic import MessageType
from hw.twins.broker import Broker
from tests.hil.uplink_booth import CODE, Booth
from tests.hil.uplink_fixtures import broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Host

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def booth(tmp_path: Path, broker: Broker, host: Host) -> Iterator[Booth]:
    public = KEY.public_key().public_bytes_raw().hex()
    booth = Booth(tmp_path / "booth", broker, uplink=f'command_key = "{public}"')
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    host.wait_until_whole(1)
    yield booth
    booth.close()


def command(
    number: int,
    order: AnyOrder,
    *,
    role: Role = Role.ADMINISTRATOR,
    for_s: float = 60,
    station: str = CODE,
) -> Command:
    now = int(time.time() * 1000)
    return Command(f"{number:016x}", station, role, now, now + int(for_s * 1000), order)


def arrived(booth: Booth, host: Host, count: int) -> list[Command]:
    path = booth.data / "edge.db"
    until = time.monotonic() + 20
    while len(found := mailbox.read(path)) < count and time.monotonic() < until:
        time.sleep(0.05)
    return [command for _, command in found]


def test_a_command_reaches_the_station_once(booth: Booth, host: Host) -> None:
    first, second = command(1, Locate(5)), command(2, PauseIntake())
    for one in (first, first, second):
        host.command(sign(one, KEY))
    assert arrived(booth, host, 2) == [first, second]
    (row, _), (last, _) = mailbox.read(booth.data / "edge.db")
    assert mailbox.read(booth.data / "edge.db", row) == [(last, second)]


def test_a_command_that_the_region_did_not_sign_for_this_booth_is_not_taken(
    booth: Booth, host: Host
) -> None:
    host.command(sign(command(1, Locate(5)), Ed25519PrivateKey.generate()))
    host.command(sign(command(2, Locate(5), station="TH0418"), KEY))
    host.command(b"nonsense")
    good = command(3, Locate(5))
    host.command(sign(good, KEY))
    assert arrived(booth, host, 1) == [good]
    assert "Traceback" not in booth.log()


def test_expired_and_forbidden_commands_come_to_the_station_with_their_verdict(
    booth: Booth, host: Host
) -> None:
    late, mere = command(1, SendLogs(), for_s=-5), command(2, PauseIntake(), role=Role.OPERATOR)
    for one in (late, mere):
        host.command(sign(one, KEY))
    assert arrived(booth, host, 2) == [late, mere]
    now = int(time.time() * 1000)
    assert mailbox.verdict(late, now) is e.CommandOutcome.EXPIRED
    assert mailbox.verdict(mere, now) is e.CommandOutcome.NOT_ALLOWED
    assert not [h for h in host.all(MessageType.NDATA) if "Logs/Text" in h.metrics]


def test_report_now_brings_births_without_a_station(booth: Booth, host: Host) -> None:
    booth.shut()
    host.command(sign(command(1, ReportNow(), role=Role.OPERATOR), KEY))
    host.wait_for_births(2)
    assert len(arrived(booth, host, 1)) == 1


def test_logs_come_without_a_station_once_and_bounded(booth: Booth, host: Host) -> None:
    booth.shut()
    lines = [f"2026-03-02 07:00:00 INFO tram line {n}" for n in range(500)]
    (booth.data / "station.log").write_text("\n".join(lines) + "\n")
    wire = sign(command(1, SendLogs(20)), KEY)
    host.command(wire)
    host.command(wire)
    host.wait("logs", lambda: [h for h in host.all(MessageType.NDATA) if "Logs/Text" in h.metrics])
    host.command(sign(command(2, ReportNow()), KEY))
    host.wait_for_births(2)
    told = [h for h in host.all(MessageType.NDATA) if "Logs/Text" in h.metrics]
    assert len(told) == 1
    packed = told[0].value("Logs/Text")
    assert isinstance(packed, bytes)
    assert gzip.decompress(packed).decode().splitlines() == ["== station.log", *lines[-20:]]
