"""Pieces that several pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from monitor.store.reading import Alarm
from monitor.web import words
from monitor.web.live import Live, branches
from monitor.web.markup import Child, Markup, join, tag
from monitor.web.reader import Reader
from monitor.web.shell import Visit


def card(title: str, *inside: Child, classes: str = "", more: Child = None) -> Markup:
    head = tag("header", tag("h2", title), more) if more is not None else tag("h2", title)
    return tag("section", head, *inside, class_=f"card {classes}".strip())


def number(label: str, value: Child, look: str = "", small: Child = None) -> Markup:
    return tag(
        "div",
        tag("b", value),
        tag("span", label),
        tag("small", small) if small is not None else None,
        class_=f"figure {look}".strip(),
    )


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Child]],
    numbers: Iterable[int] = (),
    classes: str = "",
) -> Markup:
    """``numbers``: columns that are set right, as figures are."""
    right = set(numbers)

    def cells(kind: str, row: Sequence[Child]) -> Markup:
        return tag(
            "tr", *(tag(kind, c, class_="num" if i in right else None) for i, c in enumerate(row))
        )

    body = [cells("td", row) for row in rows]
    inner = join(tag("thead", cells("th", head)), tag("tbody", *body))
    return tag("div", tag("table", inner, class_=f"plain-table {classes}".strip()), class_="scroll")


def exports(reader: Reader, name: str, query: str = "") -> Markup:
    """Links to the same as a file."""
    tail = f"?{query}" if query else ""
    return tag(
        "span",
        tag("a", "CSV", href=f"/export/{name}.csv{tail}", download=True),
        tag("a", "JSON", href=f"/export/{name}.json{tail}", download=True),
        class_="exports",
        title=reader.say("Save this table"),
    )


def trail(live: Live, visit: Visit, path: str, room: str) -> Markup:
    """Where a place is in the tree, each step above it a link; nothing outside the branch."""
    steps = [
        tag("a", name_of(live, step), href=f"/{room}/{step}")
        for step in branches(path)
        if step and visit.account.sees(step)
    ]
    return tag("nav", *steps, class_="trail", aria_label=visit.reader.say("Place"))


def name_of(live: Live, path: str) -> str:
    place = live.places.get(path)
    return place.name if place is not None else path.rpartition("/")[2]


def meter(part: float | None, title: str = "") -> Markup:
    """A bar from 0 to 1."""
    if part is None:
        return Markup("")
    width = f"width:{max(0.0, min(1.0, part)) * 100:.1f}%"
    return tag("span", tag("i", style=width), class_="meter", title=title or None)


def key(*entries: tuple[str, str]) -> Markup:
    """What a chart's colours mean: class and words of each. An entry never breaks in two."""
    return tag(
        "p",
        *(tag("span", tag("i", class_=look), said) for look, said in entries),
        class_="key",
    )


def alarm_row(visit: Visit, live: Live, alarm: Alarm, now: int, *, where: bool = True) -> Markup:
    """One open alarm: what, where, for how long, and who has it."""
    reader = visit.reader
    place = name_of(live, alarm.place)
    if alarm.station is not None:
        target = tag("a", tag("b", alarm.station), f" {place}", href=f"/booth/{alarm.station}")
    else:
        target = tag("a", tag("b", place), href=f"/tree/{alarm.place}")
    if alarm.acknowledged_at is not None:
        care: Markup = tag("p", words.taken(reader, alarm, now), class_="care")
    elif visit.account.acknowledges:
        care = tag(
            "a",
            reader.say("Acknowledge"),
            class_="button",
            href=f"/alarms/{alarm.id}/acknowledge?next={quote(visit.address)}",
        )
    else:
        care = tag("p", reader.say("not acknowledged yet"), class_="care soft")
    held = tag("span", reader.say("comes and goes"), class_="held") if alarm.held else None
    return tag(
        "article",
        tag("span", words.SEVERITY_SIGNS[alarm.severity], class_="sev", aria_hidden="true"),
        tag(
            "div",
            tag("p", words.measured(reader, alarm), held, class_="what"),
            tag(
                "p",
                target,
                tag("span", reader.say(words.SEVERITIES[alarm.severity])),
                class_="where",
            )
            if where
            else None,
        ),
        tag(
            "p",
            tag("b", reader.span(now - alarm.raised_at)),
            tag("small", reader.moment(alarm.raised_at, now)),
            class_="long",
        ),
        care,
        class_=f"alarm v{alarm.severity}{' taken' if alarm.acknowledged_at else ''}",
        id=f"alarm-{alarm.id}",
    )
