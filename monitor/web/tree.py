"""The region tree, place by place: what each branch comes to, down to the booths."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.tree import Branch
from monitor.web import cards, words
from monitor.web.cards import card, meter, number, table
from monitor.web.house import House
from monitor.web.live import Live
from monitor.web.markup import Child, Markup, tag
from monitor.web.page import Page
from monitor.web.picture import STANDING, Picture
from monitor.web.reader import Reader
from monitor.web.shell import Visit


@dataclass(frozen=True)
class Here:
    """A place, the places right beneath it and its own booths, worst first."""

    now: int
    branch: Branch
    inner: Sequence[Branch]
    booths: Sequence[Picture]


def top_of(live: Live, branch: str) -> str:
    """Where the tree starts for an account: its branch, or the one root there is."""
    if branch:
        return branch
    roots = [path for path in live.places if path.rpartition("/")[0] not in live.places]
    return roots[0] if len(roots) == 1 else ""


def read(live: Live, path: str) -> Here:
    """Raises LookupError when there is no such place."""
    rolled = live.rolled()
    inner = [b for b in rolled.values() if b.place.parent == path and b.place.path]
    booths = [p for p in list(live.pictures.values()) if p.place == path]
    if path in rolled:
        branch = rolled[path]
    elif not path and inner:
        branch = _together(inner)
    else:
        raise LookupError(path)
    return Here(
        live.clock(),
        branch,
        sorted(inner, key=lambda b: (-b.counts.alarms, b.place.name)),
        sorted(booths, key=lambda p: p.rank),
    )


def _together(inner: Sequence[Branch]) -> Branch:
    """A region of several trees has no row of its own."""
    counts = inner[0].counts
    for branch in inner[1:]:
        counts = counts + branch.counts
    dues = [branch.due for branch in inner if branch.due is not None]
    people = sum(branch.population for branch in inner)
    return Branch(inner[0].place.__class__("", "–"), counts, people, max(dues, default=None))


def page(house: House, visit: Visit, path: str) -> Page[Here]:
    live = house.live
    path = path or top_of(live, visit.account.branch)
    if not visit.account.sees(path):
        raise LookupError(path)
    return Page(
        lambda m: m.branch.place.name,
        functools.partial(read, live, path),
        {
            "head": lambda m: head(visit, live, m),
            "inner": lambda m: inner(visit, m),
            "booths": lambda m: booths(visit, m),
        },
        every_s=2.0,
    )


def head(visit: Visit, live: Live, model: Here) -> Markup:
    """The big numbers of the place."""
    reader, branch = visit.reader, model.branch
    counts, path = branch.counts, branch.place.path
    part = counts.done / branch.population if branch.population else None
    title = tag(
        "header",
        tag(
            "div",
            cards.trail(live, visit, path.rpartition("/")[0], "tree"),
            tag("h1", branch.place.name),
        ),
        tag("a", reader.say("Progress and forecast"), href=f"/progress/{path}", class_="button"),
        class_="page-head",
    )
    online = f"{reader.count(counts.online)}\u200a/\u200a{reader.count(counts.booths)}"
    figures = tag(
        "div",
        number(reader.say("booths online"), online),
        number(
            reader.say("standing still"),
            reader.count(counts.alarms),
            "bad" if counts.alarms else "",
        ),
        number(
            reader.say("sealed today"),
            reader.count(counts.sealed_today),
            small=reader.say("of {n}", n=reader.count(counts.per_day)),
        ),
        number(reader.say("an hour now"), reader.count(counts.pace)),
        number(reader.say("people waiting"), reader.count(counts.waiting)),
        number(
            reader.say("done in all"),
            reader.count(counts.done),
            small="–"
            if part is None
            else reader.say(
                "{part} of {n}", part=reader.percent(part), n=reader.count(branch.population)
            ),
        ),
        number(
            reader.say("facts missing"),
            reader.count(counts.missing),
            "bad" if counts.missing else "good",
        ),
        class_="figures broad",
    )
    return tag("section", title, tag("div", figures, meter(part), class_="card"))


def inner(visit: Visit, model: Here) -> Markup:
    """The places beneath, those with trouble first."""
    if not model.inner:
        return Markup("")
    reader = visit.reader
    head = (
        reader.say("Place"),
        reader.say("Online"),
        reader.say("Standing still"),
        reader.say("Today"),
        reader.say("Of the day's target"),
        reader.say("An hour"),
        reader.say("Waiting"),
        reader.say("Done in all"),
        "",
        reader.say("Missing"),
    )
    rows = [_row(reader, branch) for branch in model.inner]
    path = model.branch.place.path
    more = cards.exports(reader, "places", f"branch={path}")
    return card(reader.say("Places"), table(head, rows, (1, 2, 3, 5, 6, 7, 9), "places"), more=more)


def _row(reader: Reader, branch: Branch) -> list[Child]:
    counts = branch.counts
    done = counts.done / branch.population if branch.population else None
    today = counts.sealed_today / counts.per_day if counts.per_day else None
    return [
        tag("a", branch.place.name, href=f"/tree/{branch.place.path}"),
        tag(
            "span",
            f"{counts.online}\u200a/\u200a{counts.booths}",
            class_="bad" if counts.online < counts.booths else None,
        ),
        tag("b", "! ", reader.count(counts.alarms), class_="bad") if counts.alarms else "–",
        reader.count(counts.sealed_today),
        meter(today, "" if today is None else reader.percent(today)),
        reader.count(counts.pace),
        reader.count(counts.waiting),
        "–" if done is None else reader.percent(done),
        meter(done, reader.count(counts.done)),
        tag("b", reader.count(counts.missing), class_="bad" if counts.missing else "good"),
    ]


def booths(visit: Visit, model: Here) -> Markup:
    """The place's own booths."""
    if not model.booths:
        return Markup("")
    reader = visit.reader
    rows: list[list[Child]] = []
    for one in model.booths:
        part = one.sealed / one.target if one.target else None
        rows.append(
            [
                tag(
                    "span",
                    words.SIGNS[one.state],
                    " ",
                    reader.say(words.STATES[one.state]),
                    class_=f"state-word s{int(one.state)}",
                ),
                tag("a", one.code, href=f"/booth/{one.code}"),
                one.name,
                words.of_picture(reader, one, model.now) or "–",
                reader.count(one.sealed),
                meter(part, "" if part is None else reader.percent(part)),
                reader.count(one.waiting),
            ]
        )
    head = (
        reader.say("State"),
        reader.say("Booth"),
        reader.say("Name"),
        reader.say("Why"),
        reader.say("Today"),
        reader.say("Of the day's target"),
        reader.say("Waiting"),
    )
    standing = sum(one.state in STANDING for one in model.booths)
    more = tag("small", reader.say("{n} standing still", n=standing)) if standing else None
    return card(reader.say("Booths"), table(head, rows, (4, 6)), more=more)
