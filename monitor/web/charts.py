"""Charts as SVG, drawn on the server: nothing to load, the same on every screen, and testable.

Each is readable without colour (labels, hatching, dashes) and each mark says its value (title).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from monitor.web.markup import Markup, join, tag

NARROW_PX = 560


@dataclass(frozen=True)
class Bar:
    """``label`` below, ``title`` on hover; ``mark``: a line across at this value."""

    label: str
    value: float
    title: str
    look: str = ""


def bars(
    shown: Sequence[Bar],
    aim: float = 0.0,
    aim_label: str = "",
    *,
    wide: int = 58,
    high: int = 150,
    title: str = "",
) -> Markup:
    """Columns with their values; ``aim``: a dashed line across. ``wide`` of a column in pixels: a
    page shows a wide and a narrow drawing, as fits."""
    low, gap = 18, max(2, wide // 10)
    top = max([aim * 1.1, *(bar.value for bar in shown), 1.0])
    width = max(8, len(shown)) * wide
    marks = []
    for index, bar in enumerate(shown):
        tall = high * bar.value / top
        x = index * wide
        marks.append(
            tag(
                "g",
                tag("title", bar.title),
                tag(
                    "rect",
                    x=x + gap,
                    y=_n(high - tall + 16),
                    width=wide - 2 * gap,
                    height=_n(tall),
                    rx=3,
                    class_=f"column {bar.look}",
                ),
                tag("text", bar.label, x=x + wide / 2, y=high + 16 + low - 4, class_="tick"),
            )
        )
    values = [
        tag(
            "text",
            f"{bar.value:g}",
            x=index * wide + wide / 2,
            y=_n(high - high * bar.value / top + 12),
            class_="value",
        )
        for index, bar in enumerate(shown)
        if bar.value
    ]
    line = None
    if aim:
        y = _n(high - high * aim / top + 16)
        line = join(
            tag("line", x1=0, x2=width, y1=y, y2=y, class_="aim"),
            tag("text", aim_label, x=width - 2, y=float(y) - 4, class_="aim-label"),
        )
    # Values come last: no line strikes a number through.
    return tag(
        "svg",
        *marks,
        line,
        *values,
        viewBox=f"0 0 {width} {high + low + 16}",
        role="img",
        aria_label=title or None,
        class_=f"chart bars {_fit(width)}",
    )


@dataclass(frozen=True)
class Pair:
    """One step: of the booth and of the region, with what to write."""

    label: str
    own: float | None
    other: float | None
    written: str
    other_written: str


def pairs(shown: Sequence[Pair], own: str, other: str) -> Markup:
    """Two bars a row: the booth's above, the region's thin beneath."""
    top = max([1.0, *(v for p in shown for v in (p.own, p.other) if v is not None)])
    rows = [
        tag(
            "div",
            tag("span", pair.label, class_="name"),
            tag(
                "span",
                tag("i", class_="own", style=f"width:{_part(pair.own, top)}%"),
                tag("i", class_="other", style=f"width:{_part(pair.other, top)}%"),
                class_="tracks",
            ),
            tag("b", pair.written),
            tag("small", pair.other_written),
            class_="pair",
        )
        for pair in shown
    ]
    head = tag(
        "div",
        tag("span"),
        tag("span", tag("i", class_="own"), own, tag("i", class_="other"), other, class_="legend"),
        class_="pair head",
    )
    return tag("div", head, *rows, class_="pairs")


def _part(value: float | None, top: float) -> str:
    return _n(100 * (value or 0) / top)


@dataclass(frozen=True)
class Cell:
    """One day of availability: 0…1, None: nothing known."""

    share: float | None
    title: str


def strip(cells: Sequence[Cell], first: str, last: str, title: str = "") -> Markup:
    """Days side by side: the higher the bar, the longer it was there; gaps are hatched."""
    marks = []
    for index, cell in enumerate(cells):
        x = index * 10
        if cell.share is None:
            inner = tag("rect", x=x, y=0, width=8, height=40, class_="unknown")
        else:
            tall = 40 * cell.share
            inner = join(
                tag("rect", x=x, y=0, width=8, height=40, class_="gone"),
                tag(
                    "rect",
                    x=x,
                    y=_n(40 - tall),
                    width=8,
                    height=_n(tall),
                    class_="there" if cell.share >= 0.95 else "there part",
                ),
            )
        marks.append(tag("g", tag("title", cell.title), inner))
    drawing = tag(
        "svg",
        *marks,
        viewBox=f"0 0 {len(cells) * 10 - 2} 40",
        class_="chart strip",
        preserveAspectRatio="none",
        role="img",
        aria_label=title or None,
    )
    return tag("div", drawing, tag("p", tag("span", first), tag("span", last), class_="ends"))


@dataclass(frozen=True)
class Course:
    """A burn-up. ``done``: (day, in all by its end); ``paths``: (early, middle, late) day of
    finishing, each None when out of sight."""

    done: Sequence[tuple[date, int]]
    target: int
    started: date
    today: date
    due: date | None
    early: date | None
    middle: date | None
    late: date | None


@dataclass(frozen=True)
class Labels:
    """What a burn-up is called and writes: on its lines, and how days and numbers look."""

    title: str
    target: str
    due: str
    today: str
    finish: str
    day: Callable[[date], str]
    count: Callable[[float], str]


def burn_up(course: Course, labels: Labels, *, width: int = 1120, height: int = 430) -> Markup:
    """Done so far, what is to be done, and when it is likely to be."""
    left, right, top, bottom = 74, 24, 34, 44
    ticks = 7 if width > NARROW_PX else 4
    ends = [d for d in (course.due, course.late, course.middle) if d is not None]
    last = min(max([*ends, course.today]), date.fromordinal(course.today.toordinal() + 400))
    days = max(14, round((last - course.started).days * 1.04) + 1)
    most = max(course.target * 1.06, max((n for _, n in course.done), default=0) * 1.02, 1)

    def x(day: date) -> float:
        part = (day - course.started).days / days
        return left + (width - left - right) * min(1.02, max(0.0, part))

    def y(count: float) -> float:
        return height - bottom - (height - top - bottom) * count / most

    def point(day: date, count: float) -> str:
        return f"{_n(x(day))},{_n(y(count))}"

    parts: list[Markup] = []
    for count in scale(most):
        parts.append(
            tag("line", x1=left, x2=width - right, y1=_n(y(count)), y2=_n(y(count)), class_="grid")
        )
        parts.append(
            tag("text", labels.count(count), x=left - 8, y=_n(y(count) + 4), class_="scale")
        )
    for step in range(ticks):
        part = step / (ticks - 0.6)
        day = date.fromordinal(course.started.toordinal() + round(days * part))
        parts.append(
            tag("text", labels.day(day)[:5], x=_n(x(day)), y=height - bottom + 20, class_="tick")
        )
    now = course.done[-1][1] if course.done else 0
    at = course.today
    if course.early is not None and now < course.target:
        late = course.late or date.fromordinal(course.today.toordinal() + 3650)
        band = " ".join(
            (point(at, now), point(course.early, course.target), point(late, course.target))
        )
        parts.append(tag("polygon", points=band, class_="band"))
    parts.append(
        tag(
            "line",
            x1=left,
            x2=width - right,
            y1=_n(y(course.target)),
            y2=_n(y(course.target)),
            class_="target",
        )
    )
    parts.append(tag("text", labels.target, x=left + 6, y=_n(y(course.target) - 8), class_="said"))
    if course.due is not None:
        ideal = f"{point(course.started, 0)} {point(course.due, course.target)}"
        parts.append(tag("polyline", points=ideal, class_="ideal"))
        parts.append(_pole(x(course.due), top, height - bottom, labels.due, "due"))
    if course.middle is not None and now < course.target:
        way = f"{point(at, now)} {point(course.middle, course.target)}"
        parts.append(tag("polyline", points=way, class_="way"))
        parts.append(
            tag("circle", cx=_n(x(course.middle)), cy=_n(y(course.target)), r=6, class_="finish")
        )
        parts.append(
            tag(
                "text",
                labels.finish,
                x=_n(x(course.middle)),
                y=_n(y(course.target) + 24),
                class_="said middle",
            )
        )
    if course.done:
        line = " ".join(point(day, count) for day, count in course.done)
        area = f"{point(course.done[0][0], 0)} {line} {point(course.done[-1][0], 0)}"
        parts.append(tag("polygon", points=area, class_="area"))
        parts.append(tag("polyline", points=line, class_="done"))
        parts.append(tag("circle", cx=_n(x(at)), cy=_n(y(now)), r=5, class_="now"))
        parts.append(
            tag("text", labels.today, x=_n(x(at) - 9), y=_n(y(now) - 10), class_="said end")
        )
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label=labels.title,
        class_=f"chart burn-up {_fit(width)}",
    )


def _pole(x: float, top: float, foot: float, label: str, look: str) -> Markup:
    return join(
        tag("line", x1=_n(x), x2=_n(x), y1=top, y2=foot, class_=look),
        tag("text", label, x=_n(x), y=top - 10, class_="said middle"),
    )


def _fit(width: int) -> str:
    """Which screens a drawing is for."""
    return "for-wide" if width > NARROW_PX else "for-narrow"


def scale(most: float) -> list[float]:
    """From 0 up to ``most`` in even steps that people read at a glance: 1, 2 or 5 of a power."""
    step = 10.0 ** math.floor(math.log10(max(most, 4.0) / 4))
    for wider in (5.0, 2.0):
        if most / (step * wider) >= 4:
            step *= wider
            break
    return [step * number for number in range(int(most / step) + 1)]


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
