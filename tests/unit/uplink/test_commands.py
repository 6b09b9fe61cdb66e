"""What the uplink does of the region's commands by itself, whatever the clock says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.mailbox import Mailbox
from edge.report.facts import COMMAND
from edge.report.orders import Command, Role, SendLogs, sign
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric
from edge.uplink.commands import Commands
from edge.uplink.db import EdgeDb
from ground.clock import SteppedClock

KEY = Ed25519PrivateKey.generate()
YEAR_S = 365 * 86_400
LOGS = SendLogs(20)


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    db = EdgeDb(tmp_path / "edge.db")
    yield Mailbox(db.db)
    db.close()


def given(now_ms: int) -> Metric:
    """A command that the region gives now, to be run within a minute."""
    made = Command("00000000000000aa", "TH0417", Role.OPERATOR, now_ms, now_ms + 60_000, LOGS)
    return Metric(COMMAND, sign(made, KEY), DataType.BYTES)


@pytest.mark.parametrize(("trusted", "done"), [(True, []), (False, [LOGS])])
def test_only_a_clock_that_was_set_can_say_that_a_command_has_expired(
    mailbox: Mailbox, trusted: bool, done: list[SendLogs]
) -> None:
    clock = SteppedClock()
    command = given(clock.now_ms())
    clock.step(YEAR_S)
    clock.is_trusted = trusted
    commands = Commands("TH0417", KEY.public_key().public_bytes_raw(), mailbox, clock)
    assert commands.arrived([command]) == done
    assert commands.arrived([command]) == [], "and each is done once"
