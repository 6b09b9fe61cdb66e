"""Fixtures of the uplink's tests: broker, host and booth of one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hw.twins.broker import Broker, running
from tests.hil.uplink_booth import Booth
from tests.hil.uplink_host import Host


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Its log tells of every packet."""
    with running(tmp_path / "broker", lines=("log_type debug",)) as broker:
        yield broker


@pytest.fixture
def host(broker: Broker) -> Iterator[Host]:
    host = Host(broker)
    yield host
    host.close()


@pytest.fixture
def booth(tmp_path: Path, broker: Broker) -> Iterator[Booth]:
    booth = Booth(tmp_path / "booth", broker)
    yield booth
    booth.close()
