"""Deaths: the Will, the clean goodbye, and a device that the node lost."""

from __future__ import annotations

import pytest

from edge.sparkplug.birth import Misuse, NotBorn
from edge.sparkplug.datatype import DataType
from edge.sparkplug.sparkplug_b_pb2 import Payload as Wire
from tests.unit.sparkplug.booths import (
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


def test_the_will_is_the_node_s_death() -> None:
    """tck-id-topics-ndeath-topic
    tck-id-message-flow-edge-node-birth-publish-will-message-topic
    tck-id-message-flow-edge-node-birth-publish-will-message-payload
    tck-id-message-flow-edge-node-birth-publish-will-message-qos
    tck-id-message-flow-edge-node-birth-publish-will-message-will-retained
    tck-id-payloads-ndeath-will-message-qos tck-id-payloads-ndeath-will-message-retain
    """
    will = booth().connecting(3, NOW)
    assert (will.topic, will.qos, will.retain) == (topic("NDEATH"), 1, False)
    assert Wire.FromString(will.payload).SerializeToString() == will.payload


@pytest.mark.parametrize("bd_seq", [0, 1, 255])
def test_the_will_holds_bdseq_as_int64(bd_seq: int) -> None:
    """tck-id-message-flow-edge-node-birth-publish-will-message-payload-bdSeq"""
    (metric,) = Wire.FromString(booth().connecting(bd_seq, NOW).payload).metrics
    assert (metric.name, metric.datatype) == ("bdSeq", DataType.INT64)
    assert metric.WhichOneof("value") == "long_value"
    assert metric.long_value == bd_seq


@pytest.mark.parametrize("bd_seq", [-1, 256])
def test_a_bdseq_out_of_its_range_is_refused(bd_seq: int) -> None:
    with pytest.raises(Misuse, match="0 to 255"):
        booth().connecting(bd_seq, NOW)


def test_a_node_s_death_holds_bdseq_alone() -> None:
    """tck-id-topics-ndeath-payload tck-id-topics-ndeath-seq tck-id-payloads-ndeath-seq
    tck-id-payloads-ndeath-bdseq: the Will's and the birth's.
    """
    node = booth()
    will = node.connecting(9, NOW)
    birth = births(node)[0]
    node.data(NOW, [WALK_IN])
    death = node.died(NOW + 5)
    assert (death.topic, death.qos, death.retain) == (will.topic, will.qos, will.retain)
    for message in (will, death):
        payload = read(message)
        assert payload.seq is None
        assert [metric.name for metric in payload.metrics] == ["bdSeq"]
        assert payload.metrics[0].value == by_name(birth)["bdSeq"].value == 9
    assert read(death).timestamp == NOW + 5


def test_who_died_says_nothing_until_born_again() -> None:
    node = session()
    node.died(NOW)
    assert not node.is_born
    assert not node.born_devices
    with pytest.raises(NotBorn):
        node.data(NOW, [WALK_IN])
    with pytest.raises(NotBorn):
        node.died(NOW)


def test_a_device_s_death_has_its_topic_time_and_no_metrics() -> None:
    """tck-id-topics-ddeath-topic tck-id-topics-ddeath-mqtt tck-id-payloads-ddeath-timestamp"""
    node = session()
    death = node.device_died(NOW + 8, "printer")
    assert (death.topic, death.qos, death.retain) == (topic("DDEATH", "printer"), 0, False)
    assert (read(death).timestamp, read(death).metrics) == (NOW + 8, ())
    assert node.born_devices == {"camera", "fingerprint"}


def test_a_device_comes_back() -> None:
    node = session()
    node.device_died(NOW, "printer")
    birth = node.device_born(NOW, "printer", [STATE])
    assert birth.topic == topic("DBIRTH", "printer")
    assert node.device_data(NOW, "printer", [STATE]).topic == topic("DDATA", "printer")


def test_a_new_session_starts_without_births() -> None:
    node = session(4)
    node.connecting(5, NOW)
    with pytest.raises(NotBorn):
        node.data(NOW, [WALK_IN])
    assert by_name(births(node)[0])["bdSeq"].value == 5
