"""Data of a born node and its devices: by alias, dated, counted by one seq."""

from __future__ import annotations

import pytest

from edge.sparkplug.birth import Misuse, NotBorn
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric
from edge.sparkplug.sparkplug_b_pb2 import Payload as Wire
from tests.unit.sparkplug.booths import (
    FAULT,
    NOW,
    STATE,
    TEMPERATURE,
    WALK_IN,
    births,
    booth,
    by_name,
    every_message,
    read,
    session,
    topic,
)


def test_data_has_its_topics() -> None:
    """tck-id-topics-ndata-topic tck-id-topics-ddata-topic"""
    node = session()
    assert node.data(NOW, [WALK_IN]).topic == topic("NDATA")
    assert node.device_data(NOW, "printer", [FAULT]).topic == topic("DDATA", "printer")


def test_data_is_sent_with_qos_0_and_not_retained() -> None:
    """tck-id-topics-ndata-mqtt tck-id-payloads-ndata-qos tck-id-payloads-ndata-retain
    tck-id-topics-ddata-mqtt tck-id-payloads-ddata-qos tck-id-payloads-ddata-retain
    """
    node = session()
    for message in (node.data(NOW, [WALK_IN]), node.device_data(NOW, "camera", [FAULT])):
        assert (message.qos, message.retain) == (0, False)


def test_one_seq_counts_through_node_and_devices() -> None:
    """tck-id-topics-ndata-seq-num tck-id-topics-ddata-seq-num tck-id-topics-ddeath-seq-num
    tck-id-payloads-ndata-seq tck-id-payloads-ndata-seq-inc
    tck-id-payloads-ddata-seq tck-id-payloads-ddata-seq-inc
    tck-id-payloads-ddeath-seq tck-id-payloads-ddeath-seq-inc tck-id-payloads-ddeath-seq-number
    tck-id-payloads-sequence-num-incrementing: after 255 comes 0.
    """
    node = session()
    seqs = []
    for _ in range(130):
        seqs += [
            read(node.data(NOW, [WALK_IN])).seq,
            read(node.device_data(NOW, "camera", [FAULT])).seq,
            read(node.device_died(NOW, "camera")).seq,
            read(node.device_born(NOW, "camera", [STATE, FAULT])).seq,
        ]
    assert seqs == [number % 256 for number in range(4, 4 + len(seqs))]


def test_every_message_but_the_node_s_death_has_a_seq() -> None:
    """tck-id-payloads-sequence-num-always-included"""
    seqs = {kind: read(message).seq for kind, message in every_message(booth()).items()}
    assert seqs == {
        "NBIRTH": 0,
        "DBIRTH": 1,
        "NDATA": 3,
        "DDATA": 4,
        "DDEATH": 5,
        "Will": None,
        "NDEATH": None,
    }


def test_data_says_when_it_was_sent() -> None:
    """tck-id-topics-ndata-timestamp tck-id-payloads-ndata-timestamp
    tck-id-topics-ddata-timestamp tck-id-payloads-ddata-timestamp
    """
    node = session()
    assert read(node.data(NOW + 1, [WALK_IN])).timestamp == NOW + 1
    assert read(node.device_data(NOW + 2, "camera", [FAULT])).timestamp == NOW + 2


def test_data_before_all_births_is_refused() -> None:
    """tck-id-payloads-ndata-order tck-id-payloads-ddata-order"""
    node = booth()
    node.connecting(0, NOW)
    with pytest.raises(NotBorn):
        node.data(NOW, [WALK_IN])
    births(node, dead=("camera",))
    with pytest.raises(NotBorn, match="camera"):
        node.device_data(NOW, "camera", [FAULT])
    with pytest.raises(Misuse, match="does not have"):
        node.device_data(NOW, "scanner", [FAULT])
    node.device_died(NOW, "printer")
    with pytest.raises(NotBorn, match="printer"):
        node.device_data(NOW, "printer", [FAULT])
    with pytest.raises(NotBorn, match="printer"):
        node.device_died(NOW, "printer")
    node.died(NOW)
    with pytest.raises(NotBorn):
        node.device_data(NOW, "fingerprint", [FAULT])


def test_data_goes_by_alias_without_name_and_type() -> None:
    """tck-id-payloads-alias-data-cmd-requirement tck-id-payloads-metric-datatype-not-req"""
    node = booth()
    node.connecting(0, NOW)
    first, camera, *_ = births(node)
    for birth, message, name in (
        (first, node.data(NOW, [WALK_IN]), "Queue/Walk-in"),
        (camera, node.device_data(NOW, "camera", [FAULT]), "Fault"),
    ):
        (metric,) = Wire.FromString(message.payload).metrics
        assert metric.alias == by_name(birth)[name].alias
        assert not metric.HasField("name")
        assert not metric.HasField("datatype")


def test_every_metric_of_data_has_a_time() -> None:
    node = session()
    message = node.data(NOW, [WALK_IN, Metric("Host/Temperature", 50.0, timestamp=NOW - 7)])
    assert [metric.timestamp for metric in read(message).metrics] == [NOW - 7, NOW]


def test_data_lists_values_in_the_order_of_their_times() -> None:
    """tck-id-operational-behavior-data-publish-dbirth-order: historical ones stay as given."""
    node = session()
    past = [
        Metric("Facts/Report", bytes([number]), timestamp=NOW - number, is_historical=True)
        for number in (50, 90)
    ]
    now = [
        Metric("Queue/Walk-in", 1, timestamp=NOW - 1),
        Metric("Host/Temperature", 1.0, timestamp=NOW - 3),
    ]
    metrics = read(node.data(NOW, [*now, *past])).metrics
    assert [metric.timestamp for metric in metrics] == [NOW - 50, NOW - 90, NOW - 3, NOW - 1]
    assert [metric.is_historical for metric in metrics] == [True, True, False, False]
    states = [
        Metric("State", "failed", timestamp=NOW - 1),
        Metric("Fault", "no_answer", timestamp=NOW - 2),
    ]
    device = read(node.device_data(NOW, "camera", states)).metrics
    assert [metric.timestamp for metric in device] == [NOW - 2, NOW - 1]


def test_data_that_fails_uses_up_no_seq() -> None:
    node = session()
    with pytest.raises(Misuse, match="alias"):
        node.data(NOW, [Metric("Queue/Walk-in", 1 << 31)])
    with pytest.raises(Misuse, match="without a name"):
        node.data(NOW, [Metric(None, 1, alias=2)])
    assert read(node.data(NOW, [WALK_IN])).seq == 4


def test_five_metrics_by_alias_take_79_bytes() -> None:
    """The figure that data plans are reckoned with; 156 by name."""
    node = booth()
    node.connecting(0, NOW)
    running = Metric("Station/Running", True, DataType.BOOLEAN)
    sealed = Metric("Today/Sealed", 231, DataType.INT32)
    waiting = Metric("Packets/Waiting", 12, DataType.INT32)
    five = [WALK_IN, TEMPERATURE, running, sealed, waiting]
    node.born(NOW, five, {})
    for _ in range(127):
        assert len(node.data(NOW, five).payload) == 78
    message = node.data(NOW, five)
    assert read(message).seq == 128
    assert len(message.payload) == 79
