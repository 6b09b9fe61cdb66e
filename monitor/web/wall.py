"""The wall: every booth a tile, worst first.

Not a NiceGUI page: 3,321 tiles must be there with the first bytes, so the server writes them as
plain markup from memory and a small script keeps them true from one stream of differences
(server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html). A screen that
was away says which version it has and gets what it lacks.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from monitor.access import Account
from monitor.watch.rules import Kind
from monitor.web import words
from monitor.web.cards import name_of
from monitor.web.live import Live
from monitor.web.markup import Markup, join, tag
from monitor.web.picture import STANDING, Picture, State
from monitor.web.reader import Reader
from monitor.web.sessions import Seat
from monitor.web.shell import Visit, bar, document

KEEPALIVE_S = 10.0
"""A comment line at least this often: proxies and phones close silent streams."""
BROAD = frozenset({State.ALARM, State.OFFLINE, State.IDLE})
"""States whose tiles say why."""


@dataclass(frozen=True)
class Strip:
    """The big numbers."""

    booths: int
    online: int
    standing: int
    today: int
    waiting: int
    missing: int
    coming: int
    states: tuple[int, ...]


def strip_of(live: Live, account: Account) -> Strip:
    """Counted once a version and branch, however many screens ask."""
    known = _STRIPS.get((live.run_id, account.branch))
    if known is not None and known[0] == live.version:
        return known[1]
    strip = _strip(live, account)
    _STRIPS[live.run_id, account.branch] = live.version, strip
    return strip


_STRIPS: dict[tuple[str, str], tuple[int, Strip]] = {}


def _strip(live: Live, account: Account) -> Strip:
    booths = [b for b in live.booths.values() if account.sees(b.place)]
    shown = [live.pictures[b.code] for b in booths]
    states = [0] * len(State)
    for one in shown:
        states[one.state] += 1
    return Strip(
        len(booths),
        sum(b.online for b in booths),
        sum(states[s] for s in STANDING),
        sum(b.sealed for b in booths),
        sum(one.waiting for one in shown),
        sum(b.missing for b in booths),
        sum(b.coming for b in booths),
        tuple(states),
    )


def figures(reader: Reader, strip: Strip) -> dict[str, str]:
    """The big numbers as text, by the name of their place on the page."""
    return {
        "online": f"{reader.count(strip.online)}\u200a/\u200a{reader.count(strip.booths)}",
        "standing": reader.count(strip.standing),
        "today": reader.count(strip.today),
        "waiting": reader.count(strip.waiting),
        "missing": reader.count(strip.missing),
        **{f"s{int(s)}": reader.count(strip.states[s]) for s in State},
    }


def tile(reader: Reader, shown: Picture, now: int) -> Markup:
    """One booth. Attributes carry what the script filters and sorts by."""
    why = words.of_picture(reader, shown, now)
    state = reader.say(words.STATES[shown.state])
    queue = tag("u", shown.waiting) if shown.waiting else None
    one_of_many = shown.why == Kind.OUTAGE
    said = tag("em", why) if shown.state in BROAD and not one_of_many else None
    look = f"t s{int(shown.state)}{' p' if shown.paused else ''}{' many' if one_of_many else ''}"
    return tag(
        "a",
        tag("b", words.SIGNS[shown.state]),
        tag("span", shown.code),
        tag("i", shown.sealed),
        queue,
        said,
        id=shown.code,
        class_=look,
        href=f"/booth/{shown.code}",
        title=f"{shown.code} {shown.name} · {state}{' · ' + why if why else ''}",
        data_r=f"{shown.rank[1]:.12g}" if shown.state < State.FINE else None,
        data_p=shown.place,
        data_n=shown.name,
    )


def page(live: Live, visit: Visit) -> str:
    """The whole wall, ready to paint."""
    reader, account = visit.reader, visit.account
    now = live.clock()
    strip = strip_of(live, account)
    shown = sorted(
        (p for p in live.pictures.values() if account.sees(p.place)), key=lambda p: p.rank
    )
    sections = join(
        *(
            _section(reader, state, [p for p in shown if p.state is state], now, strip)
            for state in State
        )
    )
    body = tag(
        "main",
        bar(visit),
        _numbers(reader, strip),
        _filters(reader, live, account, strip),
        tag("div", branch_alarms(live, reader, account, now), class_="branches", id="branches"),
        tag("div", class_="banner", id="banner", role="status", hidden=True),
        tag("div", sections, class_="wall", id="wall"),
        tag("p", reader.say("No booth fits."), class_="none", id="none", hidden=True),
        class_="wall-page",
        data_stream=f"/live/wall?lang={reader.language}&run={live.run_id}",
        data_version=live.version,
        data_away=reader.say("The region's database does not answer. What you see is from {when}; "
                             "it goes on by itself.", when="{when}"),
        data_cut=reader.say("No connection to the region's server since {when}. Trying again.",
                            when="{when}"),
    )  # fmt: skip
    return document(reader, f"{reader.say('Wall')} · Trạm", body)


def _numbers(reader: Reader, strip: Strip) -> Markup:
    says = figures(reader, strip)
    coming = (
        reader.say("{n} on the way", n=reader.count(strip.coming)) if strip.coming else "\u00a0"
    )
    names = (
        ("online", reader.say("booths online"), ""),
        ("standing", reader.say("standing still"), "bad" if strip.standing else ""),
        ("today", reader.say("dossiers today"), ""),
        ("waiting", reader.say("people waiting"), ""),
        ("missing", reader.say("facts missing"), "bad" if strip.missing else "good"),
    )
    return tag(
        "section",
        *(
            tag(
                "div",
                tag("b", says[name], id=f"n-{name}"),
                tag("span", label),
                tag("small", coming, id="n-coming") if name == "missing" else None,
                class_=f"number {look}",
            )
            for name, label, look in names
        ),
        class_="numbers",
    )


def _filters(reader: Reader, live: Live, account: Account, strip: Strip) -> Markup:
    says = figures(reader, strip)
    states = join(
        *(
            tag(
                "button",
                tag("b", words.SIGNS[state]),
                tag("span", reader.say(words.STATES[state])),
                tag("i", says[f"s{int(state)}"], id=f"n-s{int(state)}"),
                type="button",
                class_=f"state s{int(state)}",
                data_state=int(state),
                aria_pressed="false",
            )
            for state in State
        )
    )
    branches = [
        tag("option", live.places[path].name, value=path)
        for path in sorted(live.places, key=lambda path: live.places[path].name)
        if account.sees(path) and path.count("/") == 1
    ]
    return tag(
        "section",
        tag("div", states, class_="states"),
        tag("select", tag("option", reader.say("All places"), value=""), *branches, id="branch",
            aria_label=reader.say("Place")),
        tag("input", type="search", id="search", placeholder=reader.say("Code or name"),
            aria_label=reader.say("Code or name")),
        class_="filters",
    )  # fmt: skip


def _section(
    reader: Reader, state: State, shown: Iterable[Picture], now: int, strip: Strip
) -> Markup:
    return tag(
        "section",
        *(tag_ for tag_ in (tile(reader, one, now) for one in shown)),
        class_=f"of s{int(state)}",
        data_state=int(state),
        aria_label=reader.say(words.STATES[state]),
    )


def branch_alarms(live: Live, reader: Reader, account: Account, now: int) -> Markup:
    """What is wrong with whole branches: one line each, not a tile for each of their booths."""
    return join(
        *(
            tag(
                "a",
                tag("b", "!"),
                tag("span", tag("strong", name_of(live, alarm.place)), f": {what}"),
                href="/alarms",
            )
            for alarm in sorted(live.alarms.values(), key=lambda a: (a.severity, a.raised_at))
            if alarm.station is None and account.sees(alarm.place)
            for what in (
                reader.say(
                    "{what}, since {when}",
                    what=words.measured(reader, alarm),
                    when=reader.moment(alarm.raised_at, now),
                ),
            )
        )
    )


async def stream(
    live: Live, reader: Reader, seat: Seat, version: int, run: str
) -> AsyncIterator[str]:
    """Differences since ``version`` of process ``run``, as server-sent events, until the session
    of ``seat`` ends."""
    if run != live.run_id:
        version = -1
    told_away: int | None = None
    yield "retry: 2000\n\n"
    numbers: dict[str, str] = {}
    told = Markup("")
    while (account := seat.account) is not None:
        if live.away_since != told_away:
            told_away = live.away_since
            since = "" if told_away is None else reader.clock(told_away)
            yield _event("away", {"since": since})
        fresh = [p for p in live.newer(version) if account.sees(p.place)]
        newest = live.version
        strip = strip_of(live, account)
        says = figures(reader, strip)
        now = live.clock()
        branches = branch_alarms(live, reader, account, now)
        if fresh or says != numbers or branches != told:
            coming = reader.say("{n} on the way", n=reader.count(strip.coming))
            yield _event(
                "wall",
                {
                    "tiles": [[p.code, int(p.state), tile(reader, p, now)] for p in fresh],
                    "branches": branches,
                    "numbers": says,
                    "bad": {"standing": bool(strip.standing), "missing": bool(strip.missing)},
                    "coming": coming if strip.coming else "\u00a0",
                },
                f"{live.run_id}-{newest}",
            )
            numbers, told = says, branches
        version = newest
        if not await live.news(version, KEEPALIVE_S):
            yield ": here\n\n"
    yield _event("over", {})


def _event(name: str, data: object, id: str = "") -> str:
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
