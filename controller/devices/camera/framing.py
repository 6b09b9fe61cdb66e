"""What station and camera worker say to each other: typed, length-prefixed, never pickled.

A message is two 4-byte big-endian lengths, a JSON header and a blob (JPEG, PNG or a code's bytes;
may be empty). Every ``Reply`` carries the number of its ``Request``; the worker's first message
is a ``Reply`` with number 0: ready, or why not.
"""

from __future__ import annotations

import struct
from typing import Literal

import msgspec

from controller.portrait.judged import Assessment
from edge.journal.events import FaultCode

PREFIX = struct.Struct(">II")
LARGEST_BLOB = 32 * 1024 * 1024
"""Bytes; anything longer means that the two sides have lost step."""


class Request(msgspec.Struct, frozen=True):
    number: int
    op: Literal["preview", "burst", "code", "alive"]
    frames: int = 1
    forced: bool = False


class Reply(msgspec.Struct, frozen=True):
    """``fault`` set: it failed, ``detail`` says how. ``found``: the blob holds what was asked."""

    number: int
    fault: FaultCode | None = None
    detail: str = ""
    assessment: Assessment | None = None
    found: bool = False
    software_s: float = 0.0


def pack(header: Request | Reply, blob: bytes = b"") -> bytes:
    head = msgspec.json.encode(header)
    return PREFIX.pack(len(head), len(blob)) + head + blob


def lengths(prefix: bytes) -> tuple[int, int]:
    """Lengths of header and blob; ValueError when they can't be right."""
    head, blob = PREFIX.unpack(prefix)
    if head > 1_000_000 or blob > LARGEST_BLOB:
        raise ValueError("camera worker and station out of step")
    return head, blob
