"""Every assertion of Sparkplug 3.0 that binds a host application, as it shows on the wire.

The worker runs as it does in a region; its broker is a socket that writes every packet down.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from edge.report.facts import Acknowledged
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import decode
from monitor.config import Broker, Settings
from monitor.host import commands, state
from monitor.host.application import Host
from monitor.host.outcomes import AskRebirth, DeviceDied, Died, Now, Outcome
from monitor.host.pace import JITTER_MS
from monitor.ingest.worker import Worker
from monitor.store.batch import Batch
from monitor.store.database import open_store
from tests.system.monitor.host_wire import (
    CONNECT,
    DISCONNECT,
    PUBLISH,
    SUBSCRIBE,
    Packet,
    TellingBroker,
)
from tests.unit.monitor.host_booth import EPOCH_1, GROUP, START, STATION, Booth

HOST = "region-1"
STATE = f"spBv1.0/STATE/{HOST}"


class Running:
    """A worker that runs, and what it sent."""

    def __init__(self, folder: Path) -> None:
        self.broker = TellingBroker()
        engine = open_store(f"sqlite:///{folder / 'region.db'}")
        self._stop = threading.Event()
        worker = Worker(engine, Broker(port=self.broker.port), HOST, (GROUP,))
        self._thread = threading.Thread(target=lambda: worker.run(self._stop.is_set))
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    running = Running(tmp_path)
    yield running
    running.end()
    running.broker.close()


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> list[Packet]:
    """All that a worker sends from its start to its orderly end."""
    running = Running(tmp_path_factory.mktemp("life"))
    running.broker.until(PUBLISH)
    running.end()
    packets = running.broker.until(DISCONNECT)
    running.broker.close()
    return packets


def _only(packets: list[Packet], kind: int) -> list[Packet]:
    return [one for one in packets if one.kind == kind]


def test_it_connects_with_a_clean_session(life: list[Packet]) -> None:
    """tck-id-message-flow-phid-sparkplug-clean-session-311"""
    assert life[0].kind == CONNECT
    assert life[0].clean


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-host-topic-phid-death-required",
        "tck-id-host-topic-phid-death-topic",
        "tck-id-host-topic-phid-death-qos",
        "tck-id-host-topic-phid-death-retain",
        "tck-id-operational-behavior-host-application-connect-will",
        "tck-id-operational-behavior-host-application-connect-will-topic",
        "tck-id-operational-behavior-host-application-connect-will-qos",
        "tck-id-operational-behavior-host-application-connect-will-retained",
        "tck-id-payloads-state-will-message",
        "tck-id-payloads-state-will-message-qos",
        "tck-id-payloads-state-will-message-retain",
    ],
)
def test_its_will_is_its_death_at_qos_1_and_retained(life: list[Packet], tck: str) -> None:
    assert (life[0].topic, life[0].qos, life[0].retain) == (STATE, 1, True), tck


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-host-topic-phid-death-payload",
        "tck-id-host-topic-phid-death-payload-timestamp-connect",
        "tck-id-operational-behavior-host-application-connect-will-payload",
        "tck-id-operational-behavior-host-application-death-payload",
        "tck-id-payloads-state-will-message-payload",
    ],
)
def test_the_will_says_offline_with_the_time_of_the_connect(life: list[Packet], tck: str) -> None:
    said = json.loads(life[0].payload)
    assert said.keys() == {"online", "timestamp"}, tck
    assert said["online"] is False
    assert type(said["timestamp"]) is int
    assert 0 <= life[0].at_ms - said["timestamp"] < 10_000


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-host-topic-phid-birth-sub-required",
        "tck-id-message-flow-phid-sparkplug-subscription",
        "tck-id-payloads-state-subscribe",
    ],
)
def test_it_subscribes_to_its_state_and_its_groups_before_anything(
    life: list[Packet], tck: str
) -> None:
    assert life[1].kind == SUBSCRIBE, tck
    kinds = [f"{kind}/+" for kind in ("NBIRTH", "NDEATH", "NDATA")]
    kinds += [f"{kind}/+/+" for kind in ("DBIRTH", "DDEATH", "DDATA")]
    assert set(life[1].topics) == {STATE, *(f"spBv1.0/{GROUP}/{kind}" for kind in kinds)}


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-conformance-primary-host",
        "tck-id-intro-sparkplug-host-state",
        "tck-id-components-ph-state",
        "tck-id-principles-birth-certificates-order",
        "tck-id-host-topic-phid-birth-message",
        "tck-id-host-topic-phid-birth-required",
        "tck-id-host-topic-phid-birth-topic",
        "tck-id-host-topic-phid-birth-qos",
        "tck-id-host-topic-phid-birth-retain",
        "tck-id-message-flow-phid-sparkplug-state-publish",
        "tck-id-operational-behavior-host-application-connect-birth",
        "tck-id-operational-behavior-host-application-connect-birth-topic",
        "tck-id-operational-behavior-host-application-connect-birth-qos",
        "tck-id-operational-behavior-host-application-connect-birth-retained",
        "tck-id-payloads-state-birth",
    ],
)
def test_the_first_it_publishes_is_its_birth(life: list[Packet], tck: str) -> None:
    first = life[2]
    assert (first.kind, first.topic, first.qos, first.retain) == (PUBLISH, STATE, 1, True), tck
    assert _only(life, PUBLISH)[0] is first


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-host-topic-phid-birth-payload",
        "tck-id-host-topic-phid-birth-payload-timestamp",
        "tck-id-message-flow-phid-sparkplug-state-publish-payload",
        "tck-id-message-flow-phid-sparkplug-state-publish-payload-timestamp",
        "tck-id-operational-behavior-host-application-connect-birth-payload",
        "tck-id-payloads-state-birth-payload",
    ],
)
def test_the_birth_says_online_with_the_will_s_time(life: list[Packet], tck: str) -> None:
    will = json.loads(life[0].payload)
    birth = {"online": True, "timestamp": will["timestamp"]}
    assert json.loads(life[2].payload.decode("utf-8")) == birth, tck


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-host-topic-phid-death-payload-timestamp-disconnect-clean",
        "tck-id-host-topic-phid-death-payload-timestamp-disconnect-with-no-disconnect-packet",
        "tck-id-operational-behavior-host-application-termination",
        "tck-id-operational-behavior-host-application-death-topic",
        "tck-id-operational-behavior-host-application-death-qos",
        "tck-id-operational-behavior-host-application-death-retained",
        "tck-id-operational-behavior-host-application-disconnect-intentional",
    ],
)
def test_before_it_disconnects_it_publishes_its_death(life: list[Packet], tck: str) -> None:
    death, last = life[-2], life[-1]
    assert last.kind == DISCONNECT, tck
    assert (death.kind, death.topic, death.qos, death.retain) == (PUBLISH, STATE, 1, True)
    said = json.loads(death.payload)
    assert said["online"] is False
    assert said["timestamp"] >= json.loads(life[0].payload)["timestamp"]
    assert 0 <= death.at_ms - said["timestamp"] < 10_000


def test_it_says_that_it_is_there_when_a_late_will_says_otherwise(running: Running) -> None:
    """tck-id-message-flow-hid-sparkplug-state-message-delivered"""
    first = _only(running.broker.until(PUBLISH), PUBLISH)[0]
    running.broker.publish(STATE, state.death(0))
    again = _only(running.broker.until(PUBLISH, 2), PUBLISH)[1]
    assert (again.topic, again.payload, again.qos, again.retain) == (STATE, first.payload, 1, True)


def test_each_worker_has_a_host_id_of_its_own() -> None:
    """tck-id-operational-behavior-host-application-host-id"""
    settings = Settings(workers=(("a",), ("b",), ("c",)))
    assert len({settings.worker_id(number) for number in range(3)}) == 3


# ---- deaths of nodes and devices ---------------------------------------------------------------


class Told:
    """A host with its outcomes, and the batch that the store would get."""

    def __init__(self, **settings: int) -> None:
        self.host = Host((GROUP,), random=Random(1), **settings)
        self.batch = Batch()
        self.asked: list[AskRebirth] = []
        self.booth = Booth()
        self.will = self.booth.connect()
        self.births = self.booth.births()

    def take(self, payload: bytes, topic: str, at: int) -> list[Outcome]:
        return self._keep(self.host.receive(topic, payload, Now(at, at - START)))

    def tick(self, at: int) -> list[Outcome]:
        return self._keep(self.host.tick(Now(at, at - START)))

    def _keep(self, outcomes: list[Outcome]) -> list[Outcome]:
        for one in outcomes:
            if isinstance(one, AskRebirth):
                self.asked.append(one)
            else:
                self.batch.add(one)
        return outcomes

    def born(self) -> None:
        for message in self.births:
            self.take(message.payload, message.topic, START)


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline",
        "tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-tags-stale",
        "tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-offline",
        "tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale",
    ],
)
def test_a_node_s_death_takes_all_of_it_at_the_host_s_time(tck: str) -> None:
    told = Told()
    told.born()
    assert told.take(told.will.payload, told.will.topic, START + 9_000) == [
        Died(STATION, START + 9_000)
    ], tck
    one = told.batch.stations[STATION]
    assert (one.online, one.died_at) == (False, START + 9_000)
    assert one.figures == {}
    assert one.stale is None  # all of the station's


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-offline",
        "tck-id-operational-behavior-edge-node-termination-host-action-ddeath-devices-tags-stale",
    ],
)
def test_a_device_s_death_takes_the_device_at_the_time_it_bears(tck: str) -> None:
    told = Told()
    told.born()
    death = told.booth.node.device_died(START + 4_000, "printer")
    assert told.take(death.payload, death.topic, START + 9_000) == [
        DeviceDied(STATION, "printer", START + 4_000)
    ], tck
    one = told.batch.stations[STATION]
    assert {key[0] for key in one.figures} == {"", *told.booth.devices} - {"printer"}
    assert {key[0] for key in one.gone} == {"printer"}


# ---- the order of messages ---------------------------------------------------------------------


def test_the_reorder_timeout_is_a_setting_and_starts_with_what_is_out_of_order() -> None:
    """tck-id-operational-behavior-host-reordering-param
    tck-id-operational-behavior-host-reordering-start"""
    for timeout in (500, 8_000):
        told = Told(reorder_timeout_ms=timeout)
        told.born()
        told.booth.figure("Line/Pace", 1)
        early = told.booth.figure("Line/Pace", 2)
        told.take(early.payload, early.topic, START + 1_000)
        told.tick(START + 1_000 + timeout - 1)
        assert told.batch.stations[STATION].figures["", "Line/Pace"][0] is None
        told.tick(START + 1_000 + timeout)
        assert told.batch.stations[STATION].figures["", "Line/Pace"][0] == 2


def test_what_stays_missing_until_the_timeout_asks_for_a_rebirth() -> None:
    """tck-id-operational-behavior-host-reordering-rebirth"""
    told = Told(reorder_timeout_ms=2_000)
    told.born()
    told.booth.figure("Line/Pace", 1)
    early = told.booth.figure("Line/Pace", 2)
    told.take(early.payload, early.topic, START)
    told.tick(START + 2_000)
    told.tick(START + 2_000 + JITTER_MS)
    assert told.asked == [AskRebirth(STATION, GROUP)]


def test_what_was_missing_and_comes_in_time_ends_the_timer() -> None:
    """tck-id-operational-behavior-host-reordering-success"""
    told = Told(reorder_timeout_ms=2_000)
    told.born()
    late, early = (told.booth.figure("Line/Pace", value) for value in (1, 2))
    told.take(early.payload, early.topic, START)
    told.take(late.payload, late.topic, START + 1_999)
    for at in range(START + 2_000, START + 60_000, 500):
        told.tick(at)
    assert told.asked == []
    assert told.batch.stations[STATION].figures["", "Line/Pace"][0] == 2


# ---- commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-topics-ncmd-topic",
        "tck-id-operational-behavior-data-commands-ncmd-verb",
        "tck-id-operational-behavior-data-commands-ncmd-rebirth-verb",
        "tck-id-operational-behavior-data-commands-ncmd-rebirth-name",
        "tck-id-operational-behavior-data-commands-ncmd-rebirth-value",
    ],
)
def test_a_rebirth_request_is_the_node_s_command(tck: str) -> None:
    topic, payload = commands.rebirth(GROUP, STATION, START)
    assert topic == f"spBv1.0/{GROUP}/NCMD/{STATION}", tck
    (metric,) = decode(payload).metrics
    assert (metric.name, metric.value) == ("Node Control/Rebirth", True)


@pytest.mark.parametrize("tck", ["tck-id-topics-ncmd-timestamp", "tck-id-payloads-ncmd-timestamp"])
def test_a_command_says_when_it_was_sent(tck: str) -> None:
    assert decode(commands.rebirth(GROUP, STATION, START).payload).timestamp == START, tck


def test_a_command_has_no_seq() -> None:
    """tck-id-payloads-ncmd-seq"""
    assert decode(commands.rebirth(GROUP, STATION, START).payload).seq is None


@pytest.mark.parametrize(
    "tck",
    ["tck-id-topics-ncmd-mqtt", "tck-id-payloads-ncmd-qos", "tck-id-payloads-ncmd-retain"],
)
def test_a_command_is_sent_at_qos_0_and_not_retained(running: Running, tck: str) -> None:
    running.broker.until(PUBLISH)
    for message in Booth().begin():
        running.broker.publish(message.topic, message.payload)
    sent = _only(running.broker.until(PUBLISH, 2), PUBLISH)[1]
    assert (sent.topic, sent.qos, sent.retain) == (f"spBv1.0/{GROUP}/NCMD/{STATION}", 0, False), tck


@pytest.mark.parametrize(
    "tck",
    [
        "tck-id-topics-ncmd-payload",
        "tck-id-operational-behavior-data-commands-ncmd-metric-name",
        "tck-id-operational-behavior-data-commands-ncmd-metric-value",
        "tck-id-payloads-alias-data-cmd-requirement",
        "tck-id-payloads-metric-datatype-not-req",
    ],
)
def test_a_command_writes_a_metric_of_the_birth_by_its_alias(tck: str) -> None:
    told = Told()
    told.born()
    to = told.host.address(STATION, "Facts/Acknowledged")
    assert to is not None, tck
    topic, payload = commands.acknowledged(to, Acknowledged(EPOCH_1, 0, bytes(16)), START)
    (metric,) = decode(payload).metrics
    birth = decode(told.births[0].payload)
    offered = {one.alias: one for one in birth.metrics}[metric.alias]
    assert offered.name == "Facts/Acknowledged"
    assert offered.type is DataType.BYTES
    assert (metric.name, metric.type) == (None, None)
    assert isinstance(metric.value, bytes)
    assert topic == f"spBv1.0/{GROUP}/NCMD/{STATION}"


def test_a_metric_that_no_birth_offers_is_not_written() -> None:
    """tck-id-operational-behavior-data-commands-ncmd-metric-name"""
    told = Told()
    assert told.host.address(STATION, "Facts/Acknowledged") is None
    told.born()
    assert told.host.address(STATION, "Facts/Total") is None
