"""The wall: every booth a tile, worst first.

3,321 tiles must be there with the first bytes, so each is written once, when its booth changes, and
kept; a small script keeps the page true from one stream of differences (server-sent events,
https://html.spec.whatwg.org/multipage/server-sent-events.html). A screen that was away says which
version it has and gets what it lacks. Without scripts the filters are a form.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from ground.hours import local_day
from monitor.access import Account
from monitor.watch.rules import Kind
from monitor.web import shell, words
from monitor.web.cards import name_of
from monitor.web.live import Live
from monitor.web.markup import Markup, tag
from monitor.web.page import KEEPALIVE_S, RETRY, banners, event
from monitor.web.picture import STANDING, Picture, State
from monitor.web.reader import Reader
from monitor.web.sessions import Seat
from monitor.web.shell import Visit

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


@dataclass(frozen=True)
class Chosen:
    """What the address asks for. ``states``: numbers of states; none: all of them."""

    branch: str = ""
    text: str = ""
    states: frozenset[int] = frozenset()

    def fits(self, shown: Picture) -> bool:
        if self.branch and not f"{shown.place}/".startswith(f"{self.branch}/"):
            return False
        if self.states and int(shown.state) not in self.states:
            return False
        return not self.text or plain(self.text) in plain(f"{shown.code} {shown.name}")


def plain(text: str) -> str:
    """Without tones and case, as ``region.js`` does it: "Bỉm Sơn" → "bim son"."""
    marks = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(mark for mark in marks if not unicodedata.combining(mark))


def chosen_of(visit: Visit) -> Chosen:
    asked = visit.query
    states = frozenset(int(one) for one in asked.get("state", "").split(".") if one.isdecimal())
    return Chosen(asked.get("branch", ""), asked.get("q", "").strip(), states)


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
    """One booth, kept until it differs. Attributes carry what the script filters and sorts by."""
    key, day = (reader.language, shown.code), local_day(now).toordinal()
    known = _TILES.get(key)
    if known is not None and known[0] is shown and known[1] == day:
        return known[2]
    made = _tile(reader, shown, now)
    _TILES[key] = shown, day, made
    return made


_TILES: dict[tuple[str, str], tuple[Picture, int, Markup]] = {}


def _tile(reader: Reader, shown: Picture, now: int) -> Markup:
    one_of_many = shown.why == Kind.OUTAGE
    said = None
    if shown.state in BROAD and not one_of_many:
        said = tag("em", words.of_picture(reader, shown, now))
    taken = None
    if shown.taken_by and not one_of_many:
        taken = tag("em", reader.say("{who} has it", who=shown.taken_by), class_="taken")
    look = f"t s{int(shown.state)}{' p' if shown.paused else ''}{' many' if one_of_many else ''}"
    return tag(
        "a",
        tag("b", words.SIGNS[shown.state]),
        tag("span", shown.code),
        tag("small", shown.name),
        tag("i", shown.sealed),
        tag("u", shown.waiting) if shown.waiting else None,
        said,
        taken,
        id=shown.code,
        class_=look,
        href=f"/booth/{shown.code}",
        data_r=f"{shown.rank[1]:.12g}" if shown.state < State.FINE else None,
        data_p=shown.place,
    )


def page(live: Live, visit: Visit) -> str:
    """The whole wall, ready to paint."""
    reader, account = visit.reader, visit.account
    now, chosen = live.clock(), chosen_of(visit)
    strip = strip_of(live, account)
    says = figures(reader, strip)
    shown: dict[State, list[Picture]] = {state: [] for state in State}
    for one in sorted(live.pictures.values(), key=lambda p: p.rank):
        if account.sees(one.place) and chosen.fits(one):
            shown[one.state].append(one)
    places = sorted(
        (live.places[path].name, path)
        for path in live.places
        if account.sees(path) and path.count("/") == 1
    )
    return shell.framed(
        "wall.html",
        visit,
        reader.say("Wall"),
        numbers=[(name, label, says[name], look) for name, label, look in _numbers(reader, strip)],
        coming=_coming(reader, strip),
        states=[
            {
                "number": int(state),
                "sign": words.SIGNS[state],
                "word": reader.say(words.STATES[state]),
                "count": says[f"s{int(state)}"],
                "chosen": int(state) in chosen.states,
            }
            for state in State
        ],
        places=[(path, name) for name, path in places],
        chosen=chosen,
        branches=branch_alarms(live, reader, account, now),
        sections=[
            {
                "number": int(state),
                "word": reader.say(words.STATES[state]),
                "tiles": Markup("".join(tile(reader, one, now) for one in found)),
            }
            for state, found in shown.items()
        ],
        stream=f"/live/wall?lang={reader.language}",
        version=live.version,
        run=live.run_id,
        **banners(reader),
    )


def _numbers(reader: Reader, strip: Strip) -> Iterable[tuple[str, str, str]]:
    """Name, label and look of each."""
    return (
        ("online", reader.say("booths online"), ""),
        ("standing", reader.say("standing still"), "bad" if strip.standing else ""),
        ("today", reader.say("dossiers today"), ""),
        ("waiting", reader.say("people waiting"), ""),
        ("missing", reader.say("facts missing"), "bad" if strip.missing else "good"),
    )


def _coming(reader: Reader, strip: Strip) -> str:
    return reader.say("{n} on the way", n=reader.count(strip.coming)) if strip.coming else "\u00a0"


def branch_alarms(live: Live, reader: Reader, account: Account, now: int) -> Markup:
    """What is wrong with whole branches: one line each, not a tile for each of their booths."""
    found = [
        {
            "place": alarm.place,
            "name": name_of(live, alarm.place),
            "what": reader.say(
                "{what}, since {when}",
                what=words.measured(reader, alarm),
                when=reader.moment(alarm.raised_at, now),
            ),
            "taken": words.taken(reader, alarm, now),
        }
        for alarm in sorted(live.alarms.values(), key=lambda a: (a.severity, a.raised_at))
        if alarm.station is None and account.sees(alarm.place)
    ]
    return Markup(shell.TEMPLATES.get_template("branches.html").render(alarms=found).strip())


async def stream(
    live: Live, reader: Reader, seat: Seat, version: int, run: str
) -> AsyncIterator[str]:
    """Differences since ``version`` of process ``run``, as server-sent events, until the session
    of ``seat`` ends."""
    if run != live.run_id:
        version = -1
    told_away: int | None = None
    yield RETRY
    numbers: dict[str, str] = {}
    told = Markup("")
    while (account := seat.account) is not None:
        if live.away_since != told_away:
            told_away = live.away_since
            since = "" if told_away is None else reader.clock(told_away)
            yield event("away", {"since": since})
        fresh = [p for p in live.newer(version) if account.sees(p.place)]
        newest = live.version
        strip = strip_of(live, account)
        says = figures(reader, strip)
        now = live.clock()
        branches = branch_alarms(live, reader, account, now)
        if fresh or says != numbers or branches != told:
            yield event(
                "wall",
                {
                    "tiles": [[p.code, int(p.state), tile(reader, p, now)] for p in fresh],
                    "branches": branches,
                    "numbers": says,
                    "bad": {"standing": bool(strip.standing), "missing": bool(strip.missing)},
                    "coming": _coming(reader, strip),
                    "version": newest,
                    "run": live.run_id,
                },
                f"{live.run_id}-{newest}",
            )
            numbers, told = says, branches
        version = newest
        while seat.account is not None and not await live.news(version, KEEPALIVE_S):
            yield ": here\n\n"
    yield event("over", {})
