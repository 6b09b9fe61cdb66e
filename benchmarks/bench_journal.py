"""What the journal costs beyond the disk: durable appends beside bare SQLite commits."""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SystemClock

ROUNDS = 400
BODY = e.FingerCaptured(e.Position.RIGHT_INDEX, 77, 2, "a" * 64)
DOSSIER = "TH0417-000001-8"


def run() -> Iterator[dict[str, Any]]:
    """``journal.append_ratio``: p50 of one durable append over p50 of a bare one-row commit of
    the same size (WAL, synchronous=FULL), taken in turns in one folder."""
    # Not in /tmp, which may be memory: a commit there costs nothing and compares nothing.
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        journal = Journal(Path(folder) / "journal.db", "TH0417", SystemClock())
        bare = sqlite3.connect(Path(folder) / "bare.db", isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, text TEXT, hash BLOB)")
        text, digest = "x" * 190, bytes(32)  # what a journal row of this body stores
        appends, commits = [], []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            bare.execute("INSERT INTO row (text, hash) VALUES (?, ?)", (text, digest))
            between = time.perf_counter()
            journal.append(BODY, dossier=DOSSIER)
            commits.append(between - begun)
            appends.append(time.perf_counter() - between)
        bare.close()
        journal.close()
    yield {
        "name": "journal.append_ratio",
        "value": round(statistics.median(appends) / statistics.median(commits), 3),
        "unit": "",
        "limit": 1.5,
        "note": f"append {_spread(appends)}; bare commit {_spread(commits)}",
    }


def _spread(seconds: list[float]) -> str:
    low, middle, high = (f(seconds) * 1e3 for f in (min, statistics.median, max))
    return f"min {low:.2f}, median {middle:.2f}, max {high:.2f} ms"
