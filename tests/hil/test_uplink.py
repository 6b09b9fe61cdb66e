"""``tram edge`` with a real journal and a real broker: births, facts, figures, deaths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.sparkplug.topic import MessageType
from tests.hil.broker import Broker, running
from tests.hil.uplink_booth import CODE, DEVICES, Booth
from tests.hil.uplink_host import Host
from tram.fleet.day import journal


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with running(tmp_path / "broker") as broker:
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


def test_a_booth_is_born_with_its_devices_and_tells_all_its_facts(booth: Booth, host: Host) -> None:
    booth.fill(journal(CODE, days=1, dossiers=40))
    booth.start()
    books = host.wait_until_whole(40)
    host.wait("all facts", lambda: books.through == books.total)
    kinds = [heard.kind for heard in host.heard]
    assert kinds[0] is MessageType.NBIRTH
    assert kinds[1:6] == [MessageType.DBIRTH] * 5
    assert {heard.topic.device for heard in host.all(MessageType.DBIRTH)} == set(DEVICES)
    assert [heard.payload.seq for heard in host.heard] == list(range(len(host.heard)))
    assert books.copies == 0
    assert booth.end() == 0
    host.wait("the death", lambda: host.all(MessageType.NDEATH))
    birth, death = host.all(MessageType.NBIRTH)[0], host.all(MessageType.NDEATH)[0]
    assert birth.value("bdSeq") == death.value("bdSeq") == 0


def test_a_fact_is_live_as_it_is_made(booth: Booth, host: Host) -> None:
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    booth.start()
    host.wait_until_whole(1)
    booth.record(e.OperatorUnlocked("OP1"))
    host.wait_until_whole(2)
    assert not host.all(MessageType.NDATA)[-1].metrics["Facts/Report"].is_historical
