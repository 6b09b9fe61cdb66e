"""What a host application puts on the wire, packet by packet, as a broker made of a socket sees it.

MQTT 3.1.1, chapter 3.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from tests.patience import CEILING_S


@dataclass(frozen=True)
class Packet:
    """``kind``: MQTT's number of it. A CONNECT tells its will; a SUBSCRIBE its topics."""

    kind: int
    topic: str = ""
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    clean: bool = False
    topics: tuple[str, ...] = ()
    at_ms: int = field(default=0, compare=False)


CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 1, 3, 8, 14


class TellingBroker:
    """Takes one client; answers CONNECT, SUBSCRIBE, QoS 1 and pings; keeps every packet."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.packets: list[Packet] = []
        self._came = threading.Condition()
        self._client: socket.socket | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def until(self, kind: int, count: int = 1) -> list[Packet]:
        """The packets, once ``count`` of ``kind`` have come. Raises ``TimeoutError``."""
        with self._came:
            if not self._came.wait_for(
                lambda: sum(one.kind == kind for one in self.packets) >= count, CEILING_S
            ):
                raise TimeoutError(f"no packet {kind}: {self.packets}")
            return list(self.packets)

    def publish(self, topic: str, payload: bytes) -> None:
        assert self._client is not None
        body = _text(topic) + payload
        self._client.sendall(b"\x30" + _length(len(body)) + body)

    def close(self) -> None:
        self._listener.close()
        if self._client is not None:
            self._client.close()

    def _serve(self) -> None:
        try:
            self._client, _ = self._listener.accept()
            with self._client.makefile("rb") as stream:
                while first := stream.read(1):
                    length = shift = 0
                    while True:
                        byte = stream.read(1)[0]
                        length |= (byte & 127) << shift
                        shift += 7
                        if byte < 128:
                            break
                    self._take(self._client, first[0], stream.read(length))
        except (OSError, ValueError, IndexError):
            return
        finally:  # as a broker does when the client has said its last
            if self._client is not None:
                self._client.close()

    def _take(self, client: socket.socket, first: int, body: bytes) -> None:
        kind, packet = first >> 4, Packet(first >> 4)
        if kind == CONNECT:
            packet = _connect(body)
            client.sendall(b"\x20\x02\x00\x00")
        elif kind == SUBSCRIBE:
            topics, rest = [], body[2:]
            while rest:
                topic, rest = _take_text(rest)
                topics.append(topic.decode())
                rest = rest[1:]
            packet = Packet(kind, topics=tuple(topics))
            client.sendall(b"\x90" + _length(2 + len(topics)) + body[:2] + b"\x01" * len(topics))
        elif kind == PUBLISH:
            qos = first >> 1 & 3
            topic, rest = _take_text(body)
            if qos:
                client.sendall(b"\x40\x02" + rest[:2])
                rest = rest[2:]
            packet = Packet(kind, topic.decode(), rest, qos, bool(first & 1), at_ms=_now())
        elif kind == 12:
            client.sendall(b"\xd0\x00")
        with self._came:
            self.packets.append(packet)
            self._came.notify_all()


def _connect(body: bytes) -> Packet:
    _protocol, rest = _take_text(body)
    flags, rest = rest[1], rest[4:]
    _client_id, rest = _take_text(rest)
    if not flags & 4:
        return Packet(CONNECT, clean=bool(flags & 2))
    topic, rest = _take_text(rest)
    payload, _ = _take_text(rest)
    return Packet(
        CONNECT,
        topic.decode(),
        payload,
        flags >> 3 & 3,
        bool(flags & 32),
        bool(flags & 2),
        at_ms=_now(),
    )


def _now() -> int:
    return time.time_ns() // 1_000_000


def _text(text: str) -> bytes:
    return struct.pack("!H", len(text.encode())) + text.encode()


def _take_text(data: bytes) -> tuple[bytes, bytes]:
    (length,) = struct.unpack("!H", data[:2])
    return data[2 : 2 + length], data[2 + length :]


def _length(length: int) -> bytes:
    out = bytearray()
    while length > 127:
        out.append(length & 127 | 128)
        length >>= 7
    out.append(length)
    return bytes(out)
