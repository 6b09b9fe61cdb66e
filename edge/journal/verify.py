"""Check a journal: contiguous from 1, every hash right, every body of the vocabulary.

A chain proves that nothing was changed, dropped or slipped in *before* its last row. That rows
were cut off at the end shows only against something kept elsewhere: sealed packets name a row and
its hash, and the region remembers through which seq it acknowledged.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import msgspec

from edge.journal.store import JournalError, genesis, read_rows, row_hash, station_of, to_event


@dataclass(frozen=True)
class Verdict:
    """``bad_row`` is the first bad seq, None when the journal is whole; ``why`` names the fault."""

    rows: int
    bad_row: int | None = None
    why: str = ""


def verify(path: Path) -> Verdict:
    """Check every row in order and stop at the first bad one. Never raises for a bad file."""
    expected, good = 1, 0
    try:
        chain = genesis(station_of(path))
        for row in read_rows(path):
            why = ""
            if row[0] != expected:
                why = f"row {expected} is missing: the next one is {row[0]}"
            elif row_hash(chain, row) != row[8]:
                why = "its hash does not match its content and the row before"
            else:
                try:
                    body = to_event(row).body
                    if type(body).__struct_config__.tag != row[5]:
                        why = f"its kind column says {row[5]}"
                except (msgspec.DecodeError, ValueError) as error:
                    why = f"its body is not of the vocabulary: {error}"
            if why:
                return Verdict(good, expected, why)
            chain, expected, good = row[8], expected + 1, good + 1
    except (sqlite3.DatabaseError, JournalError) as error:
        return Verdict(good, expected, f"the file cannot be read: {error}")
    return Verdict(good)
