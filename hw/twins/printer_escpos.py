"""The ESC/POS byte stream, read as strictly as a printer's manual writes it.

Source: Epson "ESC/POS Command Reference"
(https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/). Only what a raster-only receipt
printer needs is known; every other byte is counted as unknown, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NUL = 0x00
LINE_ROWS = 34
"""The default line spacing, 1/6 inch, at 203 dpi."""


@dataclass(frozen=True)
class Initialise:
    """``ESC @``"""


@dataclass(frozen=True)
class Raster:
    """``GS v 0``: rows of ``width_bytes`` each, most significant bit left, 1 = black.

    Neither width nor height is 0: the reference allows 1 and more, so such a command does nothing.
    It comes from a sender that was reset within the command's head and fills it up with NULs.
    """

    width_bytes: int
    data: bytes


@dataclass(frozen=True)
class Feed:
    """``ESC J n``, and ``ESC d n`` with lines of 1/6 inch: paper only."""

    rows: int


@dataclass(frozen=True)
class Cut:
    """``GS V``; ``feeds`` when the paper is first moved to the cutter (functions 65 and 66)."""

    feeds: bool


@dataclass(frozen=True)
class TransmitStatus:
    """``GS r n``: answered in order, 1 = paper sensors, 2 = drawer."""

    n: int


Command = Initialise | Raster | Feed | Cut | TransmitStatus


class Parser:
    """Takes bytes off a buffer; gives a command when its last byte came.

    ``unknown`` counts bytes that belong to no command. NUL between commands is ignored, and so is
    a real-time command (``DLE EOT n``): the receiver answered it when it came in.
    """

    def __init__(self) -> None:
        self.unknown = 0
        self._head = bytearray()

    def take(self, buffer: bytearray) -> Command | None:
        """The next command, its bytes removed from ``buffer``; None when more bytes are needed."""
        head = self._head
        while True:
            need = _length(head)
            if need is None:
                # Its first byte is unknown; the rest may start a good one.
                self.unknown += head[0] != NUL
                buffer[:0] = head[1:]
                head.clear()
            elif len(head) < need:
                if not buffer:
                    return None
                part = buffer[: need - len(head)]
                head += part
                del buffer[: len(part)]
            else:
                command = _decode(bytes(head))
                head.clear()
                if command:
                    return command


def _length(head: bytearray) -> int | None:
    """Bytes the command needs as far as ``head`` tells; None when it is none we know."""
    match list(head[:4]):
        case []:
            return 1
        case [0x1B | 0x1D | 0x10] | [0x1B, 0x40]:
            return 2
        case [0x1B, 0x4A | 0x64, *_] | [0x10, 0x04] | [0x1D, 0x72 | 0x56]:
            return 3
        case [0x10, 0x04, 1 | 2 | 3 | 4] | [0x1D, 0x72, 1 | 2 | 49 | 50]:
            return 3
        case [0x1D, 0x56, 0 | 1 | 48 | 49]:
            return 3
        case [0x1D, 0x56, 65 | 66, *_] | [0x1D, 0x76] | [0x1D, 0x76, 0x30]:
            return 4
        case [0x1D, 0x76, 0x30, 0 | 48] if len(head) < 8:
            return 8
        case [0x1D, 0x76, 0x30, 0 | 48]:
            return 8 + int.from_bytes(head[4:6], "little") * int.from_bytes(head[6:8], "little")
    return None


def _decode(whole: bytes) -> Command | None:
    match whole[:2]:
        case b"\x1b@":
            return Initialise()
        case b"\x1bJ":
            return Feed(whole[2])
        case b"\x1bd":
            return Feed(whole[2] * LINE_ROWS)
        case b"\x1dr":
            return TransmitStatus(whole[2] & 0x0F)
        case b"\x1dV":
            return Cut(feeds=len(whole) == 4)
        case b"\x1dv" if len(whole) > 8:
            return Raster(int.from_bytes(whole[4:6], "little"), whole[8:])
    return None


class RealTime:
    """Finds ``DLE EOT n`` in the stream as it is received.

    As in real printers it does not know where commands begin, so the same three bytes inside
    graphics are answered too.
    """

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[int]:
        """The n (1…4) of every request that ``data`` completes."""
        whole = self._tail + data
        self._tail = whole[-2:]
        return [found[2] for found in re.findall(rb"\x10\x04[\x01-\x04]", whole)]
