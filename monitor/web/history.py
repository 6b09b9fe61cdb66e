"""``/history``: how much of their open hours booths were there, from births and deaths."""

from __future__ import annotations

import functools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ground.hours import local_day
from monitor.store import history
from monitor.store.reading import within
from monitor.watch.availability import Share, by_day, of_branch
from monitor.web import cards
from monitor.web.cards import card, number
from monitor.web.house import House
from monitor.web.markup import Markup, join, tag
from monitor.web.page import Page
from monitor.web.reader import Reader
from monitor.web.shell import Visit
from monitor.web.tree import top_of

DAYS = 30
KEPT_S = 120.0
"""The past does not change; today's share moves slowly."""
Days = Mapping[date, Share]


@dataclass(frozen=True)
class Line:
    """A place or booth with its days. ``target``: address of what is beneath."""

    name: str
    target: str
    days: Days

    @property
    def total(self) -> Share:
        return sum(self.days.values(), Share())


@dataclass(frozen=True)
class Model:
    path: str
    name: str
    whole: Line
    inner: Sequence[Line]


class Kept:
    """Days of booths, computed once for all viewers."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._days: dict[str, tuple[float, Days]] = {}

    def days(self, branch: str) -> dict[str, Days]:
        """By station of a branch. Reads the store when what is kept is old: not on the loop."""
        live, now, stamp = self._house.live, self._house.clock(), time.monotonic()
        booths = [b for b in list(live.booths.values()) if within(branch, b.place)]
        old = [b for b in booths if stamp - self._days.get(b.code, _NEVER)[0] >= KEPT_S]
        if old:
            last = local_day(now)
            first = last - timedelta(days=DAYS - 1)
            with self._house.engine.connect() as connection:
                spells = history.spells(connection, branch, now - (DAYS + 1) * history.DAY_MS)
            for booth in old:
                days = by_day(spells.get(booth.code, ()), first, last, now, booth.hours)
                self._days[booth.code] = stamp, days
        return {booth.code: self._days[booth.code][1] for booth in booths}


_NEVER: tuple[float, Days] = (float("-inf"), {})


def read(house: House, kept: Kept, path: str) -> Model:
    """Raises LookupError when there is no such place."""
    live = house.live
    if path and path not in live.places:
        raise LookupError(path)
    days = kept.days(path)
    booths = [b for b in list(live.booths.values()) if within(path, b.place)]
    inner: dict[str, list[Days]] = defaultdict(list)
    own: list[Line] = []
    depth = path.count("/") + 1 if path else 0
    for booth in booths:
        if booth.code not in days:
            continue
        if booth.place == path:
            own.append(Line(f"{booth.code} {booth.name}", f"/booth/{booth.code}", days[booth.code]))
        else:
            inner["/".join(booth.place.split("/")[: depth + 1])].append(days[booth.code])
    lines = [
        Line(cards.name_of(live, child), f"/history/{child}", of_branch(some))
        for child, some in inner.items()
    ]
    lines = sorted([*lines, *own], key=lambda line: (line.total.percent or 0.0, line.name))
    whole = of_branch(days[b.code] for b in booths if b.code in days)
    name = cards.name_of(live, path) if path else "–"
    return Model(path, name, Line(name, "", whole), lines)


def page(kept: Kept, house: House, visit: Visit, path: str) -> Page[Model]:
    path = path or top_of(house.live, visit.account.branch)
    if not visit.account.sees(path):
        raise LookupError(path)
    return Page(
        lambda m: f"{visit.reader.say('History')} · {m.name}",
        functools.partial(read, house, kept, path),
        {"head": lambda m: head(visit, house, m), "grid": lambda m: grid(visit, m)},
        every_s=60.0,
    )


def head(visit: Visit, house: House, model: Model) -> Markup:
    reader, total = visit.reader, model.whole.total
    title = tag(
        "header",
        tag(
            "div",
            cards.trail(house.live, visit, model.path.rpartition("/")[0], "history"),
            tag("h1", model.name),
        ),
        class_="page-head",
    )
    gone = total.known_s - total.up_s
    figures = tag(
        "div",
        number(reader.say("online during open hours, {n} days", n=DAYS), written(reader, total, 2)),
        number(reader.say("hours offline"), reader.count(gone / 3600)),
        number(reader.say("hours on record"), reader.count(total.known_s / 3600)),
        class_="figures broad",
    )
    return tag("section", title, tag("div", figures, class_="card"))


def written(reader: Reader, share: Share, digits: int = 1) -> str:
    return "–" if share.percent is None else f"{reader.count(share.percent, digits)} %"


def grid(visit: Visit, model: Model) -> Markup:
    """A row a place or booth, a column a day; worst rows first."""
    reader = visit.reader
    days = sorted(model.whole.days)
    head = tag(
        "tr",
        tag("th", reader.say("Place")),
        tag("th", reader.say("All days"), class_="num"),
        *(tag("th", f"{day.day}", class_="day", title=reader.day(day)) for day in days),
    )
    rows = [_row(reader, line, days) for line in model.inner]
    drawn = tag(
        "div",
        tag("table", tag("thead", head), tag("tbody", join(*rows)), class_="plain-table heat"),
        class_="scroll",
    )
    key = cards.key(
        ("h4", "≥ 99 %"),
        ("h3", "≥ 95 %"),
        ("h2", "≥ 80 %"),
        ("h1", "< 80 %"),
        ("h0", reader.say("not known")),
    )
    more = cards.exports(reader, "availability", f"branch={model.path}")
    return card(reader.say("Online during open hours, by day"), drawn, key, more=more)


def _row(reader: Reader, line: Line, days: Sequence[date]) -> Markup:
    cells = []
    for day in days:
        percent = line.days.get(day, Share()).percent
        said = "" if percent is None else "●" if percent >= 99 else f"{int(percent)}"
        title = f"{day:%d/%m}: {'–' if percent is None else f'{percent:.1f} %'}"
        cells.append(tag("td", said, class_=f"day h{_level(percent)}", title=title))
    name = tag("a", line.name, href=line.target)
    return tag("tr", tag("td", name), tag("td", written(reader, line.total), class_="num"), *cells)


def _level(percent: float | None) -> int:
    if percent is None:
        return 0
    return 4 if percent >= 99 else 3 if percent >= 95 else 2 if percent >= 80 else 1
