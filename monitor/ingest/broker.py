"""One MQTT connection of a host application, read in bursts by the worker's own loop.

No thread: when the worker does not read, TCP holds the broker back, and that is the backpressure.
Sparkplug 3.0, chapter 5.8: will, subscriptions, then STATE. MQTT 3.1.1 through paho-mqtt.
"""

from __future__ import annotations

import logging
import select
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.client import BrokerClient
from edge.refused import Peer
from edge.sparkplug.topic import NAMESPACE
from edge.trust import client_context
from monitor.config import Broker
from monitor.host import commands, state
from monitor.ingest.stream import Next, Stream

log = logging.getLogger(__name__)

KEEPALIVE_S = 30
ANSWER_S = 10.0
"""How long connecting and subscribing may take each."""
OF_NODES = ("NBIRTH", "NDEATH", "NDATA")
OF_DEVICES = ("DBIRTH", "DDEATH", "DDATA")


class BrokerAway(Exception):
    """Not connected, or no longer. The message says why, for the log."""


class _Client(BrokerClient):
    """paho, receiving through a ``Stream``."""

    def _create_socket(self) -> Any:
        return Stream(super()._create_socket())


class Link:
    """A connection that is up; made anew when it is lost.

    ``take(topic, payload)`` is called for every message within ``pump``.
    """

    def __init__(
        self,
        broker: Broker,
        host_id: str,
        groups: Iterable[str],
        take: Callable[[str, bytes], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._take = take
        self._state_topic = state.topic(host_id)
        self._now_ms = now_ms
        self._timestamp = now_ms()
        self._received = 0
        self._answered: set[str] = set()
        self._lost: str | None = None
        self._peer = Peer(broker.host, broker.port, "broker")
        try:
            self._client = self._made(broker, host_id)
            self._client.connect(broker.host, broker.port, keepalive=KEEPALIVE_S)
        except (OSError, ValueError) as error:
            raise BrokerAway(str(self._peer.refused(error))) from error
        self._until("connected")
        self._client.subscribe(_subscriptions(self._state_topic, groups))
        self._until("subscribed")
        self._publish_state(state.birth(self._timestamp))

    def _made(self, broker: Broker, host_id: str) -> _Client:
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"tram-{host_id}",
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
        )
        if broker.user:
            client.username_pw_set(broker.user, broker.password())
        if broker.ca is not None:
            client.tls_set_context(client_context(broker.ca, broker.cert, broker.key))
        client.will_set(
            self._state_topic, state.death(self._timestamp), qos=state.QOS, retain=state.RETAIN
        )
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(self, _c: Any, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        if code.is_failure:
            self._lost = str(self._peer.not_let_in(str(code)))
        self._answered.add("connected")

    def _on_subscribe(self, _c: Any, _u: Any, _m: Any, codes: list[ReasonCode], _p: Any) -> None:
        if any(code.is_failure for code in codes):
            self._lost = str(self._peer.not_let_in("subscriptions"))
        self._answered.add("subscribed")

    def _on_disconnect(self, _c: Any, _u: Any, _f: Any, code: ReasonCode, _p: Any) -> None:
        self._lost = self._lost or self._ended(str(code))

    def _ended(self, reason: str) -> str:
        stream, failure = self._client.socket(), self._client.failure
        if isinstance(stream, Stream):
            failure = stream.failure or failure
        return str(self._peer.refused(failure) if failure else self._peer.ended(reason))

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        # QoS 1: deaths, which the broker publishes, and this host's own STATE
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._came(topic.encode(), bytes(message.payload))

    def _came(self, topic: bytes, payload: bytes) -> None:
        self._received += 1
        try:
            name = topic.decode()
        except UnicodeDecodeError:
            return
        if name != self._state_topic:
            self._take(name, payload)
        elif state.says_offline(payload):
            self._publish_state(state.birth(self._timestamp))

    def _publish_state(self, payload: bytes) -> None:
        self._client.publish(self._state_topic, payload, qos=state.QOS, retain=state.RETAIN)

    def _until(self, answered: str) -> None:
        deadline = monotonic() + ANSWER_S
        while answered not in self._answered:
            if monotonic() > deadline:
                self.drop()
                reason = f"not {answered} within {ANSWER_S:.0f} s"
                raise BrokerAway(str(self._peer.ended(reason)))
            self.pump(0.1, 1)

    # ---- while it is up ------------------------------------------------------------------

    def pump(self, timeout_s: float, most: int) -> int:
        """Wait up to ``timeout_s``, then take in at most ``most`` messages; how many came.

        ``most`` 0: nothing is read, the broker is held back. Raises ``BrokerAway``.
        """
        stream = self._stream()
        before = self._received
        readable, writable, _ = select.select(
            [stream] if most else [],
            [stream] if self._client.want_write() else [],
            [],
            0 if most and stream.next() is not Next.NOTHING_WHOLE else timeout_s,
        )
        if writable:
            self._client.loop_write()
        if most:
            self._read(stream, before + most, bool(readable))
        self._client.loop_misc()
        if self._lost:
            raise BrokerAway(self._lost)
        return self._received - before

    def _stream(self) -> Stream:
        stream = self._client.socket()
        if stream is None or self._lost:
            raise BrokerAway(self._lost or "the connection was lost")
        assert isinstance(stream, Stream)
        return stream

    def _read(self, stream: Stream, until: int, more: bool) -> None:
        while self._received < until:
            for topic, payload in stream.publications(until - self._received):
                self._came(topic, payload)
            match stream.next():
                case Next.OTHER:
                    if self._client.loop_read() is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                        self._lost = self._lost or self._ended("connection lost")
                        return
                case Next.NOTHING_WHOLE:
                    more = more and stream.fill()
                    if not more:
                        return

    def publish(self, command: commands.Command) -> None:
        self._client.publish(
            command.topic, command.payload, qos=commands.QOS, retain=commands.RETAIN
        )

    def close(self) -> None:
        """Say that the host goes, then disconnect."""
        told = self._client.publish(
            self._state_topic, state.death(self._now_ms()), qos=state.QOS, retain=state.RETAIN
        )
        deadline = monotonic() + ANSWER_S
        try:
            while not told.is_published() and monotonic() < deadline:
                self.pump(0.1, 1)
        except BrokerAway:
            return
        with self._client.lingering(ANSWER_S):
            self._client.disconnect()

    def drop(self) -> None:
        """End it without a word: the broker publishes the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()


def _subscriptions(state_topic: str, groups: Iterable[str]) -> list[tuple[str, int]]:
    """Not ``group/#``: that would bring the host its own commands back."""
    topics = [state_topic]
    for group in groups:
        topics += [f"{NAMESPACE}/{group}/{kind}/+" for kind in OF_NODES]
        topics += [f"{NAMESPACE}/{group}/{kind}/+/+" for kind in OF_DEVICES]
    return [(topic, 1) for topic in topics]
