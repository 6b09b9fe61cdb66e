"""One day of the line in SimPy, as a booth works: several people in flight, no machine waits.

Whoever is in the line goes to the next free place they need; the place with the most work chooses
first, and portrait and fingers may come in either order (``after`` says so). A set takes the next
person in as soon as the place of the first stage is free and it has room. At closing nobody is
taken in any more; those in the line are finished, those in the hall go home.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random
from typing import Any

import simpy

from plan.arrivals import times
from plan.scenario import Scenario, Stage, minutes

Steps = Generator[simpy.Event, Any, None]


@dataclass
class _Person:
    arrived_s: float
    taken_s: float = 0.0
    done: set[str] = field(default_factory=set)
    busy: bool = False


@dataclass
class _Set:
    """One set of equipment: free places, people in it, and whether it stands."""

    free: dict[str, int]
    people: list[_Person] = field(default_factory=list)
    stands: bool = False


@dataclass(frozen=True)
class DayResult:
    """What a day came to. Seconds. ``busy``: place → share of open time it was held, of all sets;
    ``idle_s``: of the bottleneck, all sets, while people waited in the hall; ``waits_s``: from
    coming to being taken in, sorted; ``through_s``: from there to the end, sorted; ``queue``:
    people in the hall at the end of each open hour; ``sent_home``: in the hall at closing."""

    sealed: int
    referred: int
    sent_home: int
    open_s: float
    over_s: float
    busy: dict[str, float]
    bottleneck: str
    idle_s: float
    waits_s: tuple[float, ...]
    through_s: tuple[float, ...]
    queue: tuple[int, ...]


def simulate(scenario: Scenario, seed: int, weekday: int = 0) -> DayResult:
    """One day, the same for the same seed. ``weekday``: Monday 0."""
    return _Line(scenario, seed, weekday).run()


def mean_s(stage: Stage) -> float:
    """Mean time at its place: the logarithm is normal, and some come twice."""
    return stage.seconds * math.exp(stage.spread**2 / 2) * (1 + stage.again)


class _Line:
    def __init__(self, scenario: Scenario, seed: int, weekday: int) -> None:
        self._scenario, self._weekday = scenario, weekday
        line = scenario.line
        self._line = line
        self._dice = Random(f"{seed}/{weekday}")
        self._env = simpy.Environment()
        self._open_s = scenario.day.hours.open_min * 60.0
        self._sets = [_Set(dict(line.places)) for _ in range(line.sets)]
        self._hall: list[tuple[int, int, _Person]] = []
        self._tickets = 0
        self._shut = False
        self._pausing = 0
        self._after = _after(line.stages)
        self._at = {place: [s for s in line.stages if s.at == place] for place in line.places}
        work = {place: 0.0 for place in line.places}
        for stage in line.stages:
            work[stage.at] += mean_s(stage) / line.places[stage.at]
        self._places = sorted(work, key=lambda place: -work[place])
        self._held_s = {place: 0.0 for place in line.places}
        self._idle_s = 0.0
        self._looked_s = 0.0
        self._sealed = self._referred = 0
        self._waits: list[float] = []
        self._through: list[float] = []
        self._queue: list[int] = []

    def run(self) -> DayResult:
        env = self._env
        env.process(self._people())
        for begin_s, end_s in _pauses(self._scenario, self._open_s):
            env.process(self._pause(begin_s, end_s))
        if self._line.stop_every_h and self._line.stop_min:
            for one in self._sets:
                env.process(self._stops(one))
        env.process(self._count())
        env.run(until=self._open_s)
        self._account_idle()
        self._shut = True
        sent_home = 0 if self._scenario.arrivals.walk_in is None else len(self._hall)
        while any(one.people for one in self._sets) and env.peek() < math.inf:
            env.step()
        held = {
            place: self._held_s[place] / (self._open_s * self._line.sets * count)
            for place, count in self._line.places.items()
        }
        return DayResult(
            self._sealed,
            self._referred,
            sent_home,
            self._open_s,
            max(0.0, env.now - self._open_s),
            held,
            self._places[0],
            self._idle_s,
            tuple(sorted(self._waits)),
            tuple(sorted(self._through)),
            tuple(self._queue),
        )

    # ---- who comes -------------------------------------------------------------------------------

    def _people(self) -> Steps:
        for at_s, priority in times(
            self._scenario.arrivals, self._open_s, self._scenario.day, self._weekday, self._dice
        ):
            yield self._env.timeout(at_s - self._env.now)
            self._come(priority)
            self._look()
        self._look()

    def _come(self, priority: bool) -> None:
        self._tickets += 1
        person = _Person(self._env.now)
        heappush(self._hall, (0 if priority else 1, self._tickets, person))

    def _count(self) -> Steps:
        while True:
            yield self._env.timeout(3600 - 1e-3)
            self._queue.append(len(self._hall))
            yield self._env.timeout(1e-3)

    # ---- the line --------------------------------------------------------------------------------

    def _look(self, changed: _Set | None = None) -> None:
        """After every change, of one set or of the hall: send those in the line to free places, and
        take people in."""
        self._account_idle()
        for one in self._sets if changed is None else (changed,):
            if not one.stands:
                self._assign(one)
                self._take_in(one)

    def _take_in(self, one: _Set) -> None:
        first = self._line.stages[0]
        always = self._scenario.arrivals.walk_in is None and not self._shut
        while (
            not self._shut
            and not self._pausing
            and (self._hall or always)
            and len(one.people) < self._line.in_flight
            and one.free[first.at] > 0
        ):
            person = heappop(self._hall)[2] if self._hall else _Person(self._env.now)
            person.taken_s = self._env.now
            self._waits.append(self._env.now - person.arrived_s)
            one.people.append(person)
            self._start(one, person, first)

    def _assign(self, one: _Set) -> None:
        for place in self._places:
            if one.free[place] == 0:
                continue
            for person in one.people:
                if person.busy or (stage := self._next(person, place)) is None:
                    continue
                self._start(one, person, stage)
                if one.free[place] == 0:
                    break

    def _next(self, person: _Person, place: str) -> Stage | None:
        for stage in self._at[place]:
            if stage.name not in person.done and self._after[stage.name] <= person.done:
                return stage
        return None

    def _start(self, one: _Set, person: _Person, stage: Stage) -> None:
        person.busy = True
        one.free[stage.at] -= 1
        self._env.process(self._work(one, person, stage))

    def _work(self, one: _Set, person: _Person, stage: Stage) -> Steps:
        began_s = self._env.now
        takes = 2 if stage.again and self._dice.random() < stage.again else 1
        for _ in range(takes):
            yield self._env.timeout(stage.seconds * self._dice.lognormvariate(0, stage.spread))
        # Busy time is of the open hours only; what is finished after closing is not in the share.
        self._held_s[stage.at] += max(0.0, min(self._env.now, self._open_s) - began_s)
        self._account_idle()
        one.free[stage.at] += 1
        person.busy = False
        person.done.add(stage.name)
        first = stage is self._line.stages[0]
        if first and self._line.referred and self._dice.random() < self._line.referred:
            self._referred += 1
            one.people.remove(person)
        elif len(person.done) == len(self._line.stages):
            self._sealed += 1
            self._through.append(self._env.now - person.taken_s)
            one.people.remove(person)
        self._look(one)

    def _account_idle(self) -> None:
        """The bottleneck's free time since the last look, if people waited in the hall."""
        now = min(self._env.now, self._open_s)
        people = self._hall or self._scenario.arrivals.walk_in is None
        if people and not self._shut:
            free = sum(one.free[self._places[0]] for one in self._sets)
            self._idle_s += (now - self._looked_s) * free
        self._looked_s = now

    # ---- what stops it ---------------------------------------------------------------------------

    def _pause(self, begin_s: float, end_s: float) -> Steps:
        yield self._env.timeout(begin_s)
        self._pausing += 1
        yield self._env.timeout(end_s - begin_s)
        self._pausing -= 1
        self._look()

    def _stops(self, one: _Set) -> Steps:
        while True:
            yield self._env.timeout(self._dice.expovariate(1 / (self._line.stop_every_h * 3600)))
            one.stands = True  # who is at a machine is finished, nobody goes to the next one
            yield self._env.timeout(self._dice.expovariate(1 / (self._line.stop_min * 60)))
            one.stands = False
            self._look(one)


def _after(stages: tuple[Stage, ...]) -> dict[str, frozenset[str]]:
    """For each stage those that must be done before."""
    names = [stage.name for stage in stages]
    return {
        stage.name: frozenset(names[:n] if stage.after is None else stage.after)
        for n, stage in enumerate(stages)
    }


def _pauses(scenario: Scenario, open_s: float) -> list[tuple[float, float]]:
    """(begin, end) in seconds from opening: breaks, and the hand-overs between even shifts."""
    day = scenario.day
    opens = minutes(day.opens)
    pauses = [
        ((minutes(begin) - opens) % 1440 * 60.0, (minutes(end) - opens) % 1440 * 60.0)
        for begin, end in day.breaks
    ]
    shift_s = open_s / day.shifts
    for n in range(1, day.shifts):
        pauses.append((n * shift_s, n * shift_s + day.handover_min * 60))
    return [(begin, end) for begin, end in pauses if begin < end and begin < open_s]
