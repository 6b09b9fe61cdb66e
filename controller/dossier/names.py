"""What artefacts of open dossiers are called in the vault, and which file of the packet each is."""

from __future__ import annotations

from dataclasses import dataclass

from edge.journal.events import Body, Digest


@dataclass(frozen=True)
class Kept:
    """A capture in the vault that goes into the packet."""

    name: str
    """In the vault, as it was put there."""
    sealed: Digest
    """Of the sealed file, as journaled."""
    file: str
    """In the packet."""
    again: Body
    """What to journal when it cannot be read: that it has to be taken again."""


def numbered(what: str, number: int, suffix: str) -> str:
    """Name of the n-th artefact of one thing: ``portrait.2.png``. Each has its own, because a crash
    may leave a new file whose digest was never journaled, and the one before still counts."""
    return f"{what}.{number}.{suffix}"
