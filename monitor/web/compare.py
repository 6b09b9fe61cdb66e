"""Places side by side over days: which are quick, which fall back, and two of them day by day."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ground.hours import local_day
from monitor.store.reading import within
from monitor.web import charts, shell
from monitor.web.cards import name_of
from monitor.web.charts import Pair
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.markup import Markup
from monitor.web.page import Page
from monitor.web.shell import Visit
from monitor.web.tree import top_of

DAYS = 14
ROWS_MAX = 200


@dataclass(frozen=True)
class Side:
    """A place or a booth with what it sealed on each day. ``href``: what is beneath it."""

    key: str
    name: str
    href: str
    days: Mapping[date, int]

    @property
    def total(self) -> int:
        return sum(self.days.values())

    @property
    def a_day(self) -> float:
        """Over the days on which it sealed any: holidays and transports make nobody slow."""
        worked = sum(1 for sealed in self.days.values() if sealed)
        return self.total / worked if worked else 0.0


@dataclass(frozen=True)
class Sides:
    path: str
    name: str
    days: Sequence[date]
    sides: Sequence[Side]


def read(live: Live, path: str) -> Sides:
    """Places right beneath ``path``, or its booths; the quickest first. Raises LookupError."""
    if path and path not in live.places:
        raise LookupError(path)
    today = local_day(live.clock())
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    depth = path.count("/") + 1 if path else 0
    beneath: dict[str, list[str]] = {}
    for booth in list(live.booths.values()):
        if not within(path, booth.place):
            continue
        inner = "/".join(booth.place.split("/")[: depth + 1])
        beneath.setdefault(booth.code if booth.place == path else inner, []).append(booth.code)
    sides = []
    for key, codes in beneath.items():
        done = dict(live.past.days(codes, today))
        done[today] = sum(live.booths[code].sealed for code in codes)
        own = key in live.booths
        name = f"{key} {live.booths[key].name}" if own else name_of(live, key)
        href = f"/booth/{key}" if own else f"/compare/{key}"
        sides.append(Side(key, name, href, {day: done.get(day, 0) for day in days}))
    sides.sort(key=lambda side: (-side.a_day, side.name))
    return Sides(path, name_of(live, path) if path else "–", days, sides)


def page(house: House, visit: Visit, path: str) -> Page[Sides]:
    path = path or top_of(house.live, visit.account.branch)
    if not visit.account.sees(path):
        raise LookupError(path)
    return Page(
        lambda m: f"{visit.reader.say('Comparison')} · {m.name}",
        functools.partial(read, house.live, path),
        {"sides": lambda m: drawn(visit, m)},
        every_s=30.0,
    )


def chosen(visit: Visit, model: Sides) -> tuple[Side, Side] | None:
    """The two that the address asks for; the quickest and the slowest when it asks for none."""
    if len(model.sides) < 2:
        return None
    by_key = {side.key: side for side in model.sides}
    first = by_key.get(visit.query.get("a", ""), model.sides[0])
    return first, by_key.get(visit.query.get("b", ""), model.sides[-1])


def drawn(visit: Visit, model: Sides) -> Markup:
    reader = visit.reader
    two = chosen(visit, model)
    pairs = None
    if two is not None:
        a, b = two
        shown = [
            Pair(
                f"{day:%d/%m}",
                a.days[day],
                b.days[day],
                reader.count(a.days[day]),
                reader.count(b.days[day]),
            )
            for day in model.days
        ]
        pairs = charts.pairs(shown, a.name, b.name)
    most = max((side.a_day for side in model.sides), default=0) or 1
    rows = [
        {
            "place": number,
            "name": side.name,
            "href": side.href,
            "a_day": reader.count(side.a_day),
            "part": f"{100 * side.a_day / most:.1f}",
            "total": reader.count(side.total),
            "days": [reader.count(side.days[day]) for day in model.days],
        }
        for number, side in enumerate(model.sides[:ROWS_MAX], 1)
    ]
    return shell.fragment(
        "compare.html",
        reader,
        name=model.name,
        path=model.path,
        days=[f"{day:%d/%m}" for day in model.days],
        rows=rows,
        rest=max(0, len(model.sides) - ROWS_MAX),
        choices=[(side.key, side.name) for side in sorted(model.sides, key=lambda s: s.name)],
        a=two[0].key if two else "",
        b=two[1].key if two else "",
        pairs=pairs,
        count=DAYS,
    )
