"""What a host says to edge nodes: NCMD messages. Sparkplug 3.0, chapters 4.2.10 and 6.4.21.

QoS 0, not retained. A metric is written by its alias where the birth gave it one, by name
otherwise; Node Control/Rebirth never has one.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from edge.report.facts import Acknowledged
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric, Payload, Value, encode
from edge.sparkplug.topic import MessageType, Topic

QOS = 0
RETAIN = False
REBIRTH = "Node Control/Rebirth"
_pack = msgspec.msgpack.Encoder().encode


class Address(NamedTuple):
    """A metric that a node offers to be written."""

    group: str
    station: str
    metric: str
    alias: int | None = None


class Command(NamedTuple):
    topic: str
    payload: bytes


def rebirth(group: str, station: str, now_ms: int) -> Command:
    return _write(Address(group, station, REBIRTH), True, DataType.BOOLEAN, now_ms)


def acknowledged(to: Address, acknowledgement: Acknowledged, now_ms: int) -> Command:
    return _write(to, _pack(acknowledgement), DataType.BYTES, now_ms)


def signed(to: Address, command: bytes, now_ms: int) -> Command:
    """``command``: as ``edge.report.orders.sign`` made it."""
    return _write(to, command, DataType.BYTES, now_ms)


def _write(to: Address, value: Value, type_: DataType, now_ms: int) -> Command:
    name = to.metric if to.alias is None else None
    metric = Metric(name, value, type_, now_ms, to.alias)
    return Command(
        str(Topic(to.group, MessageType.NCMD, to.station)),
        encode(Payload((metric,), now_ms), datatypes=False),
    )
