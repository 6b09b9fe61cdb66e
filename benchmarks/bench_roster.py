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
LOOKUPS = 2_000


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
    waits = _lookups(roster)
    yield _figure("roster.lookup_p99_ms", waits[int(len(waits) * 0.99)], "ms", 5, _spread(waits))


def _lookups(roster: Roster) -> list[float]:
    """Milliseconds of each look-up, sorted."""
    waits = []
    for row in population.people(LOOKUPS, seed=1):
        name, birth = row["name"].lower(), parse_birth(row["birth"])
        for look_up in (
            lambda: roster.by_number(row["number"]),  # noqa: B023  (called at once)
            lambda: roster.search(name, birth),  # noqa: B023
            lambda: roster.search(name),  # noqa: B023
            lambda: roster.search(name[: len(name) // 2]),  # noqa: B023
        ):
            begun = time.perf_counter()
            found = look_up()
            waits.append((time.perf_counter() - begun) * 1e3)
            assert found, "everybody of the file is on the roster"
    return sorted(waits)


def _spread(values: list[float]) -> str:
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"min {low:.3f}, median {middle:.3f}, max {high:.3f}"


def _figure(name: str, value: float, unit: str, limit: float, note: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": unit, "limit": limit, "note": note}
