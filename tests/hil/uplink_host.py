"""A little host application on paho: hears everything, keeps the facts, acknowledges them.

Not the region's own: what the uplink does is judged here by the specification alone.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.report import chain
from edge.report.facts import ACKNOWLEDGED, COMMAND, EPOCH, REPORT, TOTAL, Acknowledged
from edge.sparkplug.birth import REBIRTH
from edge.sparkplug.datatype import DataType
from edge.sparkplug.payload import Metric, Payload, Value, as_type, decode, encode
from edge.sparkplug.topic import MessageType, Topic
from hw.twins.broker import Broker
from tests.hil.uplink_booth import CODE, GROUP
from tests.patience import CEILING_S

_encode = msgspec.msgpack.Encoder().encode
_report = msgspec.msgpack.Decoder(tuple[str, int, list[msgspec.Raw]]).decode


@dataclass(frozen=True)
class Heard:
    """A message as it came, its metrics by name and with the types of the birth."""

    topic: Topic
    qos: int
    retain: bool
    payload: Payload
    metrics: dict[str, Metric]

    @property
    def kind(self) -> MessageType:
        return self.topic.kind

    def value(self, name: str) -> Value:
        return self.metrics[name].value


@dataclass
class Books:
    """What a region holds of one journal."""

    through: int = 0
    total: int = 0
    chain: bytes = b""
    facts: dict[int, bytes] = field(default_factory=dict)
    unequal: list[int] = field(default_factory=list)
    """Facts that came twice with other bytes."""
    copies: int = 0


class Host:
    """``answers`` False: it hears and stays silent."""

    def __init__(self, broker: Broker) -> None:
        self.answers = True
        self.heard: list[Heard] = []
        self.books: dict[str, Books] = {}
        self._bytes: dict[MessageType, bytes] = {}
        self.errors: list[str] = []
        self._changed = threading.Condition()
        self._names: dict[int, tuple[str, DataType]] = {}
        client = Client(
            CallbackAPIVersion.VERSION2, "test-host", True, None, MQTTProtocolVersion.MQTTv311
        )
        if broker.authority:
            client.tls_set(str(broker.authority.ca))
        client.reconnect_delay_set(1, 1)
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        self._ready = threading.Event()
        self._client = client
        client.connect(broker.host, broker.port, keepalive=60)
        client.loop_start()
        if not self._ready.wait(CEILING_S):
            raise RuntimeError("the test's host could not subscribe")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe("spBv1.0/#", 1)

    def _on_subscribe(self, *_: Any) -> None:
        self._ready.set()

    def subscribed_again(self) -> None:
        """After a broker's restart: wait until it hears again."""
        if not self._ready.wait(CEILING_S):
            raise AssertionError("the host did not come back")

    def forget_connection(self) -> None:
        self._ready.clear()

    # ---- messages ------------------------------------------------------------------------

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic.startswith("spBv1.0/STATE/"):
            return
        try:
            topic = Topic.parse(message.topic)
            if topic.kind not in (MessageType.NCMD, MessageType.DCMD):  # our own
                self._take(topic, message)
        except Exception as error:
            self.errors.append(repr(error))
        with self._changed:
            self._changed.notify_all()

    def _take(self, topic: Topic, message: MQTTMessage) -> None:
        payload = decode(bytes(message.payload))
        self._bytes[topic.kind] = bytes(message.payload)
        birth = topic.kind in (MessageType.NBIRTH, MessageType.DBIRTH)
        if topic.kind is MessageType.NBIRTH:
            self._names.clear()
        metrics: dict[str, Metric] = {}
        for metric in payload.metrics:
            if birth and metric.alias is not None:
                assert metric.name is not None
                assert metric.type is not None
                self._names[metric.alias] = metric.name, metric.type
            name, value = metric.name, metric.value
            if name is None:
                assert metric.alias is not None
                name, kind = self._names[metric.alias]
                value = as_type(value, kind)
            metrics[name] = Metric(
                name, value, metric.type, metric.timestamp, metric.alias, metric.is_historical
            )
        self.heard.append(Heard(topic, message.qos, message.retain, payload, metrics))
        if topic.kind is MessageType.NBIRTH:
            epoch, total = metrics[EPOCH].value, metrics[TOTAL].value
            if isinstance(epoch, str) and isinstance(total, int):
                books = self._of(epoch)
                books.total = max(total, books.total)
                self._answer(epoch)
        elif REPORT in metrics:
            wire = metrics[REPORT].value
            assert isinstance(wire, bytes)
            self._keep(*_report(wire))

    def _of(self, epoch: str) -> Books:
        return self.books.setdefault(epoch, Books(chain=chain.start(CODE, epoch)))

    def _keep(self, epoch: str, number: int, entries: list[msgspec.Raw]) -> None:
        books = self._of(epoch)
        for at, entry in enumerate(map(bytes, entries), start=number):
            if at in books.facts:
                books.copies += 1
                if books.facts[at] != entry:
                    books.unequal.append(at)
            books.facts.setdefault(at, entry)
        while (entry := books.facts.get(books.through + 1, b"")) != b"":
            books.chain = hashlib.sha256(books.chain + entry).digest()
            books.through += 1
        self._answer(epoch)

    def _answer(self, epoch: str) -> None:
        if self.answers:
            books = self._of(epoch)
            self.acknowledge(epoch, books.through, chain.proof(books.chain))

    # ---- commands ------------------------------------------------------------------------

    def acknowledge(self, epoch: str, through: int, proof: bytes) -> None:
        self._write(
            Metric(ACKNOWLEDGED, _encode(Acknowledged(epoch, through, proof)), DataType.BYTES)
        )

    def command(self, wire: bytes) -> None:
        self._write(Metric(COMMAND, wire, DataType.BYTES))

    def rebirth(self) -> None:
        self._write(Metric(REBIRTH, True, DataType.BOOLEAN))

    def _write(self, metric: Metric) -> None:
        topic = Topic(GROUP, MessageType.NCMD, CODE)
        self._client.publish(str(topic), encode(Payload((metric,), 1)), 0)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain)

    # ---- what a test asks ----------------------------------------------------------------

    def last_bytes(self, kind: MessageType) -> bytes:
        """The newest payload of that kind, as it came."""
        return self._bytes[kind]

    def all(self, kind: MessageType) -> list[Heard]:
        return [heard for heard in list(self.heard) if heard.kind is kind]

    def wait(self, what: str, condition: Callable[[], object], within_s: float = CEILING_S) -> None:
        """Until ``condition`` holds. Raises AssertionError naming ``what`` when it does not."""
        with self._changed:
            if not self._changed.wait_for(lambda: bool(condition()) or self.errors, within_s):
                raise AssertionError(f"not within {within_s:.0f} s: {what}")
        assert not self.errors, self.errors

    def poll(self, what: str, condition: Callable[[], bool], within_s: float = CEILING_S) -> None:
        """Like ``wait``, for what no message to this host tells of."""
        until = time.monotonic() + within_s
        while not condition():
            if time.monotonic() > until:
                raise AssertionError(f"not within {within_s:.0f} s: {what}")
            time.sleep(0.05)

    def wait_for_births(self, count: int) -> None:
        self.wait(f"birth {count}", lambda: len(self.all(MessageType.NBIRTH)) >= count)

    def wait_until_whole(self, facts: int, within_s: float = CEILING_S) -> Books:
        """Until facts 1…``facts`` of the newest journal are here."""
        self.wait(
            f"{facts} facts", lambda: any(b.through >= facts for b in self.books.values()), within_s
        )
        return next(b for b in self.books.values() if b.through >= facts)
