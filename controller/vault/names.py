"""What artefacts of open dossiers are called in the vault."""

from __future__ import annotations


def numbered(what: str, number: int, suffix: str) -> str:
    """Name of the n-th artefact of one thing: ``portrait.2.png``. Each has its own, because a crash
    may leave a new file whose digest was never journaled, and the one before still counts."""
    return f"{what}.{number}.{suffix}"
