"""The line's efficiency on simulated people: how much of a shift the bottleneck device works."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.simulated_line import Line

SEEDS = range(15)
CITIZENS = 30


def run() -> Iterator[dict[str, Any]]:
    """``line.efficiency``: fingerprint scanner's busy time over the time from opening to the last
    dossier's end, start and tail included; the median of the seeds."""
    shifts = [Line(seed, CITIZENS).run() for seed in SEEDS]
    found = sorted(shift.efficiency for shift in shifts)
    makespan = statistics.median(shift.makespan_s for shift in shifts)
    yield {
        "name": "line.simulated_efficiency",
        "value": round(statistics.median(found), 3),
        "unit": "",
        "limit": "≥ 0.90",
        "note": f"the simulated line, {len(found)} seeds of {CITIZENS} citizens, 2 desks: "
        f"min {found[0]:.3f}, median {statistics.median(found):.3f}, max {found[-1]:.3f}; "
        f"makespan {makespan:.0f} s",
    }
