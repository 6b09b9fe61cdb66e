"""A self-signed certificate for pages that other machines open: there is no authority in a village
hall, so a technician compares its fingerprint once on the second screen.

Today's browsers accept it once it is trusted: it is for servers only and no authority itself
(Firefox refuses one as a server's).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from tram.certificates.make import server

OWN = ("localhost", "127.0.0.1")
"""The booth's own screen opens the same pages."""


@dataclass(frozen=True)
class Made:
    """Absolute paths; ``fingerprint`` as browsers show it: SHA-256, pairs of hex digits."""

    certificate: Path
    key: Path
    names: tuple[str, ...]
    until: datetime
    fingerprint: str


def make(folder: Path, stem: str, names: Sequence[str], now: datetime | None = None) -> Made:
    """Write ``<stem>.pem`` and ``<stem>.key``, the key mode 0600, to ``folder``; they replace
    older ones.

    ``names``: names and addresses that other machines open; those of the machine itself are added.
    Raises InputError for one that is neither, StorageFailed.
    """
    whole = tuple(dict.fromkeys((*names, *OWN)))
    pair = server(whole, now=now)
    folder = folder.resolve()
    made = Made(
        folder / f"{stem}.pem",
        folder / f"{stem}.key",
        whole,
        pair.certificate.not_valid_after_utc,
        pair.certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
    )
    pair.write(made.certificate, made.key)
    return made


def lines(made: Made, table: str, host: str) -> list[str]:
    """For the technician: what was made, and what belongs into the configuration."""
    return [
        f"certificate made for {', '.join(made.names)}; valid until {made.until:%Y-%m-%d}",
        "SHA-256 fingerprint, to compare in the browser of each other screen:",
        f"  {made.fingerprint}",
        "For the configuration; then start again:",
        f"[{table}]",
        f'host = "{host}"',
        f'certificate = "{made.certificate}"',
        f'key = "{made.key}"',
    ]
