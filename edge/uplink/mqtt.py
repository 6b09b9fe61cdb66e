"""The thin rim on paho-mqtt: one MQTT 3.1.1 session, from CONNECT to its end.

Nothing of ours runs in a thread: ``events`` lets paho read and write and hands out what came;
paho's callbacks only append to a list, so none of them can fail. A session is never taken up again:
the next one is a new client with a new Will. Nothing is given to paho while it is offline, because
what it queues would come behind the next birth.

MQTT 3.1.1: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
"""

from __future__ import annotations

import logging
import select
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from edge.client import BrokerClient
from edge.config import Uplink
from edge.refused import Peer, Refused
from edge.sparkplug.node import Message
from edge.trust import client_context

log = logging.getLogger("tram.edge")

CONNECT_S = 15.0
"""TCP and TLS each; a link that needs longer does not carry a session."""
READS = 50
"""Packets taken at once, when TLS has decrypted several."""


@dataclass(frozen=True)
class Connected:
    """The broker accepted the session."""


@dataclass(frozen=True)
class Subscribed:
    """SUBACK; ``granted``: the broker took every topic."""

    granted: bool


@dataclass(frozen=True)
class Arrived:
    topic: str
    payload: bytes


@dataclass(frozen=True)
class Ended:
    """The session is over."""

    why: Refused


Event = Connected | Subscribed | Arrived | Ended


class Session:
    """``will`` is asked for once TCP and TLS stand, right before CONNECT: a booth that cannot even
    reach its broker uses up no bdSeq.
    """

    def __init__(self, settings: Uplink, client_id: str, password: str | None) -> None:
        """Raises ``UnusableFile`` for a certificate or key."""
        self._events: list[Event] = []
        self._settings = settings
        self._peer = peer(settings)
        client = BrokerClient(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        if settings.username:
            client.username_pw_set(settings.username, password)
        if settings.tls:
            client.tls_set_context(client_context(settings.ca, settings.cert, settings.key))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self._client = client

    def open(self, will: Callable[[], Message]) -> None:
        """TCP, TLS, the Will, CONNECT. Raises ``OSError`` when the broker is not reached."""

        def at_socket(client: Client, _userdata: Any, _socket: Any) -> None:
            message = will()
            client.will_set(message.topic, message.payload, message.qos, message.retain)

        self._client.on_socket_open = at_socket
        self._client.connect(
            self._settings.host, self._settings.port, keepalive=self._settings.keepalive_s
        )

    def fileno(self) -> int:
        """The socket, to wait for; -1: there is none (any more)."""
        socket = self._client.socket()
        return socket.fileno() if socket is not None else -1

    def wait(self, timeout_s: float) -> None:
        """Until there is something for ``events``, at most ``timeout_s``."""
        fd = self.fileno()
        if self._events or fd < 0 or self._pending():
            return
        # poll(2), because select(2) knows no descriptor over 1023.
        network = select.poll()
        network.register(fd, select.POLLIN | (select.POLLOUT if self.writing else 0))
        network.poll(timeout_s * 1000)

    def events(self) -> list[Event]:
        """Let paho read, write and ping without waiting; what came, in order."""
        code = self._client.loop_read()
        for _ in range(READS):
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or not self._pending():
                break
            code = self._client.loop_read()
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS and self.writing:
            code = self._client.loop_write()
        if code == MQTTErrorCode.MQTT_ERR_SUCCESS:
            code = self._client.loop_misc()
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not self._ended():
            self._events.append(Ended(self._lost(code.name)))
        events, self._events = self._events, []
        return events

    def _pending(self) -> bool:
        """TLS has decrypted bytes that the socket does not show any more."""
        socket = self._client.socket()
        return isinstance(socket, ssl.SSLSocket) and socket.pending() > 0

    def _ended(self) -> bool:
        return any(isinstance(event, Ended) for event in self._events)

    @property
    def writing(self) -> bool:
        """The network has not yet taken what was published: publish no more now."""
        return self._client.want_write()

    def subscribe(self, topics: Sequence[tuple[str, int]]) -> None:
        self._client.subscribe(list(topics))

    def publish(self, message: Message) -> bool:
        """False: the session is over, ``wait`` will say so."""
        info = self._client.publish(message.topic, message.payload, message.qos, message.retain)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self, within_s: float) -> None:
        """DISCONNECT behind all that was published: the broker will not publish the Will."""
        until = time.monotonic() + within_s
        with self._client.lingering(within_s):
            self._client.disconnect()
            while time.monotonic() < until:
                self.wait(0.1)
                if any(isinstance(event, Ended) for event in self.events()):
                    return
        self.drop()

    def drop(self) -> None:
        """Close the socket without a word: the broker publishes the Will."""
        socket = self._client.socket()
        if socket is not None:
            socket.close()

    def _on_connect(
        self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            self._events.append(Ended(self._peer.not_let_in(str(reason))))
        else:
            self._events.append(Connected())

    def _on_disconnect(
        self, _client: Client, _userdata: Any, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        self._events.append(Ended(self._lost(str(reason))))

    def _lost(self, reason: str) -> Refused:
        failure = self._client.failure
        return self._peer.refused(failure) if failure else self._peer.ended(reason)

    def _on_subscribe(
        self, _client: Client, _userdata: Any, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        self._events.append(Subscribed(all(not reason.is_failure for reason in reasons)))

    def _on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self._events.append(Arrived(topic, bytes(message.payload)))


def peer(settings: Uplink) -> Peer:
    """The region's broker, as it is named to people."""
    return Peer(settings.host, settings.port, "uplink")
