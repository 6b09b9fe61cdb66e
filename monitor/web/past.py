"""Whole days of every booth, in memory: sums of any branch without asking the store.

3,321 booths × 120 days are 400,000 numbers of four bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import numpy as np

from ground.day import day_of
from monitor import tree
from monitor.store.reading import Place

_DAY_0 = date(1970, 1, 1)


class Past:
    """``rows``: (station, day since 1970, sealed)."""

    def __init__(self, rows: Sequence[tuple[str, int, int]]) -> None:
        self._row = {code: i for i, code in enumerate(sorted({code for code, _, _ in rows}))}
        self._first = min((day for _, day, _ in rows), default=0)
        last = max((day for _, day, _ in rows), default=-1)
        self._sealed = np.zeros((len(self._row), last - self._first + 1), np.int32)
        for code, day, sealed in rows:
            self._sealed[self._row[code], day - self._first] = sealed

    def before(self, day: date) -> dict[str, int]:
        """What each booth sealed before ``day``."""
        sums = self._sealed[:, : self._until(day)].sum(axis=1).tolist()
        return dict(zip(self._row, sums, strict=True))

    def days(self, codes: Collection[str], until: date) -> list[tuple[date, int]]:
        """What booths sealed together on each day before ``until``, from the first with any."""
        rows = [self._row[code] for code in codes if code in self._row]
        sums = self._sealed[rows, : self._until(until)].sum(axis=0)
        found = np.nonzero(sums)[0]
        if not len(found):
            return []
        return [(self._day(i), int(sums[i])) for i in range(int(found[0]), len(sums))]

    def _until(self, day: date) -> int:
        return max(0, (day - _DAY_0).days - self._first)

    def _day(self, index: int) -> date:
        return _DAY_0 + timedelta(days=self._first + index)


def tree_place(place: Place) -> tree.Place:
    """The row of the store as the tree's roll-up wants it."""
    return tree.Place(
        place.path,
        place.name,
        place.population,
        day_of(place.due) if place.due else None,
        day_of(place.started) if place.started else None,
        place.sets,
        place.hours,
    )
