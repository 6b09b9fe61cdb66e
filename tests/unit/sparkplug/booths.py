"""A booth as an edge node, and what it has to say, as every test of this folder starts from."""

from __future__ import annotations

from collections.abc import Sequence

from edge.sparkplug.datatype import DataType
from edge.sparkplug.node import EdgeNode, Message
from edge.sparkplug.payload import Metric, Payload, decode

GROUP = "vn-38"
NODE = "TH0001"
DEVICES = ("camera", "fingerprint", "printer")
NOW = 1_764_000_000_000
"""Ms since 1970 UTC."""
HOST = "region-38"

WALK_IN = Metric("Queue/Walk-in", 4, DataType.INT32)
TEMPERATURE = Metric("Host/Temperature", 41.5, DataType.FLOAT)
REPORT = Metric("Facts/Report", None, DataType.BYTES)
TARGET = Metric("Target/Per day", 200, DataType.INT32)
FIGURES = (WALK_IN, TEMPERATURE, REPORT, TARGET)
STATE = Metric("State", "works", DataType.STRING)
FAULT = Metric("Fault", "", DataType.STRING)


def booth(primary_host: str | None = None) -> EdgeNode:
    return EdgeNode(GROUP, NODE, DEVICES, primary_host=primary_host)


def births(node: EdgeNode, now_ms: int = NOW, dead: Sequence[str] = ()) -> list[Message]:
    """Every device is born but those that are ``dead``."""
    devices = {device: None if device in dead else (STATE, FAULT) for device in DEVICES}
    return node.born(now_ms, FIGURES, devices)


def session(bd_seq: int = 0) -> EdgeNode:
    """A booth that has sent its births."""
    node = booth()
    node.connecting(bd_seq, NOW)
    births(node)
    return node


def read(message: Message) -> Payload:
    return decode(message.payload)


def by_name(message: Message) -> dict[str, Metric]:
    """Metrics of a birth or a death."""
    return {metric.name: metric for metric in read(message).metrics if metric.name is not None}


def topic(kind: str, device: str | None = None) -> str:
    base = f"spBv1.0/{GROUP}/{kind}/{NODE}"
    return base if device is None else f"{base}/{device}"


def every_message(node: EdgeNode) -> dict[str, Message]:
    """One message of each type that a born booth sends, by type, in an allowed order."""
    will = node.connecting(1, NOW)
    first, camera, *_ = births(node, dead=("printer",))
    return {
        "NBIRTH": first,
        "DBIRTH": camera,
        "NDATA": node.data(NOW + 1, [WALK_IN]),
        "DDATA": node.device_data(NOW + 2, "camera", [FAULT]),
        "DDEATH": node.device_died(NOW + 3, "camera"),
        "Will": will,
        "NDEATH": node.died(NOW + 4),
    }
