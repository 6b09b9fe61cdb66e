"""Facts as they come: bytes that are kept, and as much of them as this version can read.

A report's entries are cut out of it byte for byte, because the chain is over exactly these. A
booth may be newer than the region: a fact of an unknown kind is kept and acknowledged like any
other, only not counted.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.journal.terms import BootId, Seq
from edge.report.facts import AnyFact, DossierEnded, Entry, Epoch, FingerMark, Millis
from ground.decode import Malformed, convert, from_msgpack
from monitor.store.statements import HOUR_SUMS

HOUR_MS = 3_600_000
MISSING: tuple[FingerMark, ...] = (101, 102, 103, 104)


class _Report(msgspec.Struct, frozen=True, array_like=True):
    epoch: Epoch
    number: Seq
    entries: tuple[msgspec.Raw, ...]


class _Envelope(msgspec.Struct, frozen=True, array_like=True):
    first: Seq
    last: Seq
    at: Millis
    mono: Millis
    boot: BootId
    trusted: bool
    fact: msgspec.Raw


_Kind = Annotated[int, Meta(ge=0, le=32_767)]
_report = from_msgpack(_Report)
_envelope = from_msgpack(_Envelope)
_fact = from_msgpack(AnyFact)
_entry = from_msgpack(Entry)
_anything = from_msgpack(object)


class Kept(msgspec.Struct, frozen=True, gc=False):
    """An entry. ``fact`` None: of a kind or shape that this version cannot read."""

    number: int
    first: int
    last: int
    at: int
    mono: int
    boot: str
    trusted: bool
    kind: int
    fact: AnyFact | None
    entry: bytes


def read_report(wire: bytes) -> tuple[str, list[Kept]]:
    """Epoch and entries of a report. Raises ``Malformed``."""
    report = _report(wire)
    entries = [
        read_entry(bytes(raw), number)
        for number, raw in enumerate(report.entries, start=report.number)
    ]
    convert(report.number + len(entries), Seq)
    return report.epoch, entries


def read_entry(entry: bytes, number: int) -> Kept:
    """Raises ``Malformed`` when not even its place can be read."""
    place = _envelope(entry)
    if place.last < place.first - 1:  # one row less: a second fact of the row before covers none
        raise Malformed("an entry that ends before it begins")
    fact: AnyFact | None
    try:
        fact = _fact(place.fact)
        kind = int(str(fact.__struct_config__.tag))
    except Malformed:
        fact = None
        body = _anything(place.fact)
        kind = convert(body[0] if isinstance(body, list) and body else body, _Kind)
    return Kept(
        number,
        place.first,
        place.last,
        place.at,
        place.mono,
        place.boot,
        place.trusted,
        kind,
        fact,
        entry,
    )


def read_fact(entry: bytes) -> AnyFact | None:
    """What a stored entry says; None: of a kind or shape that this version cannot read."""
    try:
        return _entry(entry).fact
    except Malformed:
        return None


def hour_of(dated: int) -> int:
    """Start of the hour, ms UTC."""
    return dated - dated % HOUR_MS


def sums(ended: DossierEnded) -> tuple[int, ...]:
    """What one ended dossier adds to its hour, in the order of ``HOUR_SUMS``."""
    counts = {
        ended.outcome: 1,
        "forced": int(ended.forced is not None),
        "retries": ended.finger_retries,
        "missing_fingers": sum(mark in MISSING for mark in ended.fingers),
    }
    return tuple(
        getattr(ended, name) if name.endswith("_s") else counts.get(name, 0) for name in HOUR_SUMS
    )
