"""What a host says to edge nodes: NCMD payloads. Sparkplug 3.0, chapters 4.2.10 and 6.4.21."""

from __future__ import annotations

import msgspec

from edge.report.facts import ACKNOWLEDGED, COMMAND, Acknowledged
from edge.sparkplug.payload import DataType, Metric, Payload, encode
from edge.sparkplug.topic import MessageType, Topic

_pack = msgspec.msgpack.Encoder().encode


def topic(group: str, station: str) -> str:
    return str(Topic(group, MessageType.NCMD, station))


def rebirth(now_ms: int) -> bytes:
    metric = Metric("Node Control/Rebirth", True, DataType.BOOLEAN, now_ms)
    return encode(Payload((metric,), now_ms), datatypes=False)


def acknowledged(acknowledgement: Acknowledged, now_ms: int) -> bytes:
    return _carry(ACKNOWLEDGED, _pack(acknowledgement), now_ms)


def signed(command: bytes, now_ms: int) -> bytes:
    """``command``: as ``edge.report.orders.sign`` made it."""
    return _carry(COMMAND, command, now_ms)


def _carry(name: str, what: bytes, now_ms: int) -> bytes:
    metric = Metric(name, what, DataType.BYTES, now_ms)
    return encode(Payload((metric,), now_ms), datatypes=False)
