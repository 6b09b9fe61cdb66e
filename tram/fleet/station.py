"""One station of the fleet: a made-up journal in a folder of its own, and the real uplink over it.

The journal's rows are written without waiting for the disk (synchronous=OFF): thousands of booths
do not share one disk in the field. ``edge.db`` is the uplink's own, as durable as in a booth.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from random import Random

from edge.config import EdgeConfig
from edge.config import Uplink as Settings
from edge.journal.events import DossierClosed
from edge.journal.store import Journal, Row
from edge.journal.terms import Device
from edge.uplink.run import Uplink
from ground.clock import Clock
from tram.fleet.day import ZONE, Writer, booth

STEP_MS = 150_000
"""Of the dossiers that are in the journal at the start: one in two minutes and a half."""

CLOSED = DossierClosed.__struct_config__.tag

PROVINCES = (
    ("TH", "thanh-hoa"),
    ("NA", "nghe-an"),
    ("HN", "ha-noi"),
    ("HC", "ho-chi-minh"),
    ("HP", "hai-phong"),
    ("DN", "da-nang"),
    ("HU", "hue"),
    ("CT", "can-tho"),
    ("QT", "quang-tri"),
    ("TQ", "tuyen-quang"),
    ("LC", "lao-cai"),
    ("TN", "thai-nguyen"),
    ("PT", "phu-tho"),
    ("BN", "bac-ninh"),
    ("HY", "hung-yen"),
    ("NB", "ninh-binh"),
    ("QN", "quang-ninh"),
    ("LS", "lang-son"),
    ("CB", "cao-bang"),
    ("DB", "dien-bien"),
    ("LI", "lai-chau"),
    ("SL", "son-la"),
    ("HT", "ha-tinh"),
    ("QG", "quang-ngai"),
    ("GL", "gia-lai"),
    ("KH", "khanh-hoa"),
    ("LD", "lam-dong"),
    ("DL", "dak-lak"),
    ("DI", "dong-nai"),
    ("TA", "tay-ninh"),
    ("DT", "dong-thap"),
    ("VL", "vinh-long"),
    ("AG", "an-giang"),
    ("CM", "ca-mau"),
)
"""Letters of the stations' codes, and place in the region tree: the 34 units since 1 July 2025."""


@dataclass(frozen=True)
class Plan:
    """What all stations of a fleet have in common. ``ca``: with it TLS is used.

    ``groups`` provinces share the stations; ``dossiers`` are in each journal at the start;
    ``pace``: more of them an hour and booth, 0: none. ``poll_s``: how often a journal is looked at.
    """

    stations: int
    host: str
    port: int
    data: Path
    ca: Path | None = None
    groups: int = 1
    dossiers: int = 20
    pace: float = 0.0
    poll_s: float = 5.0
    keepalive_s: int = 90


def group_of(province: str) -> str:
    """The Sparkplug group of a province's stations, as ``edge.config`` makes it."""
    return f"vn-{province}"


def groups(plan: Plan) -> list[str]:
    return [group_of(province) for _letters, province in PROVINCES[: plan.groups]]


def config(plan: Plan, index: int) -> EdgeConfig:
    """Of station ``index``, 0…``plan.stations`` - 1: code TH0001 and so on, a commune each."""
    letters, province = PROVINCES[index % plan.groups]
    number = index // plan.groups + 1
    code = f"{letters}{number:04}"
    settings = Settings(
        plan.host,
        plan.port,
        group_of(province),
        tls=plan.ca is not None,
        ca=plan.ca,
        keepalive_s=plan.keepalive_s,
    )
    region, data = f"vn/{province}/xa-{number:04}", plan.data / code
    return EdgeConfig(code, f"Xã {number}", region, ZONE.key, data, tuple(Device), settings)


class Station:
    """Raises ``edge.uplink.db.EdgeBusy`` when another fleet has the folder; ``OSError``."""

    def __init__(self, plan: Plan, index: int, clock: Clock) -> None:
        its = config(plan, index)
        self._path, self._clock = its.data / "journal.db", clock
        self._rows = self._begin(plan, its.code)
        self._next: Row | None = next(self._rows) if plan.pace else None
        self.uplink = Uplink(its, clock, poll_s=plan.poll_s)

    def turn(self) -> None:
        """What has happened at the booth since, then the uplink's turn."""
        now_ms = self._clock.now_ms()
        if self._next is not None and self._next[1] <= now_ms:
            rows = [self._next, *takewhile(lambda row: self._is_due(row, now_ms), self._rows)]
            self._write(rows)
        self.uplink.turn()

    def _is_due(self, row: Row, now_ms: int) -> bool:
        """Whether it is; if not, it is kept as the next one."""
        self._next = row
        return row[1] <= now_ms

    def _begin(self, plan: Plan, code: str) -> Iterator[Row]:
        """The rows that are still to come; those of the past are written, in a new journal."""
        now_ms = self._clock.now_ms()
        step_ms = int(3_600_000 / plan.pace) if plan.pace else STEP_MS
        phase_ms = Random(code).randrange(step_ms)  # booths do not work in step
        new = not self._path.exists()
        Journal(self._path, code, self._clock).close()
        # Nobody is asked for a lock that is not there: it would be a look at the kernel's list of
        # all locks, thousands of them, for each station.
        Path(f"{self._path}.lock").unlink()
        if new:
            began = now_ms - (plan.dossiers + 1) * STEP_MS - phase_ms
            rows = booth(Writer(code, began), STEP_MS)
            past = list(_until_closed(rows, plan.dossiers))
            self._write(past)
        seq, chain, opened = self._newest()
        write = Writer(code, now_ms + phase_ms, seq=seq, chain=chain)
        return booth(write, step_ms, number=opened)

    def _newest(self) -> tuple[int, bytes, int]:
        """(seq, hash) of the journal's last row, dossiers that were opened."""
        with closing(sqlite3.connect(self._path)) as db:
            last = db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
            opened = db.execute("SELECT count(*) FROM event WHERE kind = 'dossier_opened'")
            return (*(last or (0, b"")), opened.fetchone()[0])

    def _write(self, rows: list[Row]) -> None:
        with closing(sqlite3.connect(self._path)) as db, db:
            db.execute("PRAGMA synchronous=OFF")
            db.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?)", rows)


def _until_closed(rows: Iterator[Row], dossiers: int) -> Iterator[Row]:
    """Through the row that closes dossier number ``dossiers``."""
    closed = 0
    while closed < dossiers:
        row = next(rows)
        closed += row[5] == CLOSED
        yield row
