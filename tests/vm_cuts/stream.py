"""The recorded stream of a disk's writes, and the moments in it at which the power fails. Pure.

The format is that of Linux's dm-log-writes target, which QEMU's ``blklogwrites`` driver writes from
outside: a superblock, then for each request an entry of one sector with its data behind it.
https://docs.kernel.org/admin-guide/device-mapper/log-writes.html (struct log_write_entry)

What a power cut leaves of a disk with a volatile write cache: everything that was written before
the last flush that ended, and of what came later any part. A later write may be there and an
earlier one not, and one may be torn between two sectors. Of two writes to one sector the older
never replaces the newer: a cache holds one line for a sector. So a subset of sectors says it all,
and any order of writing the cache back is one of these subsets.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

SECTOR = 512
"""Bytes; what a disk writes whole or not at all."""
_SUPER = struct.Struct("<QQQI")
"""magic, version, entries (written behind the log: not relied on), bytes in a sector."""
_ENTRY = struct.Struct("<QQQQ")
"""sector, sectors, flags, bytes of data that belong to the entry itself."""
_MAGIC = 0x6A736677736872
_FLUSH, _FUA, _DISCARD, _MARK = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the disk, in the order in which they came."""

    at: int
    """Where its entry begins in the log, in bytes: what was told when the log was that long was
    told before it."""
    sector: int
    sectors: int
    flush: bool = False
    fua: bool = False
    """On the platter when it ends, whatever becomes of the others."""
    discard: bool = False

    @property
    def data_at(self) -> int:
        """Where its data begin in the log, in bytes."""
        return self.at + SECTOR

    @property
    def end(self) -> int:
        """Where the next entry begins."""
        return self.at + SECTOR + (0 if self.discard else self.sectors * SECTOR)


@dataclass(frozen=True, slots=True)
class Cut:
    """The power fails: ``flushed`` requests are on the platter, ``begun`` had come by then.

    Of those between, ``pieces`` are there too: (request, its first sector, sectors) each.
    """

    number: int
    flushed: int
    begun: int
    pieces: tuple[tuple[int, int, int], ...] = ()
    kind: str = "flush"

    def __str__(self) -> str:
        return (
            f"cut {self.number} ({self.kind}): {self.flushed} requests flushed, {self.begun} "
            f"begun, {len(self.pieces)} of those between are there in part or whole"
        )


class Malformed(ValueError):
    """That is no log of writes."""


def requests(log: Path, at: int = SECTOR) -> Iterator[Request]:
    """Every request that is whole in ``log``, oldest first, those before byte ``at`` left out; none
    before the disk's first flush. Raises Malformed.
    """
    with log.open("rb") as file:
        head = file.read(_SUPER.size)
        if not any(head):  # QEMU writes it with the first flush
            return
        magic, version, _entries, sector_bytes = _SUPER.unpack(head)
        if (magic, version, sector_bytes) != (_MAGIC, 1, SECTOR):
            raise Malformed(f"{log}: magic {magic:#x}, version {version}, sectors {sector_bytes}")
        end = file.seek(0, 2)
        while at + SECTOR <= end:
            file.seek(at)
            sector, sectors, flags, _ = _ENTRY.unpack(file.read(_ENTRY.size))
            if flags & ~(_FLUSH | _FUA | _DISCARD) or flags & _MARK:
                raise Malformed(f"{log}: flags {flags:#x} at {at}")
            yielded = Request(
                at,
                sector,
                sectors,
                bool(flags & _FLUSH),
                bool(flags & _FUA),
                bool(flags & _DISCARD),
            )
            at = yielded.end
            if at > end:  # the recorder ended within it: it never ended either
                return
            yield yielded


def boundaries(stream: Sequence[Request], first: int = 0) -> list[int]:
    """Numbers of requests that are on the platter right behind each flush from ``first`` on."""
    return [i + 1 for i, request in enumerate(stream) if i >= first and request.flush]


def draw(stream: Sequence[Request], first: int, within: int, seed: int) -> list[Cut]:
    """Every flush boundary from request ``first`` on, and ``within`` cuts between two of them.

    In the stream's order; the same for the same ``seed``, whichever of them is looked at.
    """
    edges = boundaries(stream, first)
    cuts = [Cut(0, edge, edge) for edge in edges]
    spans = [(start, end - 1) for start, end in pairwise(edges) if end - 1 > start]
    for number in range(within):
        dice = Random(f"{seed} {number}")
        # Each span gets its turn before one gets a second one.
        start, end = spans[number % len(spans)]
        cuts.append(_within(stream, start, dice.randint(start + 1, end), dice))
    cuts.sort(key=lambda cut: (cut.flushed, cut.begun, cut.kind))
    return [
        Cut(number, cut.flushed, cut.begun, cut.pieces, cut.kind) for number, cut in enumerate(cuts)
    ]


KINDS = ("any", "any", "torn", "torn", "but one", "one", "all", "none")
"""How much of what was not flushed is there: a coin for each, the same with torn ones, …"""


def at_the_end(stream: Sequence[Request], number: int, kind: str, dice: Random) -> Cut:
    """The power failed when the last request had come: what was flushed is there, and of the rest
    as much as ``kind`` says ("all": a disk without a volatile cache)."""
    start = max(boundaries(stream), default=0)
    cut = _within(stream, start, len(stream), dice, kind)
    return Cut(number, cut.flushed, cut.begun, cut.pieces, cut.kind)


def _within(stream: Sequence[Request], start: int, begun: int, dice: Random, kind: str = "") -> Cut:
    kind = kind or dice.choice(KINDS)
    loose = [i for i in range(start, begun) if stream[i].sectors]
    chosen = {
        "any": [i for i in loose if dice.random() < 0.5],
        "torn": [i for i in loose if dice.random() < 0.7],
        "but one": [i for i in loose if i != loose[dice.randrange(len(loose))]] if loose else [],
        "one": [dice.choice(loose)] if loose else [],
        "all": loose,
        "none": [],
    }[kind]
    pieces: list[tuple[int, int, int]] = []
    for i in loose:
        if stream[i].fua and i < begun - 1:  # it had ended when the next one came
            pieces.append((i, 0, stream[i].sectors))
        elif i in chosen:
            pieces.extend(
                _torn(i, stream[i].sectors, dice) if kind == "torn" else [(i, 0, stream[i].sectors)]
            )
    return Cut(0, start, begun, tuple(pieces), kind)


def _torn(request: int, sectors: int, dice: Random) -> list[tuple[int, int, int]]:
    """The beginning, the end, or every other run of a write's sectors."""
    if sectors < 2:
        return [(request, 0, sectors)]
    where = dice.randrange(1, sectors)
    match dice.randrange(3):
        case 0:
            return [(request, 0, where)]
        case 1:
            return [(request, where, sectors - where)]
    return [(request, i, 1) for i in range(sectors) if dice.random() < 0.5]


def written_by(stream: Sequence[Request], log_bytes: int) -> int:
    """How many requests had come when the log was ``log_bytes`` long."""
    return bisect_left(stream, log_bytes, key=lambda request: request.at)
