"""Who comes when: walk-ins by the hour of the day, and groups at their time."""

from __future__ import annotations

from random import Random

from plan.scenario import Arrivals, Day, minutes


def times(
    arrivals: Arrivals, open_s: float, day: Day, weekday: int, dice: Random
) -> list[tuple[float, bool]]:
    """(seconds from opening, priority) of everybody, in order. Groups come all at once."""
    found: list[tuple[float, bool]] = []
    for group in arrivals.groups:
        at_s = (minutes(group.at) - minutes(day.opens)) % 1440 * 60.0
        if at_s < open_s:
            found += [(at_s, False)] * group.people
    if arrivals.walk_in:
        expected = arrivals.walk_in * arrivals.by_weekday[weekday]
        weights = _weights(arrivals.by_hour, open_s)
        for _ in range(_poisson(expected, dice)):
            (hour,) = dice.choices(range(len(weights)), weights)
            begins_s = hour * 3600
            at_s = begins_s + dice.random() * min(3600.0, open_s - begins_s)
            found.append((at_s, dice.random() < arrivals.priority))
    return sorted(found)


def _weights(by_hour: tuple[float, ...], open_s: float) -> list[float]:
    """One weight for each open hour, the last one for the part that is left of it."""
    hours = open_s / 3600
    whole = int(hours)
    weights = [by_hour[min(n, len(by_hour) - 1)] for n in range(whole)]
    if hours > whole:
        weights.append(by_hour[min(whole, len(by_hour) - 1)] * (hours - whole))
    return weights


def _poisson(mean: float, dice: Random) -> int:
    """How many of many come who each decide alone; by gaps, so that any mean will do."""
    count, at = 0, dice.expovariate(1.0)
    while at < mean:
        count += 1
        at += dice.expovariate(1.0)
    return count
