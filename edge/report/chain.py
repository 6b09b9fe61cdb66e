"""The chain over facts: both ends compute it, so an acknowledgement proves what it says.

chain(0) = SHA-256("tram facts 1 " + station + " " + epoch); chain(n) = SHA-256(chain(n-1) ‖ entry n
as it is on the wire). Sixteen bytes of it travel.
"""

from __future__ import annotations

import hashlib

import msgspec

from edge.report.facts import Entry

_encode = msgspec.msgpack.Encoder().encode


def start(station: str, epoch: str) -> bytes:
    """chain(0), 32 bytes."""
    return hashlib.sha256(f"tram facts 1 {station} {epoch}".encode()).digest()


def link(previous: bytes, entry: Entry) -> bytes:
    """chain(n) from chain(n-1) and entry n, 32 bytes."""
    return hashlib.sha256(previous + _encode(entry)).digest()


def proof(chain: bytes) -> bytes:
    """What of it travels: the first 16 bytes."""
    return chain[:16]
