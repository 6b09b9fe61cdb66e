"""From daily totals to a finishing date with a band, and what it takes to finish in time. Pure.

Pace has a weekday pattern (offices shut on Sundays, schools come on weekends) and good and bad
stretches (rain, a broken set, a harvest). So: each day's output per open hour is divided by its
weekday's and by the recent level; the ratios that remain are drawn again in blocks of several days
(moving-block bootstrap, Künsch 1989) for thousands of possible futures. How well the level itself
is known goes in too: each future draws its own level from a past that is drawn in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating[Any]]

RECENT_DAYS = 28
"""Older days had other sets, other hours and other villages."""
BLOCK_DAYS = 7
PATHS = 2000
HORIZON_DAYS = 3 * 366
LEAST_DAYS = 4
"""Fewer days with work in them tell nothing."""
FITTED = 4
"""Days' worth of freedom that the level and the weekday pattern take."""
_SHRINK_DAYS = 2.0
"""A weekday seen n times keeps n / (n + 2) of its own deviation."""


@dataclass(frozen=True)
class DayTotal:
    """What was sealed on a day. ``hours``: how long it was open; 0: shut, not counted as bad."""

    day: date
    done: int
    hours: float = 10.0


@dataclass(frozen=True)
class Forecast:
    """``pace``: dossiers a day now, over a week; ``pace_hour``: of one open hour; ``weekday``:
    factors of Monday … Sunday, 1 on average over open days, 0 where it is shut.

    ``finish``: the day by which half of all futures are done; ``early`` and ``late``: the band
    (80 % lie within); None: not within three years. ``in_time``: share of futures done by the due
    date, 0…1; None without a due date. ``by_due``: what will be done by then in the median future.
    ``more_sets`` and ``more_hours``: either of them brings ``in_time`` to ``sure``; 0: it is there
    already; None: no such number (no due date, or more hours than a day has).
    """

    left: int
    pace: float
    pace_hour: float
    weekday: tuple[float, ...]
    finish: date | None
    early: date | None
    late: date | None
    in_time: float | None = None
    by_due: int | None = None
    more_sets: int | None = None
    more_hours: float | None = None


def forecast(
    days: Sequence[DayTotal],
    target: int,
    today: date,
    due: date | None = None,
    *,
    done_before: int = 0,
    sets: int = 1,
    band: float = 0.8,
    sure: float = 0.8,
    seed: int = 1,
) -> Forecast | None:
    """Forecast from whole days before ``today`` (gaps are days shut); ``today`` is to come.

    ``target``: all that is to be done; ``done_before``: what was done before the first of ``days``.
    None when fewer than four days had work in them: nothing can be said yet.
    """
    left = max(0, target - done_before - sum(day.done for day in days))
    past = _recent(days, today)
    worked = [day for day in past if day.hours > 0]
    if len(worked) < LEAST_DAYS or not any(day.done for day in worked):
        return None
    hours = _hours_by_weekday(past)
    weekday, level, residuals = _pattern(worked)
    weekday = tuple(factor if open_ else 0.0 for factor, open_ in zip(weekday, hours, strict=True))
    dice = np.random.default_rng(seed)
    coming = [today + timedelta(days=n) for n in range(HORIZON_DAYS)]
    usual = np.array([weekday[day.weekday()] * hours[day.weekday()] for day in coming]) * level
    week = usual[:7].mean()
    finish = early = late = None
    in_time = by_due = more_sets = more_hours = None
    if left == 0:
        finish = early = late = today
    horizon = _horizon(left, week, due, today)
    futures = np.cumsum(usual[:horizon] * _draw(residuals, horizon, dice), axis=1)
    if left:
        first = np.where(futures[:, -1] >= left, (futures >= left).argmax(axis=1), HORIZON_DAYS)
        early, finish, late = (
            _day_at(first, share, today) for share in ((1 - band) / 2, 0.5, (1 + band) / 2)
        )
    if due is not None:
        last = (due - today).days
        by_then = futures[:, min(last, horizon - 1)] if last >= 0 else np.zeros(PATHS)
        in_time = float(np.mean(by_then >= left))
        by_due = target - left + int(np.median(by_then))
        careful = float(np.quantile(by_then, 1 - sure))
        more_sets, more_hours = _needs(left, careful, sets, max(hours))
    return Forecast(
        left,
        float(week),
        level,
        weekday,
        finish,
        early,
        late,
        in_time,
        by_due,
        more_sets,
        more_hours,
    )


def _recent(days: Sequence[DayTotal], today: date) -> list[DayTotal]:
    begin = today - timedelta(days=RECENT_DAYS)
    return sorted((d for d in days if begin <= d.day < today), key=lambda d: d.day)


def _pattern(worked: Sequence[DayTotal]) -> tuple[tuple[float, ...], float, Floats]:
    """(weekday factors, level per open hour, ratio of each day to both)."""
    pace = np.array([day.done / day.hours for day in worked])
    which = np.array([day.day.weekday() for day in worked])
    mean = pace.mean()
    weekday = [1.0] * 7
    for n in range(7):
        own = pace[which == n]
        if len(own):
            trust = len(own) / (len(own) + _SHRINK_DAYS)
            weekday[n] = float(1 + trust * (own.mean() / mean - 1))
    usual = np.array([weekday[n] for n in which])
    level = float(pace.sum() / usual.sum())
    residuals = pace / (usual * level)
    return tuple(weekday), level, residuals / residuals.mean()


def _hours_by_weekday(past: Sequence[DayTotal]) -> list[float]:
    """Open hours of Monday … Sunday as they were of late, the middle one; unseen: shut."""
    if not past:
        return [0.0] * 7
    hours: list[list[float]] = [[] for _ in range(7)]
    by_day = {day.day: day.hours for day in past}
    day = past[0].day
    while day <= past[-1].day:
        hours[day.weekday()].append(by_day.get(day, 0.0))
        day += timedelta(days=1)
    found = [float(np.median(some)) if some else -1.0 for some in hours]
    open_ = [h for h in found if h > 0]
    usual = float(np.median(open_)) if open_ else float(np.mean([day.hours for day in past]))
    return [usual if h < 0 else h for h in found]


def _draw(residuals: Floats, horizon: int, dice: np.random.Generator) -> Floats:
    """Ratios for ``PATHS`` futures: (PATHS, horizon), each with a level of its own."""
    count = len(residuals)
    block = min(BLOCK_DAYS, max(1, count // 2))
    freedom = max(2, count - FITTED)
    # A resampled past spreads less than the past: the pattern was fitted to the same few days.
    wide = np.clip(1 + (residuals - 1) * math.sqrt(count / freedom), 0, None)
    begins = dice.integers(0, count, size=(PATHS, -(-horizon // block)))
    index = (begins[:, :, None] + np.arange(block)) % count
    drawn: Floats = wide[index.reshape(PATHS, -1)[:, :horizon]]
    stretch = _stretch(residuals)
    error = float(wide.std()) * math.sqrt(stretch / count)
    level = 1 + error * dice.standard_t(max(3.0, freedom / stretch), size=(PATHS, 1))
    futures: Floats = drawn * np.clip(level, 0.05, None)
    return futures


def _stretch(residuals: Floats) -> float:
    """How many days tell as much as one that is independent of the others, at least 1.

    (1 + r) / (1 - r) of a first-order autoregression, r made good for the bias of short series
    (Kendall 1954: about -(1 + 3 r) / n).
    """
    count, around = len(residuals), residuals - residuals.mean()
    power = float(np.sum(around**2))
    raw = float(np.sum(around[1:] * around[:-1])) / power if power > 0 else 0.0
    r = min(0.8, max(0.0, raw + (1 + 3 * raw) / count))
    return (1 + r) / (1 - r)


def _horizon(left: int, week: float, due: date | None, today: date) -> int:
    """Days to simulate: well beyond the likely end and the due date."""
    likely = 3 * left / week + 60 if week > 0 else HORIZON_DAYS
    wanted = max(likely, (due - today).days + 1 if due is not None else 0)
    return int(min(HORIZON_DAYS, max(7, wanted)))


def _day_at(first: npt.NDArray[np.int_], share: float, today: date) -> date | None:
    at = int(np.quantile(first, share, method="higher"))
    return None if at >= HORIZON_DAYS else today + timedelta(days=at)


def _needs(left: int, careful: float, sets: int, hours: float) -> tuple[int | None, float | None]:
    """More sets, or more hours a day, so that even a poor future is in time."""
    if careful >= left:
        return 0, 0.0
    if careful <= 0:
        return None, None
    factor = left / careful
    more_hours = math.ceil(hours * (factor - 1) * 2) / 2
    enough = hours + more_hours <= 24
    return math.ceil(sets * factor - 1e-9) - sets, more_hours if enough else None
