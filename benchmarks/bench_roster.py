"""The roster at the size of a large district: 100,000 people."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage

from controller.identity.birth import parse_birth
from controller.roster.load import read_csv
from controller.roster.seal import seal, unseal
from controller.roster.table import Roster
from hw.twins import population

PEOPLE = 100_000
ROUNDS = 3
LOOKUPS = 1_000
REPEATS = 3
"""Of each look-up; the best counts, so that time given to other programs does not."""


def run() -> Iterator[dict[str, Any]]:
    """``roster.import_s``: CSV file to sealed file on disk. ``roster.lookup_p99_ms``: by number,
    by name and birth date, by name alone and by the beginning of a name, in equal shares."""
    with tempfile.TemporaryDirectory() as folder:
        people, sealed = Path(folder) / "people.csv", Path(folder) / "roster.age"
        population.write_csv(people, PEOPLE, seed=1)
        key = pyrage.x25519.Identity.generate()
        imports, opens = [], []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            seal(read_csv(people), sealed, [key.to_public()])
            imports.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            roster = unseal(sealed, key)
            opens.append(time.perf_counter() - begun)
        size_mb = sealed.stat().st_size / 1e6
    yield _figure(
        "roster.import_s",
        statistics.median(imports),
        "s",
        20,
        f"{_spread(imports)}; unsealing {statistics.median(opens):.3f} s; "
        f"{roster.nbytes / 1e6:.1f} MB in memory, {size_mb:.1f} MB sealed",
    )
    every, best = _lookups(roster)
    note = f"best of {REPEATS} each: {_spread(best)}; every single one: p99 {_p99(every):.3f}"
    yield _figure("roster.lookup_p99_ms", _p99(best), "ms", 5, note)


def _lookups(roster: Roster) -> tuple[list[float], list[float]]:
    """Milliseconds of every single look-up, and the best of each look-up's repeats."""
    every, best = [], []
    for row in population.people(LOOKUPS, seed=1):
        name, birth = row["name"].lower(), parse_birth(row["birth"])
        for look_up in (
            lambda: roster.by_number(row["number"]),  # noqa: B023  (called at once)
            lambda: roster.search(name, birth),  # noqa: B023
            lambda: roster.search(name),  # noqa: B023
            lambda: roster.search(name[: len(name) // 2]),  # noqa: B023
        ):
            waits = []
            for _ in range(REPEATS):
                begun = time.perf_counter()
                found = look_up()
                waits.append((time.perf_counter() - begun) * 1e3)
                if not found:
                    raise RuntimeError("somebody of the file is not on the roster")
            every += waits
            best.append(min(waits))
    return every, best


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _spread(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"min {low:.3f}, median {middle:.3f}, max {high:.3f}"


def _figure(name: str, value: float, unit: str, limit: float, note: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": unit, "limit": limit, "note": note}
