"""Stage times as they are, from the facts a region holds, instead of assumed ones."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

import numpy as np
from sqlalchemy import Connection, select

from edge.report.facts import DossierEnded
from monitor.plan.scenario import Line, Stage
from monitor.store.entries import read_fact
from monitor.store.reading import under
from monitor.store.schema import fact, station

ENOUGH = 30
"""Fewer dossiers than this say too little."""
AT_MOST = 5000
_DOSSIER_ENDED = 1
"""``fact.kind`` of ``DossierEnded``: its tag."""
_STEPS = ("identify", "portrait", "fingers", "review", "papers")
_PLACE = {
    "identify": "desk", "portrait": "camera", "fingers": "fingers", "review": "screen",
    "papers": "printer",
}  # fmt: skip


class TooFew(Exception):
    """The place has too few dossiers to measure: ``found``."""

    def __init__(self, found: int) -> None:
        super().__init__(f"{found} dossiers, and at least {ENOUGH} are needed")
        self.found = found


@dataclass(frozen=True)
class Measured:
    """``booths``: how many the dossiers come from; ``referred``: share of all that ended."""

    stages: tuple[Stage, ...]
    dossiers: int
    booths: int
    referred: float


def measure(connection: Connection, place: str, since_ms: int) -> Measured:
    """From the newest dossiers under ``place`` that ended after ``since_ms``. Raises ``TooFew``."""
    rows = connection.execute(
        select(fact.c.station, fact.c.entry)
        .join(station, station.c.station == fact.c.station)
        .where(fact.c.kind == _DOSSIER_ENDED, fact.c.dated >= since_ms)
        .where(under(station.c.place, place))
        .order_by(fact.c.dated.desc())
        .limit(AT_MOST)
    ).all()
    ended = [(row.station, told) for row in rows
             if isinstance(told := read_fact(bytes(row.entry)), DossierEnded)]  # fmt: skip
    sealed = [told for _, told in ended if told.outcome == "sealed"]
    if len(sealed) < ENOUGH:
        raise TooFew(len(sealed))
    stages = tuple(_stage(step, [getattr(told, f"{step}_s") for told in sealed]) for step in _STEPS)
    referred = sum(told.outcome == "referred" for _, told in ended) / len(ended)
    return Measured(stages, len(sealed), len({code for code, _ in ended}), referred)


def line_of(measured: Measured, sets: int, desks: int, in_flight: int = 8) -> Line:
    """The booth's line with these times: portrait and fingers in either order."""
    places = {place: 1 for place in _PLACE.values()} | {"desk": desks}
    return Line(
        sets=sets, places=places, stages=measured.stages, in_flight=in_flight,
        referred=measured.referred,
    )  # fmt: skip


def _stage(step: str, seconds: list[int]) -> Stage:
    """Median, and the spread of the middle half: one forgotten dossier must not count."""
    some = np.maximum(np.array(seconds, dtype=float), 0.5)
    low, high = np.quantile(np.log(some), (0.25, 0.75))
    spread = min(2.0, float(high - low) / 1.349)
    after = {"portrait": ("identify",), "fingers": ("identify",)}.get(step)
    return Stage(
        name=step, at=_PLACE[step], seconds=float(median(some)), spread=round(spread, 3),
        after=after,
    )  # fmt: skip
