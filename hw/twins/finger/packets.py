"""Packets of the R503, as the sensor sees them.

EF01, address (4), type (1), length (2), payload, 16-bit sum of type, length and payload, all big
endian; length counts payload and sum (R503 user manual, "Data package format").
"""

from __future__ import annotations

COMMAND, DATA, ACK, END = 0x01, 0x02, 0x07, 0x08
HEAD = bytes.fromhex("EF01FFFFFFFF")
LONGEST_COMMAND = 64


def encoded(kind: int, payload: bytes) -> bytes:
    body = bytes([kind]) + (len(payload) + 2).to_bytes(2, "big") + payload
    return HEAD + body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def transfer(data: bytes, packet_bytes: int) -> list[bytes]:
    """``data`` as data packets, the last one marked as the end."""
    cuts = range(0, len(data), packet_bytes)
    return [
        encoded(
            END if start + packet_bytes >= len(data) else DATA, data[start : start + packet_bytes]
        )
        for start in cuts
    ]


def next_command(buffer: bytearray) -> bytes | None:
    """Take one command's payload off ``buffer``; b"" for one with a wrong sum; None for more."""
    while True:
        start = buffer.find(HEAD)
        if start < 0:
            del buffer[: max(0, len(buffer) - len(HEAD) + 1)]
            return None
        del buffer[:start]
        if len(buffer) < 9:
            return None
        length = int.from_bytes(buffer[7:9], "big")
        if buffer[6] != COMMAND or not 3 <= length <= LONGEST_COMMAND:
            del buffer[:2]
            continue
        if len(buffer) < 9 + length:
            return None
        body, total = bytes(buffer[6 : 7 + length]), bytes(buffer[7 + length : 9 + length])
        del buffer[: 9 + length]
        return body[3:] if sum(body) & 0xFFFF == int.from_bytes(total, "big") else b""
