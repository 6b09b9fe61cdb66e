"""What an alias means: made of a birth, used for every DATA message after it.

The wire is read field by field here, not through ``edge.sparkplug.payload.decode``: DATA is nearly
all that a host receives, and only a birth says what its integers mean.

Sparkplug 3.0, chapters 6.4.7 (aliases) and 6.4.16 (datatypes).
"""

from __future__ import annotations

import math
from enum import Enum
from typing import NamedTuple

from edge.report.facts import EPOCH, REPORT, TOTAL
from edge.sparkplug import sparkplug_b_pb2 as wire
from edge.sparkplug.payload import LAST_MS, BadPayload, DataType, Metric, Value, as_type
from monitor.host.outcomes import Reading

TEXT_LIMIT = 255
NAME_LIMIT = 64
_NOT_SHOWN = frozenset({"bdSeq"})
_TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})
_NUMBERS = frozenset(
    {
        DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64,
        DataType.UINT8, DataType.UINT16, DataType.UINT32, DataType.UINT64,
        DataType.FLOAT, DataType.DOUBLE, DataType.BOOLEAN, DataType.DATETIME,
    }
)  # fmt: skip


class Use(Enum):
    FIGURE = "figure"
    REPORT = "report"
    TOTAL = "total"
    EPOCH = "epoch"
    NONE = "none"


class Meaning(NamedTuple):
    """``device`` "": the node's."""

    device: str
    name: str
    type: DataType
    use: Use


_LEDGER = {
    REPORT: (Use.REPORT, DataType.BYTES),
    TOTAL: (Use.TOTAL, DataType.INT64),
    EPOCH: (Use.EPOCH, DataType.STRING),
}


def meaning(metric: Metric, device: str) -> Meaning:
    """Raises ``BadPayload`` for a birth's metric without a name or datatype."""
    if metric.name is None or metric.type is None:
        raise BadPayload("a birth's metric without name or datatype")
    use = Use.NONE
    if device == "" and metric.name in _LEDGER:
        use, type_ = _LEDGER[metric.name]
        if metric.type is not type_:
            raise BadPayload(f"{metric.name} is no {type_.name}")
    elif (
        metric.type in _TEXTS | _NUMBERS
        and metric.name not in _NOT_SHOWN
        and not metric.name.startswith(("Node Control/", "Device Control/"))
        and len(metric.name) <= NAME_LIMIT
        and "\0" not in metric.name
    ):
        use = Use.FIGURE
    return Meaning(device, metric.name, metric.type, use)


def reading(what: Meaning, value: Value, timestamp: int | None, now_ms: int) -> Reading:
    """The figure's value as the store keeps it: not a NaN, no NUL, a text of bounded length."""
    at = now_ms if timestamp is None or timestamp > now_ms else timestamp
    if value is None:
        return Reading(what.name, None, None, at)
    if isinstance(value, str):
        return Reading(what.name, None, value.replace("\0", "")[:TEXT_LIMIT], at)
    number = float(value)
    return Reading(what.name, number if math.isfinite(number) else None, None, at)


def value_of(one: wire.Metric, type_: DataType) -> Value:
    """A DATA metric's value. Raises ``BadPayload`` when it is none of the birth's datatype."""
    field = one.WhichOneof("value")
    if field is None or one.is_null:
        return None
    return as_type(getattr(one, field), type_)


def time_of(one: wire.Metric) -> int:
    """Raises ``BadPayload`` when it is past every calendar; 0: none."""
    at = one.timestamp
    if at > LAST_MS:
        raise BadPayload("a time after the year 9999")
    return at
