"""How much of its open time a booth was there, from births and deaths. Pure.

Time before the first birth is not known and counts for nothing; the last spell runs until now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from ground.hours import VIETNAM, Hours, opening
from monitor.store.history import Spell


@dataclass(frozen=True)
class Share:
    """Of ``known_s`` seconds of open time that something is known of, up for ``up_s``."""

    up_s: int = 0
    known_s: int = 0

    @property
    def percent(self) -> float | None:
        """0…100; None when nothing is known."""
        return 100 * self.up_s / self.known_s if self.known_s else None

    def __add__(self, other: Share) -> Share:
        return Share(self.up_s + other.up_s, self.known_s + other.known_s)


def by_day(
    spells: Sequence[Spell],
    first: date,
    last: date,
    now_ms: int,
    hours: Hours,
    zone: tzinfo = VIETNAM,
) -> dict[date, Share]:
    """One share for each local day from ``first`` to ``last``, both included.

    An opening that runs over midnight belongs to the day on which it began.
    """
    shares: dict[date, Share] = {}
    for day in _days(first, last):
        span = opening(hours, day, zone)
        shares[day] = _within(spells, *span, now_ms) if span is not None else Share()
    return shares


def of_branch(shares: Iterable[Mapping[date, Share]]) -> dict[date, Share]:
    """The booths of a branch together, each second of each booth counting alike."""
    total: dict[date, Share] = {}
    for one in shares:
        for day, share in one.items():
            total[day] = total.get(day, Share()) + share
    return total


def _within(spells: Sequence[Spell], begin: int, end: int, now_ms: int) -> Share:
    up = known = 0
    for spell in spells:
        until = now_ms if spell.until is None else min(spell.until, now_ms)
        ms = max(0, min(until, end) - max(spell.since, begin))
        known += ms
        up += ms if spell.up else 0
    return Share(up // 1000, known // 1000)


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)
