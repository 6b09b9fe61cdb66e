"""What a booth told, once as it was and once as plain JSON: the same over the same TLS socket."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.uplink_day import ANSWER_S, Meter
from edge.report.facts import REPORT, Report
from edge.sparkplug.payload import decode
from edge.sparkplug.topic import NAMESPACE, MessageType, Topic, parse
from hw.twins.broker import Broker

Message = tuple[str, bytes]
_report = msgspec.msgpack.Decoder(Report).decode
_TOLD = ("NBIRTH", "DBIRTH", "NDATA", "DDATA", "DDEATH", "NDEATH")


class Ear:
    """Keeps what the booths publish, as it is."""

    def __init__(self, broker: Broker) -> None:
        assert broker.authority is not None
        self.heard: list[Message] = []
        ready = threading.Event()
        self._client = client = Client(CallbackAPIVersion.VERSION2)
        client.tls_set(str(broker.authority.ca))
        client.on_message = lambda _c, _u, message: self.heard.append(
            (message.topic, bytes(message.payload))
        )
        client.on_subscribe = lambda *_: ready.set()
        client.connect(broker.host, broker.port)
        client.subscribe([(f"{NAMESPACE}/+/{kind}/#", 1) for kind in _TOLD])
        client.loop_start()
        if not ready.wait(ANSWER_S):
            raise RuntimeError("the broker does not answer")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def as_json(messages: Sequence[Message]) -> list[Message]:
    """One JSON message each, field names in full, the facts of a report written out."""
    names: dict[int, str] = {}
    out = []
    for topic, payload in messages:
        where, read = parse(topic), decode(payload)
        assert isinstance(where, Topic)
        if where.kind in (MessageType.NBIRTH, MessageType.DBIRTH):
            names |= {m.alias: m.name for m in read.metrics if m.alias is not None and m.name}
        metrics = []
        for metric in read.metrics:
            name = metric.name or names[metric.alias or 0]
            value: Any = metric.value
            if name == REPORT and isinstance(value, bytes):
                value = _report(value)
            told: dict[str, Any] = {"name": name, "timestamp": metric.timestamp, "value": value}
            if metric.is_historical:
                told["is_historical"] = True
            metrics.append(told)
        plain = {"timestamp": read.timestamp, "seq": read.seq, "metrics": metrics}
        out.append((topic, msgspec.json.encode(_plain(plain))))
    return out


def _plain(value: Any) -> Any:
    """Structs as objects: what is an array on the wire has its field names here."""
    if isinstance(value, msgspec.Struct):
        fields = {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
        tag = value.__struct_config__.tag
        return fields if tag is None else {"kind": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def socket_bytes(broker: Broker, messages: Sequence[Message]) -> int:
    """What it takes to publish them (QoS 0) in one session over TLS, its beginning and end not
    counted.
    """
    assert broker.authority is not None
    meter = Meter(broker)
    client = Client(CallbackAPIVersion.VERSION2)
    client.tls_set(str(broker.authority.ca))
    client.connect(broker.host, meter.proxy.port)
    client.loop_start()
    deadline = time.monotonic() + ANSWER_S
    while not client.is_connected() and time.monotonic() < deadline:
        time.sleep(0.01)
    meter.settle()
    begun = meter.up
    for topic, payload in messages:
        client.publish(topic, payload).wait_for_publish(ANSWER_S)
    meter.settle()
    client.loop_stop()
    meter.proxy.close()
    return meter.up - begun
