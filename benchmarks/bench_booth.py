"""Figures of the whole booth: the real station on its twins, with a virtual crowd.

``line.efficiency`` and ``record.software_p95_ms`` come from one seeded run of 30 citizens at
``SPEED`` times human pace: people, wires and devices are that much faster, our software is not, so
both figures are worse than at real pace.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.booth import demo, held_and_makespan_s, software_ms
from edge.journal.events import Device
from hw.twins.booth import Booth
from tram.demo.booth import Booth as DemoBooth
from tram.demo.booth import prepare

CITIZENS, SPEED, SEED = 30, 5.0, 7
STARTS = 5
START_LIMIT_S = 60.0


def run() -> Iterator[dict[str, Any]]:
    yield starting()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with demo(data, CITIZENS, SPEED, SEED) as process:
            summary, _ = process.communicate()
        yield from line(data, summary.strip())


def line(data: Path, summary: str) -> Iterator[dict[str, Any]]:
    held_s, makespan_s = held_and_makespan_s(data, Device.FINGERPRINT)
    yield {
        "name": "line.efficiency",
        "value": round(held_s / makespan_s, 3),
        "unit": "ratio",
        "limit": "≥ 0.90",
        "note": f"fingerprint scanner held {held_s:.1f} s of {makespan_s:.1f} s (first call to "
        f"last seal), {CITIZENS} citizens, seed {SEED}, speed {SPEED:g}; {summary}",
    }
    waits = software_ms(data)
    yield {
        "name": "record.software_p95_ms",
        "value": round(quantiles(waits, n=20, method="inclusive")[-1]),
        "unit": "ms",
        "limit": 300,
        "note": f"min {waits[0]}, median {median(waits):.0f}, max {waits[-1]} "
        f"over {len(waits)} sealed dossiers",
    }


def starting() -> dict[str, Any]:
    """From the start of the process until console and all devices answer."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        booth = Booth(data / "dev", 1.0, 0)
        try:
            booth.start_all()
            prepare(DemoBooth(data, 10, 1.0, 0))
            times = sorted(_one_start(data) for _ in range(STARTS))
        finally:
            booth.end_all()
    return {
        "name": "start.ready_s",
        "value": round(median(times), 2),
        "unit": "s",
        "limit": 3,
        "note": f"min {times[0]:.2f}, median {median(times):.2f}, max {times[-1]:.2f} "
        f"of {STARTS} starts",
    }


def _one_start(data: Path) -> float:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "tram", "station", "--config", str(data / "station.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for said in process.stdout:
            if said.strip() == "ready":
                return time.monotonic() - began
            if time.monotonic() - began > START_LIMIT_S:
                break
        raise RuntimeError("the station did not get ready")
    finally:
        process.terminate()
        process.wait()
