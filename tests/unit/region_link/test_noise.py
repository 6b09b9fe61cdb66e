"""Whatever stands in a message, neither end stops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge.journal import events as e
from edge.report.facts import ACKNOWLEDGED, COMMAND, REPORT
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric, Payload, encode
from monitor.host import commands
from tests.unit.region_link.ends import CODE, GROUP, Booth, Region, World

ENDLESS = b"\x91" * 100_000
"""An array within an array within an array …, in msgpack."""
NOISE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[tuple[World, Booth, Region]]:
    world = World()
    booth, region = Booth(world, tmp_path), Region(world, tmp_path)
    booth.journal.append(e.StationStarted("0.1.0"))
    booth.connect()
    yield world, booth, region
    booth.close()
    region.close()


def carried(name: str, value: bytes) -> bytes:
    return encode(Payload((Metric(name, value, DataType.BYTES, 1),), 1, 200), datatypes=False)


@NOISE
@given(name=st.sampled_from([ACKNOWLEDGED, COMMAND, REPORT]), value=st.binary(max_size=80))
@example(name=ACKNOWLEDGED, value=ENDLESS)
@example(name=ACKNOWLEDGED, value=b"\x93\xa9\0\0\0\0\0\0\0\0\x80")  # a text that is no UTF-8
@example(name=COMMAND, value=ENDLESS)
def test_no_command_stops_a_booth(
    joined: tuple[World, Booth, Region], name: str, value: bytes
) -> None:
    _, booth, _ = joined
    booth.hear(f"spBv1.0/{GROUP}/NCMD/{CODE}", carried(name, value))
    booth.turn()
    assert booth.connected


@NOISE
@given(value=st.binary(max_size=80))
@example(value=ENDLESS)
@example(value=b"\x93\xa8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x90")  # a text that is no UTF-8
def test_no_report_stops_a_region(joined: tuple[World, Booth, Region], value: bytes) -> None:
    world, _, region = joined
    while world.to_region:
        region.hear(*world.to_region.pop(0))
    region.hear(f"spBv1.0/{GROUP}/NDATA/{CODE}", carried(REPORT, value))
    world.wait(10)
    region.tick()
    region.commit()
    assert region.facts() == []


def test_the_names_of_both_ends_are_the_same() -> None:
    """The region's command carries what the booth listens for."""
    told = commands.rebirth(GROUP, CODE, 1)
    assert told.topic == f"spBv1.0/{GROUP}/NCMD/{CODE}"
