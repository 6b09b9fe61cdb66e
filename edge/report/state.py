"""All that the fold carries from row to row, and its snapshot.

It is small: open dossiers, open tickets, sums of the open day. A snapshot lets a program that
starts go on behind the last row, where folding a campaign's journal anew takes half a minute.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import msgspec

from edge.report.booth import Booth
from edge.report.days import Today
from edge.report.line import Line
from edge.report.moments import Clocks, Moment
from edge.report.tickets import Tickets
from ground.decode import Malformed, from_msgpack

LAYOUT = 2
"""Of the snapshot. To be raised whenever a field of anything in ``State`` changes."""
_DIGEST_BYTES = 16


class BadSnapshot(Exception):
    """Damaged, of another station, or of another layout: fold the journal from its first row."""


class Now(NamedTuple):
    """The machine's clocks: wall ms UTC, ms since boot ``boot``."""

    at: int
    mono: int
    boot: str

    @property
    def moment(self) -> Moment:
        """Its wall time counts only where the journal knows no better."""
        return Moment(self.boot, self.mono, self.at, False)


class State(msgspec.Struct, array_like=True):
    """``seq`` and ``hash``: last row folded. ``number`` and ``chain``: last fact. ``covered``: last
    row that a fact covers."""

    layout: int
    station: str
    hash: bytes
    chain: bytes
    seq: int = 0
    number: int = 0
    covered: int = 0
    epoch: str | None = None
    last: Moment | None = None
    """Clocks of the last row."""
    clocks: Clocks = msgspec.field(default_factory=Clocks)
    today: Today = msgspec.field(default_factory=Today)
    tickets: Tickets = msgspec.field(default_factory=Tickets)
    line: Line = msgspec.field(default_factory=Line)
    booth: Booth = msgspec.field(default_factory=Booth)


class _Stamp(msgspec.Struct, array_like=True):
    """The head of any layout's ``State``."""

    layout: int
    station: str


_encode = msgspec.msgpack.Encoder().encode
_decode = from_msgpack(State)
_stamp = from_msgpack(_Stamp)


def dump(state: State) -> bytes:
    """Sixteen bytes of SHA-256, then msgpack."""
    content = _encode(state)
    return hashlib.sha256(content).digest()[:_DIGEST_BYTES] + content


def load(snapshot: bytes, station: str) -> State:
    """What ``dump`` was given. Raises ``BadSnapshot``."""
    content = snapshot[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest()[:_DIGEST_BYTES] != snapshot[:_DIGEST_BYTES]:
        raise BadSnapshot("damaged")
    try:
        stamp = _stamp(content)
        if stamp.layout != LAYOUT:
            raise BadSnapshot(f"layout {stamp.layout}, not {LAYOUT}")
        if stamp.station != station:
            raise BadSnapshot("of another station")
        return _decode(content)
    except Malformed as error:
        raise BadSnapshot("not a fold's snapshot") from error
