"""Anything may come over the wire: the codec and the node refuse it by name and live on."""

from __future__ import annotations

import contextlib
import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.sparkplug.birth import Misuse
from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import (
    DeviceCommand,
    HostState,
    Ignored,
    NodeCommand,
    Rebirth,
)
from edge.sparkplug.payload import LAST_MS, BadPayload, Metric, Payload, as_type, decode, encode
from edge.sparkplug.topic import BadTopic, StateTopic, Topic, parse
from tests.unit.sparkplug.booths import DEVICES, HOST, NOW, births, booth, every_message, topic


def whole(bits: int, signed: bool) -> st.SearchStrategy[int]:
    half = 1 << bits - 1
    return st.integers(-half, half - 1) if signed else st.integers(0, 2 * half - 1)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
OF_TYPE: dict[DataType, st.SearchStrategy[bool | int | float | str | bytes]] = {
    DataType.INT8: whole(8, True),
    DataType.INT16: whole(16, True),
    DataType.INT32: whole(32, True),
    DataType.INT64: whole(64, True),
    DataType.UINT8: whole(8, False),
    DataType.UINT16: whole(16, False),
    DataType.UINT32: whole(32, False),
    DataType.UINT64: whole(64, False),
    DataType.FLOAT: st.floats(width=32, allow_nan=False),
    DataType.DOUBLE: st.floats(allow_nan=False),
    DataType.BOOLEAN: st.booleans(),
    DataType.STRING: TEXT,
    DataType.DATETIME: st.integers(0, LAST_MS),
    DataType.TEXT: TEXT,
    DataType.UUID: TEXT,
    DataType.BYTES: st.binary(max_size=40),
    DataType.FILE: st.binary(max_size=40),
    DataType.STRING_ARRAY: st.binary(max_size=40),
}
TIME = st.none() | st.integers(0, LAST_MS)


@st.composite
def metrics(draw: st.DrawFn) -> Metric:
    kind = draw(st.sampled_from(sorted(OF_TYPE)))
    return Metric(
        draw(st.none() | TEXT.filter(bool)),
        draw(st.none() | OF_TYPE[kind]),
        kind,
        draw(TIME),
        draw(st.none() | whole(64, False)),
        draw(st.booleans()),
        draw(st.booleans()),
    )


PAYLOADS = st.builds(
    Payload,
    st.lists(metrics(), max_size=5).map(tuple),
    TIME,
    st.none() | st.integers(0, 255),
    st.none() | TEXT,
    st.none() | st.binary(max_size=20),
)


@given(PAYLOADS)
def test_what_is_written_is_read(payload: Payload) -> None:
    assert decode(encode(payload)) == payload


@given(metrics())
def test_a_raw_value_means_the_same_once_its_type_is_known(metric: Metric) -> None:
    (raw,) = decode(encode(Payload((metric,)), datatypes=False)).metrics
    assert metric.type is not None
    assert as_type(raw.value, metric.type) == metric.value


@given(PAYLOADS)
def test_what_was_read_raw_can_be_written_again(payload: Payload) -> None:
    raw = decode(encode(payload, datatypes=False))
    assert decode(encode(raw)) == raw


@given(st.floats())
def test_floats_keep_what_four_bytes_can_hold(value: float) -> None:
    (metric,) = decode(encode(Payload((Metric("m", value, DataType.FLOAT),)))).metrics
    assert isinstance(metric.value, float)
    if math.isfinite(value) and abs(value) < 3.4e38:
        assert metric.value == struct.unpack("<f", struct.pack("<f", value))[0]
    else:
        assert not math.isfinite(value) or abs(metric.value) >= 3.4e38 or math.isnan(metric.value)


@given(st.binary(max_size=200))
@example(b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")
@example(b"\x12\x00" * 100)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        payload = decode(data)
    except BadPayload:
        return
    assert payload.seq is None or 0 <= payload.seq <= 255
    assert decode(encode(payload, datatypes=False)) is not None


@given(PAYLOADS, st.data())
def test_damaged_payloads_are_read_or_refused(payload: Payload, data: st.DataObject) -> None:
    wire = bytearray(encode(payload) or b"\0")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(wire) - 1))
        wire[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadPayload):
        decode(bytes(wire[: data.draw(st.integers(0, len(wire)))]))


@given(st.one_of(*OF_TYPE.values(), st.none()), st.sampled_from(DataType))
def test_any_value_is_of_a_type_or_refused(
    value: bool | int | float | str | bytes | None, kind: DataType
) -> None:
    try:
        typed = as_type(value, kind)
    except BadPayload:
        return
    assert (typed is None) == (value is None)


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["spBv1.0", "STATE", "NDATA", "DCMD", "g", "n", "", "+"])).map(
        "/".join
    )
)
def test_any_text_is_a_topic_or_refused(text: str) -> None:
    try:
        read = parse(text)
    except BadTopic:
        return
    assert isinstance(read, Topic | StateTopic)
    assert str(read) == text


TOPICS = [
    topic("NCMD"),
    *(topic("DCMD", device) for device in DEVICES),
    f"spBv1.0/STATE/{HOST}",
    topic("NDATA"),
]
STATES = st.builds(
    lambda online, at: f'{{"online":{str(online).lower()},"timestamp":{at}}}'.encode(),
    st.booleans(),
    st.integers(),
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(TOPICS) | st.text(max_size=20),
            st.binary(max_size=60) | PAYLOADS.map(encode) | STATES,
        ),
        max_size=10,
    ),
    st.booleans(),
)
def test_no_message_harms_a_node(messages: list[tuple[str, bytes]], born: bool) -> None:
    node = booth(HOST)
    node.connecting(0, NOW)
    if born:
        node.received(f"spBv1.0/STATE/{HOST}", b'{"online":true,"timestamp":0}')
        births(node)
    for of, payload in messages:
        got = node.received(of, payload)
        assert isinstance(got, Rebirth | NodeCommand | DeviceCommand | HostState | Ignored)
        if isinstance(got, Rebirth):
            assert node.is_born
    assert node.is_born is born
    if born:
        assert node.data(NOW, []).topic == topic("NDATA")


@pytest.mark.parametrize("kind", ["NBIRTH", "DBIRTH", "NDATA", "DDATA", "DDEATH", "NDEATH"])
def test_every_cut_of_a_real_message_is_read_or_refused(kind: str) -> None:
    payload = every_message(booth())[kind].payload
    refused = 0
    for length in range(len(payload)):
        try:
            decode(payload[:length])
        except BadPayload:
            refused += 1
    assert refused > 0


@given(st.lists(metrics(), max_size=4))
def test_a_birth_of_anything_is_sent_or_refused(some: list[Metric]) -> None:
    node = booth()
    node.connecting(0, NOW)
    try:
        messages = node.born(NOW, some, {"camera": some})
    except Misuse:
        assert not node.is_born
        return
    assert [decode(message.payload).seq for message in messages] == [0, 1]
