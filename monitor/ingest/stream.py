"""paho's socket, with publications taken out of what was received in bulk.

paho reads a packet in three calls of the system and twenty steps of Python; at thousands of
messages a second that is more than everything else a worker does. So whole QoS 0 PUBLISH packets
are taken here, and every other packet is left to paho, which reads it from this buffer. paho
is handed whole packets only, so both always stand at the start of one.

MQTT 3.1.1, chapters 2.2 (fixed header) and 3.3 (PUBLISH).
"""

from __future__ import annotations

import ssl
from enum import Enum
from typing import Any

CHUNK = 1 << 18
PACKET_LIMIT = 4 << 20
"""No message of a booth comes near it; a longer packet is thrown away as it comes in."""
_PUBLISH_QOS_0 = 0x30
_TYPE_AND_QOS = 0xF6
_MORE = 0x80
_LONGEST_HEADER = 5


class Next(Enum):
    """What the buffer begins with."""

    NOTHING_WHOLE = "nothing whole"
    PUBLICATION = "a QoS 0 publication"
    OTHER = "a packet for paho"


class Stream:
    """Stands where paho has its socket; what is not about receiving goes to the real one."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self._buffer = b""
        self._at = 0
        self._skip = 0
        self._ended = False
        self.failure: OSError | None = None
        """Why the connection ended, if it broke."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def recv(self, size: int) -> bytes:
        """For paho: from the buffer alone. b"" when the connection ended."""
        data = self._buffer[self._at : self._at + size]
        if not data and not self._ended:
            raise BlockingIOError
        self._at += len(data)
        return data

    def fill(self) -> bool:
        """Receive once; whether anything came. At the connection's end paho will find it."""
        try:
            data = self._sock.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            self.failure, data = error, b""
        if not data:
            self._ended = True
        if self._skip:
            gone = min(self._skip, len(data))
            self._skip -= gone
            data = data[gone:]
        self._buffer = self._buffer[self._at :] + data
        self._at = 0
        return True

    def publications(self, most: int) -> list[tuple[bytes, bytes]]:
        """Topics and payloads of at most ``most`` publications at the buffer's start."""
        found: list[tuple[bytes, bytes]] = []
        buffer, at = self._buffer, self._at
        while len(found) < most:
            start, stop = _body(buffer, at)
            if not 0 < stop <= len(buffer) or buffer[at] & _TYPE_AND_QOS != _PUBLISH_QOS_0:
                break
            topic_at = start + 2
            payload_at = topic_at + (buffer[start] << 8 | buffer[start + 1])
            found.append((buffer[topic_at:payload_at], buffer[payload_at:stop]))
            at = stop
        self._at = at
        return found

    def next(self) -> Next:
        _, stop = _body(self._buffer, self._at)
        if stop - self._at > PACKET_LIMIT:
            self._skip = stop - len(self._buffer)
            self._at = len(self._buffer)
            return Next.NOTHING_WHOLE
        if self._ended:
            return Next.OTHER
        if not 0 < stop <= len(self._buffer):
            return Next.NOTHING_WHOLE
        first = self._buffer[self._at]
        return Next.PUBLICATION if first & _TYPE_AND_QOS == _PUBLISH_QOS_0 else Next.OTHER


def _body(buffer: bytes, at: int) -> tuple[int, int]:
    """Where the body of the packet at ``at`` begins and ends; ends at 0: its header is not here."""
    if len(buffer) - at < 2:
        return 0, 0
    length = buffer[at + 1]
    start = at + 2
    if length & _MORE:
        length, shift, start = 0, 0, at + 1
        while True:
            if start >= len(buffer) or start - at >= _LONGEST_HEADER:
                return 0, 0
            byte = buffer[start]
            length |= (byte & 0x7F) << shift
            shift += 7
            start += 1
            if not byte & _MORE:
                break
    return start, start + length
