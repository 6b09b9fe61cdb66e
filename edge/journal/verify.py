"""Check a journal: contiguous from 1, every hash right, every body of the vocabulary.

A chain proves that nothing was changed, dropped or slipped in *before* its last row. That rows
were cut off at the end, or that all of them were written anew, shows only against something kept
elsewhere: sealed packets name a row and its hash, and the region remembers through which seq it
acknowledged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.journal.error import MISSING, UNBEGUN
from edge.journal.store import (
    BAD_BODY,
    JournalError,
    Row,
    check_ids,
    genesis,
    read_rows,
    row_hash,
    station_of,
    to_event,
)


@dataclass(frozen=True)
class Verdict:
    """``bad_row`` is the first bad seq, None when the journal is whole; ``why`` names the fault.

    Without a bad row, ``why`` says that there is nothing to check: no journal, or no row yet.
    """

    rows: int
    bad_row: int | None = None
    why: str = ""


def verify(path: Path) -> Verdict:
    """Check every row in order and stop at the first bad one. Never raises for a bad file."""
    good = 0
    try:
        chain = genesis(station_of(path))
        for row in read_rows(path):
            if why := _fault(row, chain, good + 1):
                return Verdict(good, good + 1, why)
            chain, good = row[8], good + 1
    except JournalError as error:
        if error.advice in (MISSING, UNBEGUN):
            return Verdict(0, None, str(error))
        return Verdict(good, good + 1, f"the file cannot be read: {error}")
    return Verdict(good)


def _fault(row: Row, chain: bytes, expected: int) -> str:
    """What is wrong with ``row`` as number ``expected`` behind ``chain``; empty when nothing is."""
    seq, _at, _mono, boot, trusted, kind, dossier, _body, _hash = row
    if seq != expected:
        return f"row {expected} is missing: the next one is {seq}"
    try:
        if row_hash(chain, row) != row[8] or trusted not in (0, 1):
            return "its hash does not match its content and the row before"
        check_ids(boot, dossier)
        if (written := type(to_event(row).body).__struct_config__.tag) != kind:
            return f"its kind column says {kind}, its body {written}"
    except BAD_BODY as error:
        return f"its body is not of the vocabulary: {error.__cause__ or error}"
    return ""
