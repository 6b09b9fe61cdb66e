"""A line with the stage times that a region has measured, instead of assumed ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from plan.scenario import Line, Stage

ENOUGH = 30
"""Fewer dossiers than this say too little."""
_PLACE = {
    "identify": "desk",
    "portrait": "camera",
    "fingers": "fingers",
    "review": "screen",
    "papers": "printer",
}


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


def measure(seconds: Mapping[str, Sequence[int]], booths: int, referred: float) -> Measured:
    """From the ``seconds`` of each step, one for each sealed dossier. Raises ``TooFew``, and
    KeyError for a step that is taken nowhere."""
    found = min(map(len, seconds.values()), default=0)
    if found < ENOUGH:
        raise TooFew(found)
    stages = tuple(_stage(step, taken) for step, taken in seconds.items())
    return Measured(stages, found, booths, referred)


def line_of(measured: Measured, sets: int, desks: int, in_flight: int = 8) -> Line:
    """The booth's line with these times: portrait and fingers in either order."""
    places = {place: 1 for place in _PLACE.values()} | {"desk": desks}
    return Line(
        sets=sets,
        places=places,
        stages=measured.stages,
        in_flight=in_flight,
        referred=measured.referred,
    )


def _stage(step: str, seconds: Sequence[int]) -> Stage:
    """Median, and the spread of the middle half: one forgotten dossier must not count."""
    some = np.maximum(np.array(seconds, dtype=float), 0.5)
    low, high = np.quantile(np.log(some), (0.25, 0.75))
    spread = min(2.0, float(high - low) / 1.349)
    after = {"portrait": ("identify",), "fingers": ("identify",)}.get(step)
    return Stage(
        name=step,
        at=_PLACE[step],
        seconds=float(median(some)),
        spread=round(spread, 3),
        after=after,
    )
