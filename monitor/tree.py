"""The region tree as data, and what its branches come to. Pure.

Vietnam has 34 provinces and 3,321 commune-level units and changed both in 2025: the tree is a CSV
that a region edits in a spreadsheet, never code. Columns, under these titles or those of
``COLUMNS``: ``path,name,population,due,started,sets,hours``; ``due`` and ``started`` as 2026-04-30
or 30/04/2026; all but path and name may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TypeVar

from ground.config import Line, line
from ground.day import read as read_day
from ground.rows import Header, Problem, RowErrors, Sheet
from ground.text import N_, P_

COLUMNS = {
    "path": ("mã", "mã địa bàn", "đường dẫn"),
    "name": ("tên", "tên địa bàn", "địa bàn"),
    "population": ("số người", "số người cần cấp thẻ", "dân số"),
    "due": ("hạn", "thời hạn", "hạn hoàn thành", "ngày hoàn thành"),
    "started": ("bắt đầu", "ngày bắt đầu"),
    "sets": ("số bộ", "số bộ thiết bị"),
    "hours": ("giờ", "số giờ", "số giờ mỗi ngày", "giờ mỗi ngày"),
}
"""Each with its other titles, which count without accents and signs, too."""
_PATH = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(/[a-z0-9]+(-[a-z0-9]+)*)*\Z")
_PATH_MAX, _NAME_MAX = 200, 120
_WHOLE_MAX = 2_000_000_000
_Cell = TypeVar("_Cell")
FROM_0 = N_("“{value}” is not a whole number of 0 or more; write digits only.")
FROM_1 = N_("“{value}” is not a whole number of 1 or more; write digits only.")
PLACES = P_("{n} place in the region tree", "{n} places in the region tree")
UNKNOWN = N_("there is no such column; remove it or correct its name.")


@dataclass(frozen=True)
class Place:
    """One row of the tree. ``population``: people to enrol; ``hours``: open hours a day."""

    path: str
    name: str
    population: int = 0
    due: date | None = None
    started: date | None = None
    sets: int | None = None
    hours: float | None = None

    @property
    def parent(self) -> str:
        return self.path.rpartition("/")[0]


class _Wrong(ValueError):
    """A cell cannot be read; ``str`` is the reason."""


@dataclass(frozen=True)
class Tree:
    """What a file came to. ``places``: parents before children."""

    places: tuple[Place, ...]
    header: Header

    def said(self) -> Iterator[Line]:
        """What was recognised, for whoever named the file."""
        yield line(PLACES, n=f"{len(self.places):,}")
        yield from self.header.said()


def read_tree(text: str) -> Tree:
    """The places of a CSV text.

    Raises ``RowErrors`` naming every problem: unknown or missing columns, cells, paths named
    twice, places whose parent is not in the file.
    """
    sheet = Sheet.of(text, COLUMNS, short=True)
    problems = list(sheet.header.problems(COLUMNS))
    problems += (Problem(1, title, UNKNOWN) for title in sheet.header.ignored)
    if problems:
        raise RowErrors("region tree", problems)
    places: dict[str, Place] = {}
    lines: dict[str, int] = {}
    for begins, row in sheet:
        if isinstance(row, str):
            problems.append(Problem(begins, "", row))
            continue
        place, wrong = _read_row(row, begins)
        problems += wrong
        if place is None:
            continue
        if place.path in places:
            params = {"path": place.path, "first": str(lines[place.path])}
            problems.append(Problem(begins, "path", TWICE, params))
            continue
        places[place.path], lines[place.path] = place, begins
    problems += _orphans(places, lines)
    if problems:
        named = [_as_titled(problem, sheet.header) for problem in problems]
        raise RowErrors("region tree", sorted(named, key=lambda problem: problem.line))
    in_order = sorted(places, key=lambda path: path.split("/"))
    return Tree(tuple(places[path] for path in in_order), sheet.header)


TWICE = N_("{path} is already in line {first}; delete one.")
PARENT = N_("{parent} has no row of its own; add one.")


def _orphans(places: Mapping[str, Place], lines: Mapping[str, int]) -> Iterator[Problem]:
    for path, place in places.items():
        if place.parent and place.parent not in places:
            yield Problem(lines[path], "path", PARENT, {"parent": place.parent})


def _as_titled(problem: Problem, header: Header) -> Problem:
    """Its column called as the file calls it."""
    return replace(problem, column=header.titles.get(problem.column, problem.column))


def _read_row(row: Mapping[str, str], line: int) -> tuple[Place | None, list[Problem]]:
    problems: list[Problem] = []

    def cell(column: str, read: Callable[[str], _Cell]) -> _Cell | None:
        value = row[column].strip()
        try:
            return read(value)
        except ValueError as error:
            reason = str(error) if isinstance(error, _Wrong) else N_("“{value}” cannot be read.")
            problems.append(Problem(line, column, reason, {"value": value}))
            return None

    path, name = cell("path", _path), cell("name", _name)
    population = cell("population", lambda value: _whole(value, 0)) or 0
    due, started = cell("due", _day), cell("started", _day)
    sets, hours = cell("sets", lambda value: _whole(value, 1)), cell("hours", _hours)
    if due is not None and started is not None and due < started:
        problems.append(
            Problem(line, "due", N_("“{value}” is before it started."), {"value": due.isoformat()})
        )
    if problems or path is None or name is None:
        return None, problems
    return Place(path, name, population, due, started, sets, hours), []


def _path(value: str) -> str:
    if not _PATH.match(value) or len(value) > _PATH_MAX:
        raise _Wrong(
            N_(
                "“{value}” is not a path; use lower-case letters, digits and -, such as "
                "vn/thanh-hoa."
            )
        )
    return value


def _name(written: str) -> str:
    value = " ".join(written.split())
    if not value:
        raise _Wrong(N_("the name is empty; write the one that people know the place by."))
    if len(value) > _NAME_MAX:
        raise _Wrong(N_("the name is longer than 120 letters; shorten it."))
    return value


def _whole(value: str, least: int) -> int | None:
    if not value:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", value) or not least <= int(value) <= _WHOLE_MAX:
        raise _Wrong(FROM_0 if least == 0 else FROM_1)
    return int(value)


def _day(value: str) -> date | None:
    if not value:
        return None
    try:
        return read_day(value)
    except ValueError:
        raise _Wrong(N_("“{value}” is not a date; write it as 2026-04-30.")) from None


def _hours(value: str) -> float | None:
    if not value:
        return None
    figure = value.replace(",", ".")
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]+)?", figure) or not 0 < float(figure) <= 24:
        raise _Wrong(
            N_("“{value}” is not a number of hours a day; write one above 0 and up to 24.")
        )
    return float(figure)


# ---- roll-ups ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counts:
    """The current figures of one booth or branch; the sum of two is both together.

    ``pace``: dossiers an hour; ``missing``: facts that the region lacks; ``alarms``: open ones of
    severity 1 and 2; ``done``: sealed since the campaign began.
    """

    booths: int = 0
    online: int = 0
    sealed_today: int = 0
    done: int = 0
    waiting: int = 0
    pace: int = 0
    per_day: int = 0
    missing: int = 0
    alarms: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Counts)))


@dataclass(frozen=True)
class Branch:
    """A place with everything beneath it. ``population``: its own figure, or where it has none the
    sum of its parts; ``due``: its own, or its latest part's."""

    place: Place
    counts: Counts
    population: int
    due: date | None

    @property
    def left(self) -> int:
        return max(0, self.population - self.counts.done)


def roll_up(places: Iterable[Place], counts: Iterable[tuple[str, Counts]]) -> dict[str, Branch]:
    """Every branch by its path. ``counts``: (place, counts) of each booth or place.

    Counts of a place that is not in the tree go to the nearest branch above it that is; those with
    none go to "" (places unknown), which is there only then.
    """
    tree = {place.path: place for place in places}
    own: dict[str, Counts] = {path: Counts() for path in tree}
    for path, some in counts:
        while path and path not in tree:
            path = path.rpartition("/")[0]
        own[path] = own.get(path, Counts()) + some
    total = dict(own)
    people: dict[str, int] = {path: place.population for path, place in tree.items()}
    due: dict[str, date | None] = {path: place.due for path, place in tree.items()}
    inner_people: dict[str, int] = {}
    inner_due: dict[str, date] = {}
    for path in sorted(tree, key=lambda path: -path.count("/")):  # children before parents
        people[path] = people[path] or inner_people.get(path, 0)
        due[path] = due[path] or inner_due.get(path)
        parent = tree[path].parent
        if parent not in tree:
            continue
        total[parent] = total[parent] + total[path]
        inner_people[parent] = inner_people.get(parent, 0) + people[path]
        last = due[path]
        if last is not None:
            inner_due[parent] = max(inner_due.get(parent, last), last)
    found = {path: Branch(tree[path], total[path], people[path], due[path]) for path in tree}
    if "" in own:
        found[""] = Branch(Place("", ""), own[""], 0, None)
    return found
