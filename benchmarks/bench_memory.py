"""Memory of the station after many dossiers: flat, or a booth dies in its third week."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.booth import closed_dossiers, demo, memory_mb, running, station_of

CITIZENS, SPEED, SEED = 300, 100.0, 11
FIRST, LAST = 100, 295
LOOK_EVERY_S = 0.5


def run() -> Iterator[dict[str, Any]]:
    samples: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with demo(data, CITIZENS, SPEED, SEED) as process:
            while running(process) and max(samples, default=0) < LAST:
                time.sleep(LOOK_EVERY_S)
                station = station_of(process)
                if station is not None:
                    samples[closed_dossiers(data)] = memory_mb(station)
    at_first = next(mb for count, mb in sorted(samples.items()) if count >= FIRST)
    last = max(samples)
    yield {
        "name": "station.rss_mb",
        "value": round(at_first, 1),
        "unit": "MB",
        "limit": 250,
        "note": f"proportional set size of station and camera worker after {FIRST} dossiers",
    }
    yield {
        "name": "station.rss_growth",
        "value": round(samples[last] / at_first, 3),
        "unit": "ratio",
        "limit": 1.05,
        "note": f"after {last} dossiers {samples[last]:.1f} MB; max {max(samples.values()):.1f} MB",
    }
