"""Days held against the books: what the station counted, and what the region counts itself.

The prefix of facts proves that none is missing; a ``DayClosed`` proves further that what the
station did that day came to these facts and no others. The region counts its own rows, not the
numbers that the facts bear.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, case, func, select

from edge.report.facts import DayClosed
from ground.day import iso
from ground.decode import Malformed, from_msgpack
from monitor.store.ledger import DAY_CLOSED, Account
from monitor.store.schema import fact

Row = tuple[str | int | bytes | bool, ...]
"""Of ``day``, in the order of its columns."""
DOSSIER_ENDED = 1
"""``kind`` of ``DossierEnded``."""


class Counts(NamedTuple):
    """What a day came to. The fields are those of ``DayClosed`` that both sides can count."""

    facts: int
    sealed: int
    referred: int
    refused: int
    abandoned: int


class _End(msgspec.Struct, array_like=True):
    """As much of a ``DossierEnded`` as is counted: also one of a newer booth."""

    tag: int
    dossier: msgspec.Raw
    outcome: str


class _Entry(msgspec.Struct, array_like=True):
    first: msgspec.Raw
    last: msgspec.Raw
    at: msgspec.Raw
    mono: msgspec.Raw
    boot: msgspec.Raw
    trusted: msgspec.Raw
    fact: _End


_entry = from_msgpack(_Entry)


def reconcile(connection: Connection, account: Account) -> list[Row]:
    """Rows for the days in ``account.closings``, whose facts are stored and without a gap.

    A day that does not agree is a quarrel. One whose fact this version cannot read is passed over.
    """
    rows: list[Row] = []
    before: int | None = None
    for kept in account.closings:
        if before is None:
            before = _closed_before(connection, account, kept.number)
        said = kept.fact
        if isinstance(said, DayClosed):
            theirs = Counts(*(getattr(said, name) for name in Counts._fields))
            ours = _held(connection, account, before, kept.number)
            agrees = theirs == ours and said.rows == kept.last - 1
            if not agrees:
                account.disagree(_in_words(kept.number, said, theirs, ours, kept.last))
            rows.append(
                (
                    account.station,
                    account.epoch,
                    kept.number,
                    said.day,
                    *theirs,
                    said.tickets,
                    said.no_shows,
                    said.rows,
                    said.journal,
                    *ours,
                    agrees,
                )
            )
        before = kept.number
    return rows


def _closed_before(connection: Connection, account: Account, number: int) -> int:
    """Number of the ``DayClosed`` before fact ``number``; 0: there is none."""
    c = fact.c
    found: int | None = connection.execute(
        select(func.max(c.number)).where(
            c.station == account.station,
            c.epoch == account.epoch,
            c.number < number,
            c.kind == DAY_CLOSED,
        )
    ).scalar()
    return found or 0


def _held(connection: Connection, account: Account, after: int, until: int) -> Counts:
    """Stored facts between two numbers."""
    c = fact.c
    rows = connection.execute(
        select(case((c.kind == DOSSIER_ENDED, c.entry))).where(
            c.station == account.station,
            c.epoch == account.epoch,
            c.number > after,
            c.number < until,
        )
    ).all()
    outcomes = Counter(_outcome(bytes(entry)) for (entry,) in rows if entry is not None)
    return Counts(len(rows), *(outcomes[name] for name in Counts._fields[1:]))


def _outcome(entry: bytes) -> str:
    """ "" when it cannot be told."""
    try:
        return _entry(entry).fact.outcome
    except Malformed:
        return ""


def _in_words(number: int, said: DayClosed, theirs: Counts, ours: Counts, last: int) -> str:
    day = iso(said.day)
    differ = [
        f"{name}: {their} at the booth, {our} here"
        for name, their, our in zip(Counts._fields, theirs, ours, strict=True)
        if their != our
    ]
    if said.rows != last - 1:
        differ.append(f"it ended with journal row {said.rows}, the next day began with {last}")
    return f"day {day}, closed by fact {number}, does not agree: {'; '.join(differ)}"
