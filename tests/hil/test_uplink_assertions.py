"""What the Sparkplug specification says of an edge node's session, looked at on the wire."""

# ruff: noqa: F811  (fixtures are imported, and named again as parameters)

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.sparkplug.payload import decode
from edge.sparkplug.topic import MessageType
from hw.twins.broker import Broker
from tests.hil import uplink_packets as mqtt
from tests.hil.uplink_booth import CODE, GROUP, Booth
from tests.hil.uplink_fixtures import broker, host  # noqa: F401  (fixtures)
from tests.hil.uplink_host import Host
from tests.hil.uplink_packets import Connect, Packet, packets
from tests.hil.uplink_proxy import Proxy

NBIRTH, NDEATH = f"spBv1.0/{GROUP}/NBIRTH/{CODE}", f"spBv1.0/{GROUP}/NDEATH/{CODE}"
NCMD = f"spBv1.0/{GROUP}/NCMD/{CODE}"


class Wire:
    """A booth behind a proxy, and what it said."""

    def __init__(self, folder: Path, broker: Broker, uplink: str = "") -> None:
        self.proxy = Proxy(broker.port)
        self.booth = Booth(folder, broker, port=self.proxy.port, uplink=uplink)
        self.booth.open()
        self.booth.record(e.StationStarted("0.1.0"))

    @property
    def packets(self) -> list[Packet]:
        return packets(list(self.proxy.log))

    def of(self, kind: int) -> list[Packet]:
        return [packet for packet in self.packets if packet.kind == kind]

    def at(self, condition: Callable[[Packet], bool]) -> int:
        """Place of the first such packet."""
        return next(at for at, packet in enumerate(self.packets) if condition(packet))

    def bd_seqs(self) -> list[object]:
        return [
            decode(Connect.of(packet).will).metrics[0].value for packet in self.of(mqtt.CONNECT)
        ]

    def close(self) -> None:
        self.booth.close()
        self.proxy.close()


@pytest.fixture
def wire(tmp_path: Path, broker: Broker) -> Iterator[Wire]:
    wire = Wire(tmp_path / "booth", broker)
    yield wire
    wire.close()


def published(topic: str) -> Callable[[Packet], bool]:
    return lambda packet: packet.kind == mqtt.PUBLISH and packet.up and packet.topic == topic


def test_connect_is_mqtt_3_1_1_with_a_clean_session_and_the_death_as_its_will(
    wire: Wire, host: Host
) -> None:
    """tck-id-principles-persistence-clean-session-311
    tck-id-message-flow-edge-node-birth-publish-will-message
    tck-id-message-flow-edge-node-birth-publish-will-message-topic
    tck-id-message-flow-edge-node-birth-publish-will-message-qos
    tck-id-message-flow-edge-node-birth-publish-will-message-will-retained
    tck-id-payloads-ndeath-will-message
    tck-id-payloads-ndeath-will-message-qos
    tck-id-payloads-ndeath-will-message-retain
    """
    wire.booth.start()
    host.wait_until_whole(1)
    connect = Connect.of(wire.of(mqtt.CONNECT)[0])
    assert connect.level == 4
    assert connect.clean
    assert (connect.will_topic, connect.will_qos, connect.will_retain) == (NDEATH, 1, False)


def test_commands_are_subscribed_with_qos_1_and_births_come_after_suback(
    wire: Wire, host: Host
) -> None:
    """tck-id-message-flow-edge-node-ncmd-subscribe
    tck-id-message-flow-edge-node-birth-publish-connect
    """
    wire.booth.start()
    host.wait_until_whole(1)
    assert (NCMD, 1) in wire.of(mqtt.SUBSCRIBE)[0].subscriptions
    connack, subscribe, suback = (
        wire.at(lambda packet, kind=kind: packet.kind == kind)  # type: ignore[misc]
        for kind in (mqtt.CONNACK, mqtt.SUBSCRIBE, mqtt.SUBACK)
    )
    assert connack < subscribe < suback < wire.at(published(NBIRTH))


def test_bd_seq_grows_by_one_with_every_connect_whatever_ends_the_session(
    wire: Wire, host: Host, broker: Broker
) -> None:
    """tck-id-topics-nbirth-bdseq-increment
    tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq
    """
    wire.booth.start()
    host.wait_for_births(1)
    wire.booth.end(signal.SIGKILL)
    wire.booth.start()
    host.wait_for_births(2)
    host.forget_connection()
    broker.kill()
    broker.start()
    host.subscribed_again()
    host.poll("another CONNECT", lambda: len(wire.bd_seqs()) >= 3)
    wire.booth.end()
    wire.booth.start()
    host.poll("one more", lambda: len(wire.bd_seqs()) >= 4)
    found = wire.bd_seqs()
    assert found == list(range(len(found)))


def test_a_booth_that_cannot_reach_its_broker_uses_up_no_bd_seq(
    tmp_path: Path, broker: Broker, host: Host
) -> None:
    """tck-id-topics-nbirth-bdseq-increment"""
    booth = Booth(tmp_path / "booth", broker)
    booth.open()
    booth.record(e.StationStarted("0.1.0"))
    host.forget_connection()
    broker.kill()
    booth.start()
    try:
        host.poll("a vain try", lambda: "is not reached" in booth.log())
        broker.start()
        host.subscribed_again()
        host.poll("a session", lambda: "connected to" in booth.log())
        host.rebirth()
        host.wait_for_births(1)
        assert host.all(MessageType.NBIRTH)[0].value("bdSeq") == 0
    finally:
        booth.close()


def test_an_end_on_purpose_tells_the_death_and_then_disconnects(wire: Wire, host: Host) -> None:
    """tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath
    tck-id-operational-behavior-edge-node-intentional-disconnect-packet
    tck-id-payloads-ndeath-will-message-publisher
    tck-id-payloads-ndeath-will-message-publisher-disconnect-mqtt311
    """
    wire.booth.start()
    host.wait_until_whole(1)
    assert wire.booth.end() == 0
    host.wait("the death", lambda: host.all(MessageType.NDEATH))
    host.poll("its last word", lambda: bool(wire.of(mqtt.DISCONNECT)))
    death, last = [packet for packet in wire.packets if packet.up][-2:]
    assert (death.kind, death.topic) == (mqtt.PUBLISH, NDEATH)
    assert last.kind == mqtt.DISCONNECT
    assert len(host.all(MessageType.NDEATH)) == 1


def test_a_device_that_fails_is_told_dead(wire: Wire, host: Host) -> None:
    """tck-id-operational-behavior-device-ddeath"""
    wire.booth.start()
    host.wait_for_births(1)
    wire.booth.record(e.DeviceFailed(e.Device.SCANNER, e.FaultCode.DISCONNECTED))
    host.wait("its death", lambda: host.all(MessageType.DDEATH))
    assert host.all(MessageType.DDEATH)[0].topic.device == "scanner"


def test_data_tells_what_changed_and_nothing_else(wire: Wire, host: Host) -> None:
    """tck-id-principles-rbe-recommended
    tck-id-topics-ndata-payload
    tck-id-topics-ddata-payload
    tck-id-operational-behavior-data-publish-nbirth-change
    tck-id-operational-behavior-data-publish-dbirth-change
    """
    wire.booth.start()
    host.wait_until_whole(1)
    wire.booth.record(e.OperatorUnlocked("OP1"), e.IntakeChanged(False))
    wire.booth.record(e.DeviceFailed(e.Device.CAMERA, e.FaultCode.HUNG))
    host.wait_until_whole(3)
    host.wait("the device", lambda: host.all(MessageType.DDEATH))
    said: dict[tuple[str | None, str], object] = {}
    changed = set()
    for heard in host.heard:
        for name, metric in heard.metrics.items():
            key = heard.topic.device, name
            if metric.is_historical:  # how it was before the birth, told behind it
                continue
            if heard.kind in (MessageType.NDATA, MessageType.DDATA):
                assert said[key] != metric.value, key
                changed.add(key)
            said[key] = metric.value
    assert {(None, "Station/Unlocked"), (None, "Station/Intake"), ("camera", "State")} <= changed


def test_a_rebirth_request_is_answered_by_births_before_any_data(wire: Wire, host: Host) -> None:
    """tck-id-operational-behavior-data-commands-rebirth-action-1
    tck-id-operational-behavior-data-commands-rebirth-action-2
    tck-id-operational-behavior-data-commands-rebirth-action-3
    """
    wire.booth.start()
    host.wait_until_whole(1)

    def topic_behind_a_request() -> str:
        births = len(host.all(MessageType.NBIRTH))
        host.rebirth()
        host.wait_for_births(births + 1)
        asked = max(
            at
            for at, packet in enumerate(wire.packets)
            if packet.kind == mqtt.PUBLISH
            and not packet.up
            and packet.topic == NCMD
            and b"Rebirth" in packet.payload
        )
        return next(p.topic for p in wire.packets[asked + 1 :] if p.up and p.kind == mqtt.PUBLISH)

    # Data that were under way when the request passed come behind it; not behind every one.
    host.poll("births first", lambda: topic_behind_a_request() == NBIRTH)
    first, *_, last = host.all(MessageType.NBIRTH)
    assert first.value("bdSeq") == last.value("bdSeq")


def test_a_booth_waits_for_its_primary_host_and_leaves_when_it_goes(
    tmp_path: Path, broker: Broker, host: Host
) -> None:
    """tck-id-message-flow-edge-node-birth-publish-phid-wait
    tck-id-message-flow-edge-node-birth-publish-phid-wait-online
    tck-id-message-flow-edge-node-birth-publish-phid-offline
    tck-id-operational-behavior-edge-node-termination-host-offline
    """

    def state(online: bool, at: int) -> None:
        text = json.dumps({"online": online, "timestamp": at}).encode()
        host.publish("spBv1.0/STATE/region", text, retain=True)

    wire = Wire(tmp_path / "booth", broker, 'primary_host = "region"')
    try:
        state(False, 1)
        wire.booth.start()
        wait_for_packet(host, wire, mqtt.SUBACK)
        assert not host.all(MessageType.NBIRTH)
        state(True, 2)
        host.wait_for_births(1)
        state(False, 3)
        host.wait("the death", lambda: host.all(MessageType.NDEATH))
        wait_for_packet(host, wire, mqtt.DISCONNECT)
        assert len(host.all(MessageType.NBIRTH)) == 1
        state(True, 4)
        host.wait_for_births(2)
    finally:
        wire.close()


def wait_for_packet(host: Host, wire: Wire, kind: int) -> None:
    host.poll("a packet on the wire", lambda: bool(wire.of(kind)))
