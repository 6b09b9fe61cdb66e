"""Family ``edge``: what a booth's uplink costs in bytes and memory, and how fast it catches up.

Real mosquitto with TLS, a real ingest worker over SQLite. Bytes are TCP's payload, counted by a
proxy, so TLS is in and the headers of TCP and IP are not.
"""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from benchmarks.plain_json import Ear, as_json, socket_bytes
from benchmarks.region import ingest
from benchmarks.uplink_day import CODE, GROUP, REGION, Meter, live, ping_bytes
from edge.journal.store import Journal
from edge.report.fold import Fold
from ground.clock import SystemClock
from hw.twins.broker import Broker, running
from tram.certificates.authority import for_broker
from tram.fleet.day import ZONE, journal

DOSSIERS, HOURS, WEEK = 600, 17.0, 7
RUNS = 3
GIVE_UP_S = 300.0
LOOK_S, WEIGH_S = 0.05, 0.25


def run() -> Iterator[dict[str, Any]]:
    yield from _a_day()
    yield from _a_week()


# ---- a day -----------------------------------------------------------------------------------


def _a_day() -> Iterator[dict[str, Any]]:
    with (
        tempfile.TemporaryDirectory() as name,
        running(Path(name) / "b", tls=for_broker(Path(name) / "tls")) as broker,
    ):
        ear = Ear(broker)
        with ingest(f"sqlite:///{name}/region.db", broker, [GROUP]):
            data = Path(name) / "booth"
            data.mkdir()
            day = live(data, broker, Meter(broker), journal(CODE, 1, DOSSIERS, HOURS))
        ear.close()
        a_ping = ping_bytes(broker)
        plain = as_json(ear.heard)
        ours_on_wire, json_on_wire = socket_bytes(broker, ear.heard), socket_bytes(broker, plain)
    pinged = day.pings * a_ping
    yield {
        "name": "edge.bytes_day",
        "value": round((day.up + day.down + pinged) / 1000, 1),
        "unit": "kB",
        "limit": 500,
        "note": (
            f"measured {day.up / 1000:.1f} up, {day.down / 1000:.1f} down in {day.sessions} "
            f"session, {len(ear.heard)} messages, {day.facts} facts acknowledged; counted: "
            f"{day.pings} pings of {a_ping} B (measured) = {pinged / 1000:.1f}"
        ),
    }
    ours, theirs = _size(ear.heard), _size(plain)
    yield {
        "name": "edge.bytes_ratio",
        "value": round(ours_on_wire / json_on_wire, 3),
        "unit": "ratio",
        "limit": 0.35,
        "note": (
            f"{ours_on_wire / 1000:.1f} of {json_on_wire / 1000:.1f} kB on the socket, both "
            f"published alike; topics and payloads alone {ours / theirs:.3f} "
            f"({ours / 1000:.1f} of {theirs / 1000:.1f} kB)"
        ),
    }


def _size(messages: list[tuple[str, bytes]]) -> int:
    return sum(len(topic.encode()) + len(payload) for topic, payload in messages)


# ---- a week without a link ---------------------------------------------------------------------


def _a_week() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        facts = _week(folder / "week")
        took, peaks, after = [], [], []
        for number in range(RUNS):
            seconds, most, last = _drain(folder / f"run-{number}", folder / "week", facts)
            took.append(seconds)
            peaks.append(most)
            after.append(last)
    yield {
        "name": "ledger.drain_s",
        "value": round(statistics.median(took), 2),
        "unit": "s",
        "limit": 30,
        "note": (
            f"{WEEK * DOSSIERS} dossiers, {facts} facts, from the uplink's start until it knows "
            f"them acknowledged; median of {RUNS}: {min(took):.2f} to {max(took):.2f}; "
            f"load {psutil.getloadavg()[0]:.1f}"
        ),
    }
    yield {
        "name": "edge.rss_mb",
        "value": round(max(peaks).rss_mb, 1),
        "unit": "MB",
        "limit": 60,
        "note": (
            f"resident set size of tram edge, most of {RUNS} runs while it drains "
            f"{WEEK * DOSSIERS} dossiers; behind them {max(after).rss_mb:.1f}; shared pages by "
            f"their share {max(peaks).pss_mb:.1f}, its own alone {max(peaks).uss_mb:.1f}"
        ),
    }


def _week(folder: Path) -> int:
    """A journal nobody has reported yet; how many facts are in it."""
    folder.mkdir()
    Journal(folder / "journal.db", CODE, SystemClock()).close()
    fold = Fold(CODE, ZONE)
    with closing(sqlite3.connect(folder / "journal.db")) as db, db:
        for row in journal(CODE, WEEK, DOSSIERS, HOURS):
            db.execute("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", row)
            fold.apply(row)
    return fold.number


class Memory(NamedTuple):
    """MB of one moment: all its pages in full, shared ones by their share, its own alone."""

    rss_mb: float
    pss_mb: float
    uss_mb: float


def _drain(folder: Path, week: Path, facts: int) -> tuple[float, Memory, Memory]:
    """(seconds, most memory while draining, memory afterwards)."""
    shutil.copytree(week, folder / "data")
    with (
        running(folder / "broker", tls=for_broker(folder / "tls")) as broker,
        ingest(f"sqlite:///{folder}/region.db", broker, [GROUP]),
    ):
        config = _config(folder, broker)
        command = [sys.executable, "-m", "tram", "edge", "--config", str(config)]
        with (folder / "edge.log").open("w") as log:
            begun = time.monotonic()
            edge = subprocess.Popen(command, stderr=log)
        try:
            process, weighed_at = psutil.Process(edge.pid), begun
            peak = _memory(process)
            while _acknowledged(folder / "data" / "edge.db") < facts:
                time.sleep(LOOK_S)
                if time.monotonic() - weighed_at >= WEIGH_S:
                    peak, weighed_at = max(peak, _memory(process)), time.monotonic()
                if edge.poll() is not None or time.monotonic() - begun > GIVE_UP_S:
                    raise RuntimeError((folder / "edge.log").read_text()[-500:])
            took = time.monotonic() - begun
            last = _memory(process)
            return took, max(peak, last), last
        finally:
            edge.terminate()
            edge.wait()


def _config(folder: Path, broker: Broker) -> Path:
    assert broker.authority is not None
    path = folder / "station.toml"
    path.write_text(
        f'[station]\ncode = "{CODE}"\nname = "Bỉm Sơn"\nregion = "{REGION}"\n'
        '[devices]\npico = "/dev/pico"\nfingerprint = "/dev/finger"\n'
        'scanner = "/dev/scanner"\ncamera = "picamera2:"\n'
        f'[paths]\ndata = "{folder / "data"}"\n'
        f'[uplink]\nhost = "{broker.host}"\nport = {broker.port}\nca = "{broker.authority.ca}"\n'
    )
    return path


def _acknowledged(path: Path) -> int:
    """Through which fact, as the uplink's own file says."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT through FROM watermark").fetchone()
    except sqlite3.OperationalError:  # not there yet
        return 0
    return row[0] if row else 0


def _memory(process: psutil.Process) -> Memory:
    found = process.memory_full_info()
    return Memory(*(size / 1_000_000 for size in (found.rss, found.pss, found.uss)))
