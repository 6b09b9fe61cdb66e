"""The codec: every datatype there and back, foreign payloads read, bad ones refused by name."""

from __future__ import annotations

import struct

import pytest

from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import BadPayload, Metric, Payload, Value, as_type, decode, encode
from tests.unit.sparkplug.booths import NOW, booth, every_message, read

SPECIFICATION = """Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float Double Boolean String
DateTime Text UUID DataSet Bytes File Template PropertySet PropertySetList Int8Array Int16Array
Int32Array Int64Array UInt8Array UInt16Array UInt32Array UInt64Array FloatArray DoubleArray
BooleanArray StringArray DateTimeArray"""
"""Datatypes 1 to 34, in the order of the specification's table."""


def test_datatypes_are_the_specification_s_numbers() -> None:
    """tck-id-payloads-metric-datatype-value-type tck-id-payloads-metric-datatype-value"""
    assert [one.name.replace("_", "") for one in DataType] == [
        name.upper() for name in SPECIFICATION.split()
    ]
    assert [one.value for one in DataType] == list(range(1, 35))
    for kind in DataType:
        message = wire.Payload()
        message.metrics.add(name="m", datatype=kind, is_null=True)
        if kind in (DataType.PROPERTY_SET, DataType.PROPERTY_SET_LIST):
            with pytest.raises(BadPayload, match="unknown datatype"):
                decode(message.SerializeToString())
        else:
            assert decode(message.SerializeToString()).metrics[0].type is kind


@pytest.mark.parametrize("number", [35, 99, 4_294_967_295])
def test_an_unknown_datatype_is_refused(number: int) -> None:
    message = wire.Payload()
    message.metrics.add(name="m", datatype=number, int_value=1)
    with pytest.raises(BadPayload, match="unknown datatype"):
        decode(message.SerializeToString())


def test_times_are_milliseconds_of_utc() -> None:
    """tck-id-payloads-timestamp-in-UTC tck-id-payloads-metric-timestamp-in-UTC: the time that is
    passed in, in ms since 1970 UTC, unchanged.
    """
    for message in every_message(booth()).values():
        payload = read(message)
        assert payload.timestamp is not None
        assert NOW <= payload.timestamp <= NOW + 4
        for metric in payload.metrics:
            assert metric.timestamp in (None, payload.timestamp)


FITTING: list[tuple[DataType, Value, str]] = [
    (DataType.INT8, -128, "int_value"),
    (DataType.INT8, 127, "int_value"),
    (DataType.INT16, -32_768, "int_value"),
    (DataType.INT32, -(1 << 31), "int_value"),
    (DataType.INT32, (1 << 31) - 1, "int_value"),
    (DataType.INT64, -(1 << 63), "long_value"),
    (DataType.INT64, 5, "long_value"),
    (DataType.UINT8, 255, "int_value"),
    (DataType.UINT16, 65_535, "int_value"),
    (DataType.UINT32, (1 << 32) - 1, "int_value"),
    (DataType.UINT64, (1 << 64) - 1, "long_value"),
    (DataType.UINT64, 1, "long_value"),
    (DataType.FLOAT, 1.5, "float_value"),
    (DataType.DOUBLE, 0.1, "double_value"),
    (DataType.BOOLEAN, False, "boolean_value"),
    (DataType.STRING, "Sông Lô", "string_value"),
    (DataType.DATETIME, NOW, "long_value"),
    (DataType.TEXT, "", "string_value"),
    (DataType.UUID, "d7f1", "string_value"),
    (DataType.BYTES, b"\0\xff", "bytes_value"),
    (DataType.FILE, b"", "bytes_value"),
    (DataType.INT16_ARRAY, b"\1\0\2\0", "bytes_value"),
]


@pytest.mark.parametrize(("kind", "value", "field"), FITTING)
def test_a_value_comes_back_with_its_type_and_without(
    kind: DataType, value: Value, field: str
) -> None:
    metric = Metric("m", value, kind, NOW, 3)
    payload = Payload((metric,), NOW, 7)
    data = encode(payload)
    assert wire.Payload.FromString(data).metrics[0].WhichOneof("value") == field
    assert decode(data) == payload
    raw = decode(encode(payload, datatypes=False)).metrics[0]
    assert raw.type is None
    assert as_type(raw.value, kind) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (DataType.INT8, 128),
        (DataType.INT32, 1 << 31),
        (DataType.INT32, True),
        (DataType.INT32, 1.0),
        (DataType.INT64, -(1 << 63) - 1),
        (DataType.UINT8, -1),
        (DataType.UINT64, 1 << 64),
        (DataType.FLOAT, True),
        (DataType.DOUBLE, "1"),
        (DataType.BOOLEAN, 1),
        (DataType.STRING, b"x"),
        (DataType.STRING, "a\ud800"),
        (DataType.DATETIME, -1),
        (DataType.BYTES, "x"),
        (None, -1),
        (None, 1 << 64),
    ],
)
def test_a_value_that_is_none_of_its_type_is_not_written(
    kind: DataType | None, value: Value
) -> None:
    with pytest.raises(ValueError, match="Queue/Walk-in: its value is no"):
        encode(Payload((Metric("Queue/Walk-in", value, kind),)))


def test_a_whole_number_may_be_a_float() -> None:
    payload = Payload((Metric("m", 2, DataType.FLOAT), Metric("n", 2, DataType.DOUBLE)))
    assert [metric.value for metric in decode(encode(payload)).metrics] == [2.0, 2.0]


def test_an_error_names_the_metric_and_never_the_value() -> None:
    with pytest.raises(ValueError, match="Queue") as raised:
        encode(Payload((Metric("Queue", "Nguyễn Văn A", DataType.INT32),)))
    assert "Nguyễn" not in str(raised.value)
    with pytest.raises(BadPayload) as refused:
        as_type("Nguyễn Văn A", DataType.INT32)
    assert "Nguyễn" not in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "kind", "value"),
    [
        (0xFF, DataType.INT8, -1),
        (0xFFFF_FFFF, DataType.INT8, -1),
        (0x80, DataType.INT8, -128),
        (0xFFFF_FF80, DataType.INT8, -128),
        (0x8000, DataType.INT16, -32_768),
        (0xFFFF_FFFF, DataType.INT32, -1),
        ((1 << 64) - 1, DataType.INT64, -1),
        (None, DataType.INT8, None),
    ],
)
def test_negative_numbers_are_two_s_complement_however_wide(
    raw: Value, kind: DataType, value: Value
) -> None:
    assert as_type(raw, kind) == value


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (0x100, DataType.INT8),
        (0xFFFF_FF7F, DataType.INT8),
        (1 << 32, DataType.INT32),
        (256, DataType.UINT8),
        (True, DataType.UINT8),
        (1, DataType.BOOLEAN),
        (253_402_300_800_000, DataType.DATETIME),
        (b"", DataType.STRING),
        (1, DataType.PROPERTY_SET),
    ],
)
def test_a_raw_value_that_is_none_of_its_type_is_refused(raw: Value, kind: DataType) -> None:
    with pytest.raises(BadPayload, match=kind.name):
        as_type(raw, kind)


def test_null_is_said() -> None:
    data = encode(Payload((Metric("m", None, DataType.INT32),)))
    (metric,) = wire.Payload.FromString(data).metrics
    assert metric.is_null
    assert metric.WhichOneof("value") is None
    assert decode(data).metrics[0].value is None


def test_null_outweighs_a_value() -> None:
    message = wire.Payload()
    message.metrics.add(name="m", is_null=True, int_value=4)
    assert decode(message.SerializeToString()).metrics[0].value is None


def test_flags_uuid_and_body_come_back() -> None:
    past = Metric("m", 1, DataType.INT32, 0, 0, is_historical=True, is_transient=True)
    for payload in (
        Payload((past,), 0, 0, "schema", b"\0"),
        Payload((), None, None, None, None),
        Payload((), 1, 255, "", b""),
    ):
        assert decode(encode(payload)) == payload


def test_data_sets_templates_and_property_sets_are_never_written() -> None:
    for kind in (
        DataType.DATASET,
        DataType.TEMPLATE,
        DataType.PROPERTY_SET,
        DataType.PROPERTY_SET_LIST,
    ):
        with pytest.raises(ValueError, match=kind.name):
            encode(Payload((Metric("m", b"", kind),)))


def test_a_foreign_payload_with_all_that_sparkplug_has_is_read() -> None:
    message = wire.Payload(timestamp=NOW, seq=1)
    pump = message.metrics.add(name="pump", datatype=DataType.TEMPLATE)
    pump.template_value.template_ref = "Pump"
    pump.template_value.metrics.add(name="speed", datatype=DataType.INT32, int_value=1)
    table = message.metrics.add(name="table", datatype=DataType.DATASET)
    table.dataset_value.columns.append("a")
    speed = message.metrics.add(name="speed", datatype=DataType.FLOAT, float_value=1.5)
    speed.properties.keys.append("Quality")
    speed.properties.values.add(type=DataType.INT32, int_value=192)
    speed.metadata.description = "of the pump"
    message.metrics.add(name="extra").extension_value.SetInParent()
    metrics = decode(message.SerializeToString()).metrics
    assert [metric.name for metric in metrics] == ["pump", "table", "speed", "extra"]
    template = metrics[0].value
    assert isinstance(template, bytes)
    assert wire.Template.FromString(template).template_ref == "Pump"
    assert metrics[2].value == 1.5


def test_unknown_fields_are_passed_over() -> None:
    """Such as a later version of the specification may bring."""
    later = encode(Payload((Metric("m", 1, DataType.INT32),), NOW)) + b"\x9a\x06\x03abc"
    assert decode(later).timestamp == NOW


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\xff", "not a Sparkplug payload"),
        (b"hello", "not a Sparkplug payload"),
        (b"\x18\x80\x02", "seq"),
        (b"\x08" + b"\xff" * 9 + b"\x01", "9999"),
        (b"\x12\x0b\x18" + b"\xff" * 9 + b"\x01", "9999"),
        (b"\x12\x03\x0a\x01\xff", "UTF-8"),
        (b"\x12\x04\x7a\x02\xff\xff", "UTF-8"),
        (b"\x22\x01\xff", "UTF-8"),
        (b"\x12\x04\x20\x0c\x50\x01", "STRING"),
    ],
)
def test_a_bad_payload_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(BadPayload, match=why):
        decode(data)


def test_a_float_travels_in_four_bytes() -> None:
    data = encode(Payload((Metric("m", 36.6, DataType.FLOAT),)))
    assert struct.pack("<f", 36.6) in data
