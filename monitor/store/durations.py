"""How long the steps of dossiers took, as the facts tell it: what a plan assumes otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from edge.report.facts import DossierEnded
from monitor.store.entries import read_fact
from monitor.store.reading import under
from monitor.store.schema import fact, station

STEPS = ("identify", "portrait", "fingers", "review", "papers")
AT_MOST = 5000
_DOSSIER_ENDED = 1
"""``fact.kind`` of ``DossierEnded``: its tag."""


class Durations(NamedTuple):
    """``seconds`` of each step, one for each sealed dossier; ``booths``: how many the dossiers come
    from; ``referred``: share of all that ended, 0 when none did."""

    seconds: Mapping[str, Sequence[int]]
    booths: int
    referred: float


def durations(connection: Connection, place: str, since_ms: int) -> Durations:
    """Of the newest dossiers under ``place`` that ended after ``since_ms`` (ms UTC)."""
    rows = connection.execute(
        select(fact.c.station, fact.c.entry)
        .join(station, station.c.station == fact.c.station)
        .where(fact.c.kind == _DOSSIER_ENDED, fact.c.dated >= since_ms)
        .where(under(station.c.place, place))
        .order_by(fact.c.dated.desc())
        .limit(AT_MOST)
    ).all()
    ended = [
        (row.station, told)
        for row in rows
        if isinstance(told := read_fact(bytes(row.entry)), DossierEnded)
    ]
    sealed = [told for _, told in ended if told.outcome == "sealed"]
    referred = sum(told.outcome == "referred" for _, told in ended)
    return Durations(
        {step: [getattr(told, f"{step}_s") for told in sealed] for step in STEPS},
        len({code for code, _ in ended}),
        referred / len(ended) if ended else 0.0,
    )
