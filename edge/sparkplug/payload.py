"""Sparkplug B payloads: bytes ↔ plain values.

The wire's two integer fields are unsigned and DATA metrics carry no datatype, so what an integer
means is known only with the birth's: ``decode`` converts where the payload names a datatype and
leaves the rest raw (``Metric.type`` None); ``as_type`` converts a raw value once its alias is
looked up. Data sets, templates and extensions are handed on as their own bytes, properties and
metadata are skipped: a foreign payload that uses them is still read.

``decode`` is the region's hot path: structs are msgspec's because they are made seven times as fast
as frozen dataclasses, and a field's presence is asked only where its value leaves it open.

Specification 3.0.0, chapter 6.4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.datatype import DataType
from ground.decode import Malformed, from_protobuf

Value: TypeAlias = bool | int | float | str | bytes | None

SEQ_LAST = 255
LAST_MS = 253_402_300_799_999
"""End of the year 9999: later times fit no calendar and no 64-bit column."""


class BadPayload(Malformed):
    """Not a Sparkplug B payload, or a value that its datatype cannot have. Holds no value."""


class Metric(msgspec.Struct, frozen=True):
    """``value`` None is Sparkplug's null. ``timestamp``: ms since 1970 UTC.

    ``type`` None (a received DATA metric): ``value`` is raw, see ``as_type``.
    """

    name: str | None
    value: Value
    type: DataType | None = None
    timestamp: int | None = None
    alias: int | None = None
    is_historical: bool = False
    is_transient: bool = False


class Payload(msgspec.Struct, frozen=True):
    """``seq`` is 0–255; NDEATH and commands have none. ``timestamp``: ms since 1970 UTC."""

    metrics: tuple[Metric, ...] = ()
    timestamp: int | None = None
    seq: int | None = None
    uuid: str | None = None
    body: bytes | None = None


def _signed(bits: int) -> Callable[[object], int]:
    """Two's complement of 32 or 64 bits; small types are met both sign-extended and bare."""
    width = 64 if bits == 64 else 32
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def convert(raw: object) -> int:
        if type(raw) is not int or not 0 <= raw < 1 << width:
            raise ValueError
        value = raw - (1 << width) if raw >= 1 << width - 1 else raw
        if high < value < 1 << bits:
            value -= 1 << bits
        if not low <= value <= high:
            raise ValueError
        return value

    return convert


def _unsigned(last: int) -> Callable[[object], int]:
    def convert(raw: object) -> int:
        if type(raw) is not int or not 0 <= raw <= last:
            raise ValueError
        return raw

    return convert


def _just(kind: type[bool | float | str | bytes]) -> Callable[[object], Value]:
    def convert(raw: object) -> Value:
        if type(raw) is not kind:
            raise ValueError
        return raw

    return convert


_bytes = _just(bytes)
_text = _just(str)
_CONVERT: dict[DataType, Callable[[object], Value]] = {
    DataType.INT8: _signed(8),
    DataType.INT16: _signed(16),
    DataType.INT32: _signed(32),
    DataType.INT64: _signed(64),
    DataType.UINT8: _unsigned(0xFF),
    DataType.UINT16: _unsigned(0xFFFF),
    DataType.UINT32: _unsigned(0xFFFF_FFFF),
    DataType.UINT64: _unsigned(0xFFFF_FFFF_FFFF_FFFF),
    DataType.FLOAT: _just(float),
    DataType.DOUBLE: _just(float),
    DataType.BOOLEAN: _just(bool),
    DataType.STRING: _text,
    DataType.DATETIME: _unsigned(LAST_MS),
    DataType.TEXT: _text,
    DataType.UUID: _text,
    DataType.DATASET: _bytes,
    DataType.BYTES: _bytes,
    DataType.FILE: _bytes,
    DataType.TEMPLATE: _bytes,
    **{array: _bytes for array in DataType if array >= DataType.INT8_ARRAY},
}
_TYPES: dict[int, DataType] = {int(one): one for one in _CONVERT}


def as_type(raw: Value, type: DataType) -> Value:
    """What a raw value means as a ``type``; None stays None.

    Raises ``BadPayload`` where the wire's value is none of that type.
    """
    if raw is None:
        return None
    try:
        return _CONVERT[type](raw)
    except (ValueError, KeyError):
        raise BadPayload(f"a value that is no {type.name}") from None


parsed = from_protobuf(wire.Payload)
"""The bare message. Raises ``Malformed`` and nothing else."""


def decode(data: bytes) -> Payload:
    """The payload in ``data``. Raises ``BadPayload`` and nothing else.

    Besides what protobuf refuses: seq over 255, a time after the year 9999, an unknown datatype, a
    value that does not fit its datatype, text that is not UTF-8. An empty name is none, datatype 0
    (Unknown) is none.
    """
    try:
        message = parsed(data)
    except Malformed:
        raise BadPayload("not a Sparkplug payload") from None
    seq = message.seq if message.HasField("seq") else None
    if seq is not None and seq > SEQ_LAST:
        raise BadPayload("seq over 255")
    timestamp = message.timestamp if message.HasField("timestamp") else None
    if timestamp is not None and timestamp > LAST_MS:
        raise BadPayload(_LATE)
    return Payload(
        metrics=tuple([_metric(one) for one in message.metrics]),
        timestamp=timestamp,
        seq=seq,
        uuid=_utf8(message.uuid) if message.HasField("uuid") else None,
        body=message.body if message.HasField("body") else None,
    )


_LATE = "a time after the year 9999"
_OPAQUE = frozenset({"dataset_value", "template_value", "extension_value"})


def _metric(one: wire.Metric) -> Metric:
    value: Value = None
    field = one.WhichOneof("value")
    if field is not None and not one.is_null:
        value = getattr(one, field)
        if field in _OPAQUE:
            value = getattr(one, field).SerializeToString()
        elif field == "string_value":
            value = _utf8(value)
    kind: DataType | None = None
    if number := one.datatype:
        kind = _TYPES.get(number)
        if kind is None:
            raise BadPayload("an unknown datatype")
        value = as_type(value, kind)
    name = one.name
    timestamp: int | None = one.timestamp
    if not timestamp:
        timestamp = 0 if one.HasField("timestamp") else None
    elif timestamp > LAST_MS:
        raise BadPayload(_LATE)
    alias: int | None = one.alias
    if not alias and not one.HasField("alias"):
        alias = None
    return Metric(
        _utf8(name) if name else None,
        value,
        kind,
        timestamp,
        alias,
        one.is_historical,
        one.is_transient,
    )


def _utf8(text: object) -> str:
    # Protobuf gives bytes where the wire's text is not UTF-8.
    if type(text) is not str:
        raise BadPayload("text that is not UTF-8")
    return text


def encode(payload: Payload, *, datatypes: bool = True) -> bytes:
    """The bytes of ``payload``. ``datatypes`` False leaves them out, as DATA and commands should.

    Raises ``ValueError`` naming the metric whose value does not fit its type; data sets, templates
    and property sets are read, never written.
    """
    message = wire.Payload(
        timestamp=payload.timestamp, seq=payload.seq, uuid=payload.uuid, body=payload.body
    )
    for metric in payload.metrics:
        one = message.metrics.add(name=metric.name, alias=metric.alias, timestamp=metric.timestamp)
        if datatypes and metric.type is not None:
            one.datatype = metric.type
        if metric.is_historical:
            one.is_historical = True
        if metric.is_transient:
            one.is_transient = True
        if metric.value is None:
            one.is_null = True
            continue
        try:
            _put(one, metric.value, metric.type)
        except ValueError:
            what = metric.name if metric.name is not None else f"alias {metric.alias}"
            kind = "wire value" if metric.type is None else metric.type.name
            raise ValueError(f"{what}: its value is no {kind}") from None
    return message.SerializeToString()


_READ_ONLY = frozenset(
    {
        DataType.DATASET,
        DataType.TEMPLATE,
        DataType.PROPERTY_SET,
        DataType.PROPERTY_SET_LIST,
    }
)
_SIGNED = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}


def _put(one: wire.Metric, value: Value, kind: DataType | None) -> None:
    if kind in _SIGNED:
        bits = _SIGNED[kind]
        if type(value) is not int or not -(1 << bits - 1) <= value < 1 << bits - 1:
            raise ValueError
        if bits == 64:
            one.long_value = value & 0xFFFF_FFFF_FFFF_FFFF
        else:
            one.int_value = value & 0xFFFF_FFFF
        return
    if kind is DataType.FLOAT or kind is DataType.DOUBLE:
        if type(value) is int:
            value = float(value)
        if type(value) is not float:
            raise ValueError
        if kind is DataType.FLOAT:
            one.float_value = value
        else:
            one.double_value = value
        return
    if kind in _READ_ONLY:
        raise ValueError
    if kind is not None:
        value = _CONVERT[kind](value)
    if type(value) is bool:
        one.boolean_value = value
    elif type(value) is int:
        if kind in (DataType.UINT64, DataType.DATETIME) or value > 0xFFFF_FFFF:
            one.long_value = value
        else:
            one.int_value = value
    elif type(value) is float:
        one.double_value = value
    elif type(value) is str:
        one.string_value = value
    elif type(value) is bytes:
        one.bytes_value = value
