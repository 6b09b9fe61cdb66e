"""Days until everybody is done: simulated days drawn one after the other until the target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean, median

import msgspec
import numpy as np

from ground.hours import EVERY_DAY
from plan.line import DayResult, simulate
from plan.scenario import Scenario, clock, minutes

DAYS = 6
"""Simulated days of each kind (weekday)."""
PATHS = 400
HORIZON_DAYS = 5 * 366


@dataclass(frozen=True)
class Outlook:
    """``per_day``: sealed on a usual open day, and the 10 % and 90 % of them; ``per_set_hour``;
    ``takt_min``: minutes of a set's open time a dossier; ``through_min``: median from the desk to
    the end; ``wait_min``, ``wait_90_min``: median and nine in ten, from coming to the desk; None
    when the hall is never empty. ``idle_share``: of the bottleneck, while people waited."""

    per_day: float
    per_day_low: float
    per_day_high: float
    per_set_day: float
    per_set_hour: float
    takt_min: float
    through_min: float
    wait_min: float | None
    wait_90_min: float | None
    longest_queue: int
    sent_home: float
    referred: float
    bottleneck: str
    busy: dict[str, float]
    idle_share: float
    finish: Finish | None = None


@dataclass(frozen=True)
class Finish:
    """``day``: by which half of all courses are done; ``early``, ``late``: 80 % lie within; None:
    not within five years. ``in_time``: share of courses done by ``due``. ``needed_per_day``: what
    each open day until then must bring."""

    left: int
    day: date | None
    early: date | None
    late: date | None
    due: date | None = None
    in_time: float | None = None
    needed_per_day: float | None = None


def outlook(scenario: Scenario, seed: int = 1, days: int = DAYS) -> Outlook:
    """Simulate ``days`` days of each kind, and the campaign if there is one."""
    by_weekday = _days(scenario, seed, days)
    results = [result for some in by_weekday.values() for result in some]
    sealed = [float(result.sealed) for result in results]
    line, open_h = scenario.line, results[0].open_s / 3600
    per_day = fmean(sealed)
    waits = [wait for result in results for wait in result.waits_s]
    through = [one for result in results for one in result.through_s]
    summoned = scenario.arrivals.walk_in is None
    bottleneck = results[0].bottleneck
    machine_s = results[0].open_s * line.sets * line.places[bottleneck]
    return Outlook(
        per_day,
        float(np.quantile(sealed, 0.1)),
        float(np.quantile(sealed, 0.9)),
        per_day / line.sets,
        per_day / line.sets / open_h,
        60 * open_h * line.sets / per_day if per_day else math.inf,
        median(through) / 60 if through else 0.0,
        None if summoned or not waits else median(waits) / 60,
        None if summoned or not waits else float(np.quantile(waits, 0.9)) / 60,
        max((max(result.queue, default=0) for result in results), default=0),
        fmean(result.sent_home for result in results),
        fmean(result.referred for result in results),
        bottleneck,
        {place: fmean(r.busy[place] for r in results) for place in line.places},
        fmean(result.idle_s for result in results) / machine_s,
        _finish(scenario, by_weekday, seed),
    )


def with_sets_and_hours(
    scenario: Scenario, sets: int | None = None, hours: float | None = None
) -> Scenario:
    """The same with other sets or open hours: it closes later, or opens earlier at midnight."""
    line, day = scenario.line, scenario.day
    if sets is not None:
        line = msgspec.structs.replace(line, sets=sets)
    if hours is not None:
        closes = minutes(day.opens) + round(hours * 60)
        opens = minutes(day.opens) - max(0, closes - 1440)
        day = msgspec.structs.replace(
            day, opens=clock(max(0, opens)), closes=clock(min(1440, closes))
        )
    return msgspec.structs.replace(scenario, line=line, day=day)


def what_if(
    scenario: Scenario, sets: Sequence[int], hours: Sequence[float], seed: int = 1
) -> dict[tuple[int, float], Outlook]:
    """Every combination of sets and open hours a day."""
    return {
        (n, h): outlook(with_sets_and_hours(scenario, n, h), seed, days=1)
        for n in sets
        for h in hours
    }


def _days(scenario: Scenario, seed: int, days: int) -> dict[int, list[DayResult]]:
    """Simulated days of each open weekday; weekdays with the same arrivals share theirs."""
    found: dict[int, list[DayResult]] = {}
    kinds: dict[float, list[DayResult]] = {}
    for weekday in sorted(EVERY_DAY - scenario.day.closed):
        factor = scenario.arrivals.by_weekday[weekday]
        if factor not in kinds:
            kinds[factor] = [simulate(scenario, seed * 1000 + n, weekday) for n in range(days)]
        found[weekday] = kinds[factor]
    return found


def _finish(scenario: Scenario, by_weekday: dict[int, list[DayResult]], seed: int) -> Finish | None:
    campaign = scenario.campaign
    if campaign is None:
        return None
    left = max(0, campaign.target - campaign.done)
    dice = np.random.default_rng(seed)
    done = np.zeros(PATHS)
    ends = np.full(PATHS, -1 if left else 0)
    by_due: float | None = None
    day = campaign.start
    for n in range(HORIZON_DAYS):
        results = by_weekday.get(day.weekday())
        if results:
            sealed = np.array([result.sealed for result in results], dtype=float)
            luck = dice.lognormal(-(campaign.day_spread**2) / 2, campaign.day_spread, PATHS)
            works = dice.random(PATHS) < campaign.working_days
            done += dice.choice(sealed, PATHS) * luck * works
            ends[(ends < 0) & (done >= left)] = n
        if day == campaign.due:
            by_due = float(np.mean(done >= left))
        if ends.min() >= 0 and (campaign.due is None or day >= campaign.due):
            break
        day += timedelta(days=1)
    ends[ends < 0] = HORIZON_DAYS

    def at(share: float) -> date | None:
        count = int(np.quantile(ends, share, method="higher"))
        return None if count >= HORIZON_DAYS else campaign.start + timedelta(days=count)

    return Finish(
        left,
        at(0.5),
        at(0.1),
        at(0.9),
        campaign.due,
        by_due if by_due is not None or campaign.due is None else 0.0,
        _needed(scenario, left),
    )


def _needed(scenario: Scenario, left: int) -> float | None:
    campaign = scenario.campaign
    if campaign is None or campaign.due is None:
        return None
    days = (campaign.due - campaign.start).days + 1
    open_days = sum(
        (campaign.start + timedelta(days=n)).weekday() not in scenario.day.closed
        for n in range(days)
    )
    return left / open_days if open_days else None
