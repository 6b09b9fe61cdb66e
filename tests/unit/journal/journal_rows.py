"""What the journal's tests share."""

from __future__ import annotations

from edge.journal import events as e
from edge.journal.store import Journal, JournalError

STATION = "TH0417"
DOSSIER = "TH0417-000001-8"


def until_refused(journal: Journal, *bodies: e.AnyBody) -> JournalError:
    """Append until the disk refuses."""
    for _ in range(5_000):
        before = journal.seq
        try:
            journal.append(*bodies)
        except JournalError as error:
            assert journal.seq == before
            return error
    raise AssertionError("the disk never filled up")
