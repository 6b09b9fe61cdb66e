"""What an alias means: made of a birth, used for every DATA message after it.

The wire is read field by field here, not through ``edge.sparkplug.payload.decode``: DATA is nearly
all that a host receives, and only a birth says what its integers mean.

Sparkplug 3.0, chapters 6.4.7 (aliases) and 6.4.16 (datatypes).
"""

from __future__ import annotations

import math
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from edge.report.facts import EPOCH, LOGS, REPORT, TOTAL
from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import LAST_MS, BadPayload, Metric, Value, as_type
from monitor.host.outcomes import Reading

TEXT_LIMIT = 255
NAME_LIMIT = 64
_NOT_SHOWN = frozenset({"bdSeq"})
_TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})
_NUMBERS = frozenset(
    {
        DataType.INT8,
        DataType.INT16,
        DataType.INT32,
        DataType.INT64,
        DataType.UINT8,
        DataType.UINT16,
        DataType.UINT32,
        DataType.UINT64,
        DataType.FLOAT,
        DataType.DOUBLE,
        DataType.BOOLEAN,
        DataType.DATETIME,
    }
)


class Use(Enum):
    FIGURE = "figure"
    REPORT = "report"
    TOTAL = "total"
    EPOCH = "epoch"
    LOGS = "logs"
    NONE = "none"


class Meaning(NamedTuple):
    """``key``: device ("": the node) and name. ``field``: where the wire has the value; a raw
    integer there that is not 0 and below ``plain`` is the value itself. ``plain`` 0: look closer.
    """

    key: tuple[str, str]
    type: DataType
    use: Use
    plain: int
    field: str

    @property
    def device(self) -> str:
        return self.key[0]


_PLAIN = {
    DataType.INT8: (1 << 7, "int_value"),
    DataType.INT16: (1 << 15, "int_value"),
    DataType.INT32: (1 << 31, "int_value"),
    DataType.INT64: (1 << 63, "long_value"),
    DataType.UINT8: (1 << 8, "int_value"),
    DataType.UINT16: (1 << 16, "int_value"),
    DataType.UINT32: (1 << 32, "int_value"),
    DataType.UINT64: (1 << 64, "long_value"),
    DataType.DATETIME: (LAST_MS + 1, "long_value"),
}


_OURS = {
    REPORT: (Use.REPORT, DataType.BYTES),
    TOTAL: (Use.TOTAL, DataType.INT64),
    EPOCH: (Use.EPOCH, DataType.STRING),
    LOGS: (Use.LOGS, DataType.BYTES),
}


def meaning(metric: Metric, device: str) -> Meaning:
    """Raises ``BadPayload`` for a birth's metric without a name or datatype."""
    if metric.name is None or metric.type is None:
        raise BadPayload("a birth's metric without name or datatype")
    return _meaning(device, metric.name, metric.type)


@lru_cache(maxsize=4096)
def _meaning(device: str, name: str, type_: DataType) -> Meaning:
    # One object for the whole fleet: thousands of booths say the same, and it stays in the cache.
    use = Use.NONE
    if device == "" and name in _OURS:
        use, due = _OURS[name]
        if type_ is not due:
            raise BadPayload(f"{name} is no {due.name}")
    elif (
        type_ in _TEXTS | _NUMBERS
        and name not in _NOT_SHOWN
        and not name.startswith(("Node Control/", "Device Control/"))
        and len(name) <= NAME_LIMIT
        and "\0" not in name
    ):
        use = Use.FIGURE
    plain, field = _PLAIN.get(type_, (0, ""))
    return Meaning((device, name), type_, use, plain if use is Use.FIGURE else 0, field)


@lru_cache(maxsize=512)
def shared(items: tuple[tuple[int, Meaning], ...]) -> dict[int, Meaning]:
    """The aliases ``items`` as a mapping, one for all who have the same: not to be changed."""
    return dict(items)


def reading(value: Value, timestamp: int, now_ms: int) -> Reading:
    """The value as the store keeps it: not a NaN, no NUL, a text of bounded length."""
    at = timestamp if 0 < timestamp < now_ms else now_ms
    if value is None:
        return None, None, at
    if isinstance(value, str):
        return None, value.replace("\0", "")[:TEXT_LIMIT], at
    number = float(value)
    return number if math.isfinite(number) else None, None, at


def value_of(one: wire.Metric, type_: DataType) -> Value:
    """A DATA metric's value. Raises ``BadPayload`` when it is none of the birth's datatype."""
    field = one.WhichOneof("value")
    if field is None or one.is_null:
        return None
    return as_type(getattr(one, field), type_)
