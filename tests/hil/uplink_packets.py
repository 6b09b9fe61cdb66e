"""MQTT control packets out of a proxy's log, by the standard's field table.

MQTT 3.1.1, chapters 2 and 3: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/mqtt-v3.1.1.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 8, 9, 14


@dataclass(frozen=True)
class Packet:
    """``up``: from the booth. ``body``: behind the fixed header."""

    up: bool
    kind: int
    flags: int
    body: bytes

    @property
    def topic(self) -> str:
        """Of a PUBLISH."""
        return _text(self.body, 0)[0]

    @property
    def payload(self) -> bytes:
        """Of a PUBLISH."""
        at = _text(self.body, 0)[1]
        return self.body[at + (2 if self.flags & 6 else 0) :]

    @property
    def subscriptions(self) -> list[tuple[str, int]]:
        """Of a SUBSCRIBE: filters and QoS."""
        found, at = [], 2
        while at < len(self.body):
            topic, at = _text(self.body, at)
            found.append((topic, self.body[at]))
            at += 1
        return found


@dataclass(frozen=True)
class Connect:
    """The variable header and the payload of a CONNECT."""

    level: int
    clean: bool
    will_qos: int
    will_retain: bool
    will_topic: str
    will: bytes

    @classmethod
    def of(cls, packet: Packet) -> Connect:
        _, at = _text(packet.body, 0)
        level, flags = packet.body[at], packet.body[at + 1]
        assert flags & 4, "no Will"
        _client, at = _text(packet.body, at + 4)
        topic, at = _text(packet.body, at)
        length = int.from_bytes(packet.body[at : at + 2], "big")
        will = packet.body[at + 2 : at + 2 + length]
        return cls(level, bool(flags & 2), flags >> 3 & 3, bool(flags & 32), topic, will)


def packets(log: Iterable[tuple[bool, bytes]]) -> list[Packet]:
    """Whole packets in the order in which their last byte came. One connection after another."""
    held = {True: b"", False: b""}
    found = []
    for up, data in log:
        held[up] += data
        while (cut := _first(held[up])) is not None:
            start, end = cut
            head = held[up][0]
            found.append(Packet(up, head >> 4, head & 15, held[up][start:end]))
            held[up] = held[up][end:]
    return found


def _first(data: bytes) -> tuple[int, int] | None:
    length, shift = 0, 0
    for at, byte in enumerate(data[1:5], start=1):
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            end = at + 1 + length
            return (at + 1, end) if len(data) >= end else None
    return None


def _text(body: bytes, at: int) -> tuple[str, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : end].decode(), end
