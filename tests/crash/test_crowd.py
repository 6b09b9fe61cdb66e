"""The demo's crowd when its station stops, and when it is gone: nobody falls over in silence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.patience import CEILING_S
from tram.demo.booth import Booth, Open, opened

STOPPED_S = 6.0
"""Longer than the station keeps an idle connection: it closes some as soon as it goes on."""


def until(booth: Open, reached: Callable[[dict[str, int]], bool]) -> None:
    """Follow what the crowd tells of itself."""
    while (line := booth.crowd.lines.get(timeout=CEILING_S)) is not None:
        if reached(json.loads(line)):
            return
    raise AssertionError(booth.crowd.log.read_text())


def ended(told: dict[str, int]) -> int:
    return sum(told[name] for name in ("sealed", "referred", "refused", "abandoned"))


def test_it_goes_on_behind_a_station_that_stopped_and_says_so_when_it_is_gone(
    tmp_path: Path,
) -> None:
    with opened(Booth(tmp_path / "demo", citizens=12, speed=40, seed=3)) as booth:
        station = psutil.Process(booth.station.process.pid)
        until(booth, lambda told: told["open"] > 0)
        station.suspend()
        time.sleep(STOPPED_S)
        station.resume()
        until(booth, lambda told: ended(told) > 0)
        assert booth.crowd.process.poll() is None
        station.kill()
        code = booth.crowd.process.wait(CEILING_S)
        told = booth.crowd.log.read_text()
    assert code == 1, told
    assert told.startswith("the crowd lost the station: "), told
    assert len(told.splitlines()) == 1, "one line, no trace, nothing that nobody fetched"
