"""Births of a node and its devices: what stands in them, in which order, and what they forbid."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.sparkplug.birth import Misuse, NotBorn, NotInBirth
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import Message
from edge.sparkplug.payload import Metric
from edge.sparkplug.sparkplug_b_pb2 import Payload as Wire
from tests.unit.sparkplug.booths import (
    DEVICES,
    FAULT,
    FIGURES,
    GROUP,
    NODE,
    NOW,
    STATE,
    WALK_IN,
    births,
    booth,
    by_name,
    read,
    session,
    topic,
)


@pytest.fixture
def born() -> list[Message]:
    node = booth()
    node.connecting(7, NOW - 5000)
    return births(node)


def test_births_have_their_topics(born: list[Message]) -> None:
    """tck-id-topics-nbirth-topic tck-id-message-flow-edge-node-birth-publish-nbirth-topic
    tck-id-topics-dbirth-topic tck-id-message-flow-device-birth-publish-dbirth-topic
    tck-id-message-flow-device-birth-publish-dbirth-match-edge-node-topic
    """
    assert [message.topic for message in born] == [
        f"spBv1.0/{GROUP}/NBIRTH/{NODE}",
        f"spBv1.0/{GROUP}/DBIRTH/{NODE}/camera",
        f"spBv1.0/{GROUP}/DBIRTH/{NODE}/fingerprint",
        f"spBv1.0/{GROUP}/DBIRTH/{NODE}/printer",
    ]


def test_births_are_sent_with_qos_0_and_not_retained(born: list[Message]) -> None:
    """tck-id-topics-nbirth-mqtt tck-id-payloads-nbirth-qos tck-id-payloads-nbirth-retain
    tck-id-message-flow-edge-node-birth-publish-nbirth-qos
    tck-id-message-flow-edge-node-birth-publish-nbirth-retained
    tck-id-topics-dbirth-mqtt tck-id-payloads-dbirth-qos tck-id-payloads-dbirth-retain
    tck-id-message-flow-device-birth-publish-dbirth-qos
    tck-id-message-flow-device-birth-publish-dbirth-retained
    """
    assert {(message.qos, message.retain) for message in born} == {(0, False)}


def test_the_node_s_birth_has_seq_0() -> None:
    """tck-id-topics-nbirth-seq-num tck-id-payloads-nbirth-seq
    tck-id-message-flow-edge-node-birth-publish-nbirth-payload-seq
    tck-id-payloads-sequence-num-req-nbirth: at a session's start and at every rebirth.
    """
    node = session()
    for _ in range(300):
        node.data(NOW, [WALK_IN])
        assert read(births(node)[0]).seq == 0
    node.data(NOW, [WALK_IN])
    node.connecting(1, NOW)
    assert read(births(node)[0]).seq == 0


def test_births_say_when_they_were_sent(born: list[Message]) -> None:
    """tck-id-topics-nbirth-timestamp tck-id-payloads-nbirth-timestamp
    tck-id-topics-dbirth-timestamp tck-id-payloads-dbirth-timestamp
    """
    assert [read(message).timestamp for message in born] == [NOW] * 4


def test_what_the_birth_did_not_announce_cannot_be_sent() -> None:
    """tck-id-topics-nbirth-metric-reqs tck-id-operational-behavior-data-publish-nbirth
    tck-id-topics-dbirth-metric-reqs tck-id-operational-behavior-data-publish-dbirth
    """
    node = session()
    with pytest.raises(NotInBirth, match="Queue/Other"):
        node.data(NOW, [Metric("Queue/Other", 1, DataType.INT32)])
    with pytest.raises(NotInBirth, match="Queue/Walk-in"):
        node.device_data(NOW, "camera", [WALK_IN])
    with pytest.raises(NotInBirth, match="of another type"):
        node.data(NOW, [Metric("Queue/Walk-in", 1, DataType.INT64)])
    node.device_born(NOW, "camera", [STATE])
    with pytest.raises(NotInBirth, match="Fault"):
        node.device_data(NOW, "camera", [FAULT])


def test_every_metric_of_a_birth_has_name_type_time_and_value() -> None:
    """tck-id-topics-nbirth-metrics tck-id-topics-dbirth-metrics
    tck-id-payloads-metric-datatype-req tck-id-payloads-name-birth-data-requirement
    tck-id-operational-behavior-data-publish-nbirth-values
    tck-id-operational-behavior-data-publish-dbirth-values: null is said, never left out.
    """
    node = booth()
    node.connecting(0, NOW)
    unknown = Metric("State", None, DataType.STRING)
    messages = node.born(NOW, FIGURES, {"camera": (unknown, FAULT), "printer": (STATE,)})
    assert len(messages) == 3
    for message in messages:
        for metric in Wire.FromString(message.payload).metrics:
            assert metric.name
            assert metric.datatype in set(DataType)
            assert metric.timestamp == NOW
            null = metric.name == "Facts/Report" or (
                metric.name == "State" and "camera" in message.topic
            )
            assert metric.is_null is null
            assert (metric.WhichOneof("value") is None) is null
    with pytest.raises(Misuse, match="no type"):
        node.born(NOW, [Metric("Queue/Walk-in", 4)], {})
    with pytest.raises(Misuse, match="without a name"):
        node.born(NOW, [Metric(None, 4, DataType.INT32)], {})


def test_a_value_keeps_the_time_it_was_measured() -> None:
    node = booth()
    node.connecting(0, NOW)
    first, *_ = node.born(NOW, [Metric("Queue/Walk-in", 4, DataType.INT32, NOW - 9000)], {})
    assert by_name(first)["Queue/Walk-in"].timestamp == NOW - 9000


@pytest.mark.parametrize("bd_seq", [0, 1, 254, 255])
def test_the_birth_has_the_will_s_bdseq(bd_seq: int) -> None:
    """tck-id-topics-nbirth-bdseq-included tck-id-topics-nbirth-bdseq-matching
    tck-id-message-flow-edge-node-birth-publish-nbirth-payload-bdSeq
    tck-id-payloads-nbirth-bdseq tck-id-payloads-nbirth-bdseq-repeat
    """
    node = booth()
    will = by_name(node.connecting(bd_seq, NOW))["bdSeq"]
    for _ in range(3):
        born = by_name(births(node)[0])["bdSeq"]
        assert (born.value, born.type) == (will.value, will.type) == (bd_seq, DataType.INT64)


def test_the_birth_offers_rebirth(born: list[Message]) -> None:
    """tck-id-topics-nbirth-rebirth-metric tck-id-payloads-nbirth-rebirth-req
    tck-id-operational-behavior-data-commands-rebirth-name
    tck-id-operational-behavior-data-commands-rebirth-name-aliases
    tck-id-operational-behavior-data-commands-rebirth-datatype
    tck-id-operational-behavior-data-commands-rebirth-value
    """
    rebirth = by_name(born[0])["Node Control/Rebirth"]
    assert (rebirth.value, rebirth.type, rebirth.alias) == (False, DataType.BOOLEAN, None)


def test_the_node_s_own_metrics_are_not_the_caller_s() -> None:
    node = booth()
    node.connecting(0, NOW)
    for name in ("bdSeq", "BDSEQ", "Node Control/Rebirth"):
        with pytest.raises(Misuse, match="own"):
            node.born(NOW, [Metric(name, False, DataType.BOOLEAN)], {})


def test_births_are_sparkplug_payloads(born: list[Message]) -> None:
    """tck-id-message-flow-edge-node-birth-publish-nbirth-payload
    tck-id-message-flow-device-birth-publish-dbirth-payload
    """
    for message in born:
        wire = Wire.FromString(message.payload)
        assert wire.IsInitialized()
        assert not any(metric.HasField("metadata") for metric in wire.metrics)
        assert wire.SerializeToString() == message.payload


def test_devices_are_born_right_after_the_node() -> None:
    """tck-id-message-flow-device-birth-publish-nbirth-wait tck-id-payloads-dbirth-order"""
    node = booth()
    with pytest.raises(NotBorn):
        node.device_born(NOW, "camera", [STATE])
    node.connecting(0, NOW)
    with pytest.raises(NotBorn):
        node.device_born(NOW, "camera", [STATE])
    kinds = [message.topic.split("/")[2] for message in births(node)]
    assert kinds == ["NBIRTH", "DBIRTH", "DBIRTH", "DBIRTH"]
    node.connecting(1, NOW)
    with pytest.raises(NotBorn):
        node.device_born(NOW, "camera", [STATE])


def test_births_of_devices_continue_the_node_s_seq(born: list[Message]) -> None:
    """tck-id-topics-dbirth-seq tck-id-payloads-dbirth-seq tck-id-payloads-dbirth-seq-inc
    tck-id-message-flow-device-birth-publish-dbirth-payload-seq
    """
    assert [read(message).seq for message in born] == [0, 1, 2, 3]
    node = session()
    seqs = [read(node.device_born(NOW, "camera", [STATE])).seq for _ in range(300)]
    assert seqs == [(number + 4) % 256 for number in range(300)]


def test_names_and_aliases_are_announced_together(born: list[Message]) -> None:
    """tck-id-payloads-alias-uniqueness tck-id-payloads-alias-birth-requirement
    tck-id-payloads-name-requirement: all but the rebirth control, which must have none.
    """
    metrics = [metric for message in born for metric in read(message).metrics]
    assert all(metric.name for metric in metrics)
    aliases = [metric.alias for metric in metrics if metric.name != "Node Control/Rebirth"]
    assert None not in aliases
    assert len(set(aliases)) == len(aliases) == len(metrics) - 1


def test_a_name_keeps_its_alias_and_a_new_one_gets_a_new_alias() -> None:
    node = session()
    before = by_name(births(node)[0])
    node.device_born(NOW, "camera", [STATE, FAULT, Metric("Shots", 0, DataType.INT32)])
    node.connecting(1, NOW)
    after = by_name(births(node)[0])
    assert {name: metric.alias for name, metric in before.items()} == {
        name: metric.alias for name, metric in after.items()
    }
    first, camera = node.born(NOW, FIGURES, {"camera": [Metric("Lens", 1, DataType.INT32)]})
    taken = {metric.alias for metric in read(first).metrics}
    assert by_name(camera)["Lens"].alias not in taken


def test_names_of_metrics_differ_in_more_than_case() -> None:
    """tck-id-case-sensitivity-metric-names"""
    node = booth()
    node.connecting(0, NOW)
    for second in ("State", "STATE"):
        twice = [STATE, Metric(second, "", DataType.STRING)]
        with pytest.raises(Misuse, match="case"):
            node.born(NOW, FIGURES, {"camera": twice})
        with pytest.raises(Misuse, match="case"):
            node.born(NOW, twice, {})


def test_births_list_values_in_the_order_of_their_times() -> None:
    """tck-id-operational-behavior-data-publish-nbirth-order"""
    node = booth()
    node.connecting(0, NOW)
    ages = {"Queue/Walk-in": 3000, "Queue/Group": 9000, "Queue/Priority": 1}
    first, *_ = node.born(
        NOW, [Metric(name, 1, DataType.INT32, NOW - age) for name, age in ages.items()], {}
    )
    times = [metric.timestamp or 0 for metric in read(first).metrics]
    assert times == sorted(times)
    assert times[0] == NOW - 9000


def test_nothing_is_sent_before_the_birth() -> None:
    """tck-id-principles-birth-certificates-order"""
    node = booth()
    with pytest.raises(NotBorn):
        births(node)
    node.connecting(0, NOW)
    attempts: list[Callable[[], Message]] = [
        lambda: node.data(NOW, [WALK_IN]),
        lambda: node.device_data(NOW, "camera", [STATE]),
        lambda: node.device_died(NOW, "camera"),
        lambda: node.died(NOW),
    ]
    for attempt in attempts:
        with pytest.raises(NotBorn):
            attempt()
    assert births(node)[0].topic == topic("NBIRTH")


def test_dead_devices_are_not_born() -> None:
    node = booth()
    node.connecting(0, NOW)
    messages = births(node, dead=("camera", "printer"))
    assert [message.topic for message in messages] == [
        topic("NBIRTH"),
        topic("DBIRTH", "fingerprint"),
    ]
    assert node.born_devices == {"fingerprint"}
    assert node.is_born


def test_a_birth_that_fails_changes_nothing() -> None:
    node = session()
    with pytest.raises(Misuse, match="Queue/Walk-in"):
        node.born(NOW, [Metric("Queue/Walk-in", "four", DataType.INT32)], {})
    with pytest.raises(Misuse, match="does not have"):
        node.born(NOW, [], {"scanner": [STATE]})
    with pytest.raises(Misuse, match="State"):
        node.device_born(NOW, "camera", [Metric("State", 5, DataType.STRING)])
    assert node.born_devices == set(DEVICES)
    assert read(node.data(NOW, [WALK_IN])).seq == 4
