"""What a node makes of the messages that come to it."""

from __future__ import annotations

import pytest

from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import (
    DeviceCommand,
    EdgeNode,
    Ignored,
    NodeCommand,
    Rebirth,
)
from edge.sparkplug.payload import Metric, Payload, encode
from tests.unit.sparkplug.booths import (
    NOW,
    STATE,
    TARGET,
    WALK_IN,
    births,
    booth,
    by_name,
    read,
    session,
    topic,
)

REBIRTH = Metric("Node Control/Rebirth", True, DataType.BOOLEAN)


def command(*metrics: Metric, types: bool = False) -> bytes:
    return encode(Payload(metrics, NOW), datatypes=types)


def alias(node: EdgeNode, name: str) -> int:
    found = by_name(births(node)[0])[name].alias
    assert found is not None
    return found


def test_commands_are_subscribed_with_qos_1() -> None:
    """tck-id-message-flow-edge-node-ncmd-subscribe tck-id-message-flow-device-dcmd-subscribe"""
    assert booth().subscriptions() == [
        (topic("NCMD"), 1),
        (topic("DCMD", "camera"), 1),
        (topic("DCMD", "fingerprint"), 1),
        (topic("DCMD", "printer"), 1),
    ]


@pytest.mark.parametrize("types", [False, True])
def test_a_rebirth_is_the_whole_birth_again(types: bool) -> None:
    """tck-id-operational-behavior-data-commands-rebirth-action-2
    tck-id-operational-behavior-data-commands-rebirth-action-3: the same bdSeq, no death.
    """
    node = booth()
    node.connecting(6, NOW)
    before = births(node)
    node.data(NOW, [WALK_IN])
    assert node.received(topic("NCMD"), command(REBIRTH, types=types)) == Rebirth()
    after = births(node, NOW + 1)
    assert [message.topic for message in after] == [message.topic for message in before]
    assert [read(message).seq for message in after] == [0, 1, 2, 3]
    assert by_name(after[0])["bdSeq"].value == 6
    assert by_name(after[0]).keys() == by_name(before[0]).keys()


@pytest.mark.parametrize("value", [False, None, 1, "true", b"\x01"])
def test_only_true_asks_for_a_rebirth(value: bool | int | str | bytes | None) -> None:
    asked = session().received(topic("NCMD"), command(Metric("Node Control/Rebirth", value)))
    assert isinstance(asked, Ignored)


def test_a_rebirth_before_the_birth_is_answered_by_the_birth() -> None:
    node = booth()
    node.connecting(0, NOW)
    assert node.received(topic("NCMD"), command(REBIRTH)) == Ignored("the birth is still to come")


def test_a_node_s_command_comes_on_its_topic() -> None:
    """tck-id-topics-ncmd-topic tck-id-operational-behavior-data-commands-ncmd-verb"""
    node = session()
    wanted = Metric(None, 300, alias=alias(node, "Target/Per day"))
    asked = node.received(topic("NCMD"), command(wanted))
    assert isinstance(asked, NodeCommand)
    (metric,) = asked.metrics
    assert (metric.name, metric.value, metric.type) == ("Target/Per day", 300, DataType.INT32)
    for other in (
        "spBv1.0/vn-38/NCMD/TH0002",
        "spBv1.0/vn-40/NCMD/TH0001",
        "spBv1.0/vn-38/NDATA/TH0001",
        "NCMD",
        "",
    ):
        assert isinstance(node.received(other, command(wanted)), Ignored)


def test_a_device_s_command_comes_on_its_topic() -> None:
    """tck-id-topics-dcmd-topic tck-id-operational-behavior-data-commands-dcmd-verb"""
    node = session()
    camera = births(node)[1]
    wanted = Metric(None, "failed", alias=by_name(camera)["State"].alias)
    asked = node.received(topic("DCMD", "camera"), command(wanted))
    assert isinstance(asked, DeviceCommand)
    assert asked.device == "camera"
    assert [(metric.name, metric.value) for metric in asked.metrics] == [("State", "failed")]
    assert isinstance(node.received(topic("DCMD", "printer"), command(wanted)), Ignored)
    node.device_died(NOW, "camera")
    assert isinstance(node.received(topic("DCMD", "camera"), command(wanted)), Ignored)


def test_a_command_may_have_times() -> None:
    """tck-id-payloads-name-cmd-requirement"""
    node = session()
    for timestamp in (None, NOW):
        asked = node.received(
            topic("NCMD"), command(Metric("Target/Per day", 1, timestamp=timestamp))
        )
        assert isinstance(asked, NodeCommand)
        assert asked.metrics[0].timestamp == timestamp


def test_a_command_by_name_is_understood_before_and_after_the_birth() -> None:
    node = booth()
    node.connecting(0, NOW)
    bytes_by_name = command(Metric("Facts/Acknowledged", b"\x93", DataType.BYTES), types=True)
    for _ in range(2):
        asked = node.received(topic("NCMD"), bytes_by_name)
        assert isinstance(asked, NodeCommand)
        assert asked.metrics[0].value == b"\x93"
        births(node)


@pytest.mark.parametrize("types", [False, True])
def test_signed_values_are_read_as_the_birth_says(types: bool) -> None:
    wanted = Metric("Target/Per day", -2, DataType.INT32)
    asked = session().received(topic("NCMD"), command(wanted, types=types))
    assert isinstance(asked, NodeCommand)
    assert asked.metrics[0].value == -2


def test_what_fits_no_metric_of_the_birth_falls_out() -> None:
    node = session()
    good = Metric("Target/Per day", 5)
    bad = [
        Metric(None, 5, alias=99),
        Metric(None, 5),
        Metric("Target/Per day", "five"),
        Metric("Target/Per day", 1 << 40),
        Metric("Target/Per day", 5, DataType.INT64),
    ]
    asked = node.received(topic("NCMD"), command(*bad, good, types=True))
    assert isinstance(asked, NodeCommand)
    assert [(metric.name, metric.value) for metric in asked.metrics] == [("Target/Per day", 5)]
    assert node.received(topic("NCMD"), command(*bad, types=True)) == Ignored(
        "a command of nothing"
    )


def test_an_alias_of_a_device_is_none_of_the_node() -> None:
    node = session()
    camera = by_name(births(node)[1])["State"].alias
    assert isinstance(
        node.received(topic("NCMD"), command(Metric(None, "failed", alias=camera))), Ignored
    )


def test_what_stands_beside_a_rebirth_is_not_lost() -> None:
    asked = session().received(topic("NCMD"), command(REBIRTH, TARGET))
    assert isinstance(asked, Rebirth)
    assert [metric.name for metric in asked.metrics] == [TARGET.name]


@pytest.mark.parametrize("payload", [b"", b"\xff", b"{}", b"\x12\x02\x0a\x05"])
def test_garbage_is_ignored(payload: bytes) -> None:
    node = session()
    for of in (topic("NCMD"), topic("DCMD", "camera")):
        assert isinstance(node.received(of, payload), Ignored)
    assert node.device_data(NOW, "camera", [STATE])
