"""Packets of the R503 family, framed and verified. Pure: bytes in, packets out.

EF01, address (4), type (1), length (2), payload, 16-bit sum of type, length and payload, all big
endian (R503 user manual, "Data package format"). The library beneath which this lies
(adafruit-circuitpython-fingerprint 2.2.25) reads the sum and ignores it, so that one flipped bit
would end up in a packet as a piece of somebody's finger.
"""

from __future__ import annotations

from dataclasses import dataclass

COMMAND, DATA, ACK, END = 0x01, 0x02, 0x07, 0x08
START = bytes.fromhex("EF01FFFFFFFF")
"""Start code and the factory address, the only one we use."""
HEAD_BYTES = 9
LONGEST_PAYLOAD = 256
OVERHEAD_BYTES = HEAD_BYTES + 2
"""Of a packet beside its payload: the wire time of a transfer follows from it."""


class BadPacket(Exception):
    """What came is no packet; the framer has thrown it away (``lost``) up to the next start."""

    def __init__(self, why: str, lost: bytes) -> None:
        super().__init__(why)
        self.lost = lost


@dataclass(frozen=True)
class Packet:
    kind: int
    payload: bytes

    def encoded(self) -> bytes:
        """As on the wire. Payloads beyond the wire's 256 bytes are for our own side only."""
        body = bytes([self.kind]) + (len(self.payload) + 2).to_bytes(2, "big") + self.payload
        return START + body + (sum(body) & 0xFFFF).to_bytes(2, "big")


class Framer:
    """Cuts a byte stream into packets. Anything that is not a whole, right packet is an error:
    also a byte too many between two packets, because a corrupted length leaves such traces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def pending(self) -> int:
        """Bytes of a packet that is not complete yet."""
        return len(self._buffer)

    def clear(self) -> bytes:
        """Forget everything; returns what it was."""
        old = bytes(self._buffer)
        self._buffer.clear()
        return old

    def take(self) -> Packet | None:
        """The next packet, or None when more bytes are needed. Raises ``BadPacket``."""
        buffer = self._buffer
        if buffer[: len(START)] != START[: len(buffer)]:
            raise BadPacket("no packet starts here", self._skip())
        if len(buffer) < HEAD_BYTES:
            return None
        kind, length = buffer[6], int.from_bytes(buffer[7:9], "big")
        if kind not in (COMMAND, DATA, ACK, END) or not 2 <= length <= LONGEST_PAYLOAD + 2:
            raise BadPacket(f"impossible head: type {kind:#04x}, length {length}", self._skip())
        if len(buffer) < HEAD_BYTES + length:
            return None
        body = buffer[6 : 7 + length]
        expected = int.from_bytes(buffer[7 + length : 9 + length], "big")
        if sum(body) & 0xFFFF != expected:
            why = f"sum {sum(body) & 0xFFFF:#06x}, expected {expected:#06x}"
            raise BadPacket(why, self._skip())
        packet = Packet(kind, bytes(body[3:]))
        del buffer[: HEAD_BYTES + length]
        return packet

    def _skip(self) -> bytes:
        """To the next place where a packet could start; returns what is skipped."""
        start = self._buffer.find(START[:1], 1)
        lost = bytes(self._buffer[: start if start > 0 else len(self._buffer)])
        del self._buffer[: len(lost)]
        return lost
