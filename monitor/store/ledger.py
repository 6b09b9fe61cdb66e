"""What the region holds of each journal, and the proof of it: facts in, the prefix advanced.

All of it runs inside the one transaction of a batch. A fact is inserted once; its second coming
changes nothing, and one that comes with other bytes is a quarrel, the first stays. The prefix
without gaps advances over what is stored, and the chain over the stored bytes
(``edge/report/chain.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from edge.report import chain
from edge.report.facts import Acknowledged
from monitor.store.entries import Kept, read_entry
from monitor.store.schema import fact, ledger
from monitor.store.statements import Statements

Key = tuple[str, str]
"""Station and epoch."""
CHUNK = 200
DAY_CLOSED = 9
"""``kind`` of ``DayClosed``."""


@dataclass
class Account:
    """A row of ``ledger``. ``chain``: 32 bytes over facts 1…``through``; ``rows``: the last
    journal row they cover."""

    station: str
    epoch: str
    through: int
    chain: bytes
    rows: int
    total: int
    newest: int
    quarrel: str | None
    closings: list[Kept] = field(default_factory=list)
    """Facts of kind ``DAY_CLOSED`` that the prefix came to include in this batch."""

    def disagree(self, words: str) -> None:
        """The first quarrel stays: what follows it follows from it."""
        if self.quarrel is None:
            self.quarrel = words

    def advance(self, kept: Kept) -> None:
        """Take in fact ``through`` + 1."""
        if kept.first != self.rows + 1:
            self.disagree(
                f"fact {kept.number} covers journal rows {kept.first} to {kept.last}, "
                f"the facts before it end with row {self.rows}"
            )
        self.through, self.rows = kept.number, kept.last
        self.chain = hashlib.sha256(self.chain + kept.entry).digest()
        if kept.kind == DAY_CLOSED:
            self.closings.append(kept)

    def acknowledgement(self) -> Acknowledged:
        return Acknowledged(self.epoch, self.through, chain.proof(self.chain))


def chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    """As many as one statement's IN list holds well."""
    some = list(items)
    for start in range(0, len(some), CHUNK):
        yield some[start : start + CHUNK]


def open_accounts(
    connection: Connection, statements: Statements, keys: Iterable[Key], now_ms: int
) -> dict[Key, Account]:
    """The accounts of ``keys``, made where there were none, locked until the transaction ends."""
    wanted = sorted(keys)
    accounts = _read(connection, wanted)
    missing = [key for key in wanted if key not in accounts]
    statements.new_ledger.run(
        connection,
        [
            (station, epoch, 0, chain.start(station, epoch), 0, 0, 0, now_ms, None)
            for station, epoch in missing
        ],
    )
    return accounts | _read(connection, missing)


def _read(connection: Connection, keys: list[Key]) -> dict[Key, Account]:
    c = ledger.c
    found: dict[Key, Account] = {}
    wanted = set(keys)
    for some in chunks(sorted({station for station, _ in keys})):
        rows = connection.execute(
            select(c.station, c.epoch, c.through, c.chain, c.rows, c.total, c.newest, c.quarrel)
            .where(c.station.in_(some))
            .order_by(c.station, c.epoch)
            .with_for_update()
        )
        for row in rows.all():
            if (row[0], row[1]) in wanted:
                found[row[0], row[1]] = Account(*row)
    return found


def take_in(connection: Connection, account: Account, entries: Iterable[Kept]) -> list[Kept]:
    """Advance ``account`` by ``entries``; those that are new, to be inserted, in order."""
    new: dict[int, Kept] = {}
    again: dict[int, bytes] = {}
    for kept in entries:
        if kept.number <= account.newest:
            _compare(account, kept.number, again.setdefault(kept.number, kept.entry), kept.entry)
        else:
            first = new.setdefault(kept.number, kept)
            _compare(account, kept.number, first.entry, kept.entry)
    for number, entry in _held(connection, account, again):
        _compare(account, number, entry, again.pop(number))
    for kept in entries:  # those of a gap below the newest
        if kept.number in again:
            new.setdefault(kept.number, kept)
    if new:
        account.newest = max(account.newest, max(new))
        account.total = max(account.total, account.newest)
        _advance(connection, account, new)
    return [new[number] for number in sorted(new)]


def _compare(account: Account, number: int, first: bytes, again: bytes) -> None:
    if first != again:
        account.disagree(f"fact {number} came twice and not the same; the first one was kept")


def _held(connection: Connection, account: Account, numbers: Iterable[int]) -> list[Any]:
    found: list[Any] = []
    for some in chunks(sorted(numbers)):
        found += connection.execute(
            select(fact.c.number, fact.c.entry).where(
                fact.c.station == account.station,
                fact.c.epoch == account.epoch,
                fact.c.number.in_(some),
            )
        ).all()
    return found


def _advance(connection: Connection, account: Account, new: dict[int, Kept]) -> None:
    while True:
        while account.through + 1 in new:
            account.advance(new[account.through + 1])
        if account.through >= account.newest:
            return
        # A gap was closed perhaps: what came before it was is in the store.
        before = account.through
        rows = connection.execute(
            select(fact.c.number, fact.c.entry)
            .where(
                fact.c.station == account.station,
                fact.c.epoch == account.epoch,
                fact.c.number > before,
                fact.c.number <= before + CHUNK,
            )
            .order_by(fact.c.number)
        )
        for number, entry in rows:
            if number == account.through + 1:
                account.advance(read_entry(bytes(entry), number))
        if account.through == before:
            return
