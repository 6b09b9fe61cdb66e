"""Progress: how much is done, when it will be, and what it takes to be in time."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from ground.hours import local_day
from ground.text import P_
from monitor.store.reading import within
from monitor.tree import Branch, Place
from monitor.watch.forecast import DayTotal, Forecast, forecast
from monitor.web import cards, charts
from monitor.web.cards import card, meter, number, table
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.markup import Child, Markup, tag
from monitor.web.page import Page
from monitor.web.past import Past
from monitor.web.reader import Reader
from monitor.web.shell import Visit
from monitor.web.tree import read as read_place
from monitor.web.tree import top_of

SURE = 0.8
"""A place is on course when it is in time in four of five likely futures."""
USUAL_HOURS = 10.0


@dataclass(frozen=True)
class Course:
    """One branch: what it did on each whole day, and what is to be expected. ``days`` begins with
    the first day that has anything."""

    branch: Branch
    today: date
    started: date
    days: Sequence[tuple[date, int]]
    expected: Forecast | None

    @property
    def done(self) -> int:
        return self.branch.counts.done

    @property
    def left(self) -> int:
        return max(0, self.branch.population - self.done)

    @property
    def needed(self) -> float | None:
        """Dossiers a day from today on, to be in time."""
        if self.branch.due is None:
            return None
        days = (self.branch.due - self.today).days + 1
        return self.left / days if days > 0 else None


@dataclass(frozen=True)
class Model:
    now: int
    here: Course
    inner: Sequence[Course]


def course(live: Live, branch: Branch) -> Course:
    """A branch's course from the days in memory."""
    today = local_day(live.clock())
    known = _KNOWN.get(branch.place.path)
    if known is not None and known[:3] == (live.past, today, branch.place):
        days, expected = known[3:]
    else:
        days, expected = _forecast(live, branch, today)
        _KNOWN[branch.place.path] = live.past, today, branch.place, days, expected
    first = days[0][0] if days else today
    started = min(branch.place.started or first, first)
    return Course(branch, today, started, days, expected if branch.population else None)


Days = Sequence[tuple[date, int]]
_KNOWN: dict[str, tuple[Past, date, Place, Days, Forecast | None]] = {}
"""Forecasts by path: they rest on whole days, so they hold until those are read again."""


def _forecast(live: Live, branch: Branch, today: date) -> tuple[Days, Forecast | None]:
    codes = [b.code for b in list(live.booths.values()) if within(branch.place.path, b.place)]
    days = live.past.days(codes, today)
    hours = branch.place.hours or USUAL_HOURS
    expected = forecast(
        [DayTotal(day, done, hours if done else 0.0) for day, done in days],
        branch.population,
        today,
        branch.due,
        sets=branch.place.sets or max(1, branch.counts.booths),
        sure=SURE,
    )
    return days, expected


def read(live: Live, path: str) -> Model:
    """Raises LookupError when there is no such place."""
    place = read_place(live, path)
    inner = [course(live, branch) for branch in place.inner] if len(place.inner) <= 60 else []
    inner.sort(key=_worst_first)
    return Model(place.now, course(live, place.branch), inner)


def _worst_first(one: Course) -> tuple[float, str]:
    sure = 2.0 if one.expected is None or one.expected.in_time is None else one.expected.in_time
    return sure, one.branch.place.name


def page(house: House, visit: Visit, path: str) -> Page[Model]:
    live, reader = house.live, visit.reader
    path = path or top_of(live, visit.account.branch)
    if not visit.account.sees(path):
        raise LookupError(path)
    return Page(
        lambda m: f"{reader.say('Progress')} · {m.here.branch.place.name}",
        functools.partial(read, live, path),
        {
            "head": lambda m: head(visit, live, m.here),
            "drawn": lambda m: drawn(visit, m.here),
            "inner": lambda m: inner(visit, m),
        },
        every_s=30.0,
    )


def verdict(reader: Reader, one: Course) -> tuple[str, str]:
    """(look, sentence): "good", "bad" or "" and what it takes to finish in time."""
    expected, due = one.expected, one.branch.due
    if not one.branch.population:
        return "", reader.say("The region tree gives no population for this place.")
    if one.left == 0:
        return "good", reader.say("Done: everybody of this place is enrolled.")
    if expected is None:
        return "", reader.say("No forecast yet: it needs four days with work in them.")
    if due is None:
        if expected.finish is None:
            return "bad", reader.say("At this pace it will not be done within three years.")
        return "", reader.say(
            "At this pace it will be done on {finish}.", finish=reader.day(expected.finish)
        )
    if due < one.today:
        return "bad", reader.say(
            P_("The date is over: {n} person is left.", "The date is over: {n} people are left."),
            n=reader.count(one.left),
        )
    sure = expected.in_time or 0.0
    if sure >= SURE or not expected.more_sets:
        return "good", reader.say(
            "On course: done in time in {part} of the likely outcomes.", part=reader.percent(sure)
        )
    return "bad", _needs(reader, expected)


def _needs(reader: Reader, expected: Forecast) -> str:
    if expected.more_sets is None:
        return reader.say("It cannot finish in time: hardly anything gets done at this pace.")
    sets = reader.say(P_("{n} more set", "{n} more sets"), n=reader.count(expected.more_sets))
    if not expected.more_hours:
        return reader.say(
            "Needs {sets} to finish in time; more hours a day are not enough.", sets=sets
        )
    hours = reader.count(expected.more_hours, 1).removesuffix(",0").removesuffix(".0")
    more = reader.say(P_("{n} more hour a day", "{n} more hours a day"), n=hours)
    return reader.say("Needs {sets} or {hours} to finish in time.", sets=sets, hours=more)


def head(visit: Visit, live: Live, one: Course) -> Markup:
    reader, branch, expected = visit.reader, one.branch, one.expected
    path = branch.place.path
    look, said = verdict(reader, one)
    sign = {"good": "✓", "bad": "▼"}.get(look, "–")
    part = one.done / branch.population if branch.population else None
    title = tag(
        "header",
        tag(
            "div",
            cards.trail(live, visit, path.rpartition("/")[0], "progress"),
            tag("h1", branch.place.name),
        ),
        tag("a", reader.say("Places and booths"), href=f"/tree/{path}", class_="button"),
        class_="page-head",
    )
    sentence = tag("p", tag("b", sign), tag("span", said), class_=f"verdict {look}", role="status")
    short = ""
    if one.needed is not None and expected is not None:
        short = "bad" if expected.pace < one.needed else "good"
    finish = expected.finish if expected else None
    band = None
    if expected is not None and expected.early is not None:
        late = reader.day(expected.late) if expected.late else reader.say("years")
        band = reader.say("{early} – {late}", early=reader.day(expected.early), late=late)
    figures = tag(
        "div",
        number(
            reader.say("done"),
            reader.count(one.done),
            small=None if part is None else reader.percent(part),
        ),
        number(
            reader.say("left"),
            reader.count(one.left),
            small=reader.say("of {n}", n=reader.count(branch.population)),
        ),
        number(reader.say("a day now"), reader.count(expected.pace) if expected else "–", short),
        number(reader.say("a day needed"), "–" if one.needed is None else reader.count(one.needed)),
        number(reader.say("likely done on"), reader.day(finish) if finish else "–", small=band),
        number(
            reader.say("due on"),
            reader.day(branch.due) if branch.due else "–",
            small=_days_left(reader, one),
        ),
        class_="figures broad",
    )
    return tag("section", title, tag("div", sentence, figures, meter(part), class_="card"))


def _days_left(reader: Reader, one: Course) -> str | None:
    if one.branch.due is None or one.branch.due < one.today:
        return None
    return reader.say(P_("{n} day left", "{n} days left"), n=(one.branch.due - one.today).days)


def drawn(visit: Visit, one: Course) -> Markup:
    """The burn-up."""
    reader, branch, expected = visit.reader, one.branch, one.expected
    if not branch.population:
        return Markup("")
    sums = accumulate(sealed for _, sealed in one.days)
    done = [
        (day + timedelta(days=1), total) for (day, _), total in zip(one.days, sums, strict=True)
    ]
    if one.days:
        done.insert(0, (one.days[0][0], 0))
    done.append((one.today, one.done))
    shown = charts.Course(
        [(min(day, one.today), total) for day, total in done],
        branch.population,
        one.started,
        one.today,
        branch.due,
        expected.early if expected else None,
        expected.finish if expected else None,
        expected.late if expected else None,
    )
    finish = expected.finish if expected else None
    labels = charts.Labels(
        reader.say("Burn-up"),
        reader.say("everybody: {n}", n=reader.count(branch.population)),
        reader.say("due {day}", day=f"{branch.due:%d/%m}") if branch.due else "",
        reader.say("done: {n}", n=reader.count(one.done)),
        reader.say("likely {day}", day=f"{finish:%d/%m}") if finish else "",
        reader.day,
        reader.count,
    )
    legend = cards.key(
        ("done", reader.say("done")),
        ("ideal", reader.say("steady pace to the due date")),
        ("way", reader.say("expected")),
        ("band", reader.say("80 % of the likely outcomes")),
    )
    more = cards.exports(reader, "days", f"branch={branch.place.path}")
    return card(
        reader.say("Burn-up"),
        charts.burn_up(shown, labels),
        charts.burn_up(shown, labels, width=430, height=340),
        legend,
        more=more,
    )


def inner(visit: Visit, model: Model) -> Markup:
    """The places beneath, those farthest from being in time first."""
    if not model.inner:
        return Markup("")
    reader = visit.reader
    rows: list[list[Child]] = []
    for one in model.inner:
        look, said = verdict(reader, one)
        part = one.done / one.branch.population if one.branch.population else None
        expected = one.expected
        rows.append(
            [
                tag("a", one.branch.place.name, href=f"/progress/{one.branch.place.path}"),
                "–" if part is None else reader.percent(part),
                meter(part),
                reader.count(one.left),
                reader.count(expected.pace) if expected else "–",
                "–" if one.needed is None else reader.count(one.needed),
                reader.day(expected.finish) if expected and expected.finish else "–",
                reader.day(one.branch.due) if one.branch.due else "–",
                tag("span", {"good": "✓ ", "bad": "▼ "}.get(look, ""), said, class_=look or None),
            ]
        )
    head = (
        reader.say("Place"),
        reader.say("Done"),
        "",
        reader.say("Left"),
        reader.say("A day"),
        reader.say("Needed"),
        reader.say("Likely on"),
        reader.say("Due"),
        reader.say("What it takes"),
    )
    path = model.here.branch.place.path
    more = cards.exports(reader, "progress", f"branch={path}")
    return card(
        reader.say("Places, the farthest behind first"),
        table(head, rows, (1, 3, 4, 5), "places"),
        more=more,
    )
