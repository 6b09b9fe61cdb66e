"""What a plan assumes, as one TOML file: the line, its hours, who comes, and what is to be done.

Every key has its unit in its name or here; an unknown key or a wrong value is refused with its
place in the file. ``scenarios/*.toml`` are examples, each with the field's figure it stands for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ground.decode import Malformed, convert
from ground.error import TramError
from ground.hours import EVERY_DAY, Hours

Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=36_000)]
Few = Annotated[int, Meta(ge=1, le=1000)]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z|^24:00\Z")]
Weekday = Annotated[int, Meta(ge=0, le=6)]


class BadScenario(TramError):
    """The file cannot be used; ``str`` says where and why."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the file's sections."""


class Stage(Part, frozen=True):
    """One step of a dossier. ``at``: the place that is held meanwhile (``Line.places``).

    ``seconds``: median; ``spread``: sigma of the logarithm; ``after``: stages that must be done
    before (none named: all that stand before it). ``again``: share of people who need it twice.
    """

    name: str
    at: str
    seconds: Seconds
    spread: Annotated[float, Meta(ge=0, le=2)] = 0.25
    after: tuple[str, ...] | None = None
    again: Share = 0.0


class Line(Part, frozen=True):
    """``sets`` of equipment, each with its own ``places`` (name → how many) and at most
    ``in_flight`` people in it at a time: 1 is one person after the other.

    ``referred``: share of people who are sent away after the first stage to have data corrected.
    ``stop_every_h``, ``stop_min``: a set stands (power, network to the population database,
    device) about so often in hours and for so long; 0: never.
    """

    sets: Few
    places: dict[str, Few]
    stages: tuple[Stage, ...]
    in_flight: Few = 1
    referred: Share = 0.0
    stop_every_h: Annotated[float, Meta(ge=0)] = 0.0
    stop_min: Annotated[float, Meta(ge=0)] = 0.0


class Day(Part, frozen=True):
    """``shifts``: staff change over so many times less one, ``handover_min`` each, in which nobody
    is taken in. ``breaks``: [from, to] without anybody taken in. ``closed``: weekdays, Monday 0."""

    opens: Clock
    closes: Clock
    shifts: Few = 1
    handover_min: Annotated[float, Meta(ge=0, le=240)] = 10.0
    breaks: tuple[tuple[Clock, Clock], ...] = ()
    closed: frozenset[Weekday] = frozenset()

    @property
    def hours(self) -> Hours:
        return Hours(minutes(self.opens), minutes(self.closes), EVERY_DAY - self.closed)


class Group(Part, frozen=True):
    """A class or an agency with an appointment."""

    at: Clock
    people: Few


class Arrivals(Part, frozen=True):
    """``walk_in``: people a day on their own; None: the hall is never empty (people are summoned).

    ``by_hour``: weight of each hour from opening on (repeats its last), for queues at opening and
    lulls at noon. ``by_weekday``: factor of Monday … Sunday. ``priority``: share of the old, the
    ill and the disabled, who go first.
    """

    walk_in: Annotated[float, Meta(ge=0)] | None = None
    by_hour: tuple[Annotated[float, Meta(ge=0)], ...] = (1.0,)
    by_weekday: Annotated[
        tuple[Annotated[float, Meta(ge=0)], ...], Meta(min_length=7, max_length=7)
    ] = (1.0,) * 7
    groups: tuple[Group, ...] = ()
    priority: Share = 0.1


class Campaign(Part, frozen=True):
    """``target`` people, ``done`` of them before ``start``. ``day_spread``: sigma of the logarithm
    of a day's output beyond what the line itself brings (rain, harvest, a day without power).
    ``working_days``: share of days on which the equipment is here and works at all."""

    target: Annotated[int, Meta(ge=1)]
    start: date
    due: date | None = None
    done: Annotated[int, Meta(ge=0)] = 0
    day_spread: Annotated[float, Meta(ge=0, le=1)] = 0.15
    working_days: Annotated[float, Meta(gt=0, le=1)] = 1.0


class Expected(Part, frozen=True):
    """What the field reported, with the tolerance of our model; a test runs it.

    ``finish_by``: it is done by that day in the median; ``not_by``: it is not.
    """

    per_day: float | None = None
    per_set_day: float | None = None
    takt_min: float | None = None
    through_min: float | None = None
    tolerance: Share = 0.1
    finish_by: date | None = None
    not_by: date | None = None


class Scenario(Part, frozen=True):
    """``note``: what is known, what is assumed, and where it comes from."""

    name: str
    line: Line
    day: Day
    note: str = ""
    arrivals: Arrivals = Arrivals()
    campaign: Campaign | None = None
    expected: Expected | None = None


def minutes(clock: str) -> int:
    """Minutes of the day of an ``hh:mm``."""
    return int(clock[:2]) * 60 + int(clock[3:])


def clock(minute: int) -> str:
    """``hh:mm`` of a minute of the day."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def parse(text: str) -> Scenario:
    """A scenario of TOML text. Raises ``BadScenario``."""
    try:
        scenario: Scenario = convert(tomllib.loads(text), Scenario)
    except tomllib.TOMLDecodeError as error:
        raise BadScenario(f"not TOML: {error}") from None
    except Malformed as error:
        raise BadScenario(str(error.__cause__).replace("`$.", "`").replace("$.", "")) from None
    for problem in _problems(scenario):
        raise BadScenario(problem)
    return scenario


def load(name: str | Path) -> Scenario:
    """A scenario by its file, or by the name of one of ours (``built_in``). Raises ``BadScenario``,
    and ``OSError`` for a file that cannot be read."""
    if str(name) in built_in():
        return parse((files("plan") / "scenarios" / f"{name}.toml").read_text("utf-8"))
    try:
        return parse(Path(name).read_text("utf-8"))
    except UnicodeDecodeError:
        raise BadScenario("not a UTF-8 text file") from None


def built_in() -> list[str]:
    """Names of the scenarios that come with us."""
    folder = files("plan") / "scenarios"
    return sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml"))


def _problems(scenario: Scenario) -> Iterator[str]:
    stages = scenario.line.stages
    if not stages:
        yield "line.stages: name at least one"
    before: list[str] = []
    for stage in stages:
        if stage.at not in scenario.line.places:
            yield f"line.stages “{stage.name}”: line.places has no “{stage.at}”"
        for name in stage.after or ():
            if name not in before:
                yield f"line.stages “{stage.name}”: no stage “{name}” stands before it"
        if stage.name in before:
            yield f"line.stages “{stage.name}”: the name stands there twice"
        before.append(stage.name)
    day = scenario.day
    if day.opens == day.closes:
        yield "day: opens and closes at the same time; day and night is 00:00 to 24:00"
    if day.closed == EVERY_DAY:
        yield "day.closed: every weekday is closed"
    for begins, ends in day.breaks:
        if minutes(begins) >= minutes(ends):
            yield f"day.breaks: {begins} is not before {ends}"
