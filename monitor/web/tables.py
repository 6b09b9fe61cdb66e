"""Every table of the pages as plain rows: what the exports and the API give out.

One function a table; each sees the branch of the account that asks, or a part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from edge.report.facts import AnyFact
from ground.hours import local_day
from monitor.access import Account
from monitor.store import days as store_days
from monitor.store import fleet, history, reading
from monitor.store.reading import within
from monitor.web import progress
from monitor.web.history import Kept
from monitor.web.house import House
from monitor.web.tree import read as read_place
from monitor.web.tree import top_of

LIMIT = 100_000


@dataclass(frozen=True)
class BoothRow:
    """A booth at a glance. ``state``: alarm, offline, idle, behind, fine, closed. ``share``: done
    of what is due by now, of those behind. Times are ms since 1970 UTC."""

    code: str
    name: str
    place: str
    state: str
    why: str
    device: str
    fault: str
    since: int | None
    online: bool
    heard_at: int
    sealed_today: int
    target: int
    share: float | None
    waiting: int
    facts_held: int
    facts_missing: int
    facts_coming: int


@dataclass(frozen=True)
class PlaceRow:
    """A branch with what its booths come to."""

    path: str
    name: str
    population: int
    due: date | None
    booths: int
    online: int
    standing: int
    sealed_today: int
    target_today: int
    pace: int
    waiting: int
    done: int
    missing: int


@dataclass(frozen=True)
class ProgressRow:
    """A branch's course. ``in_time``: share of likely futures done by the due date, 0…1.
    ``more_sets`` or ``more_hours`` (a day) bring it to 0.8; null: no such number."""

    path: str
    name: str
    target: int
    done: int
    left: int
    due: date | None
    pace: float | None
    needed: float | None
    finish: date | None
    early: date | None
    late: date | None
    in_time: float | None
    more_sets: int | None
    more_hours: float | None


@dataclass(frozen=True)
class AlarmRow:
    """``station`` null: of the whole branch ``place``. ``severity``: 1 act now … 3 know.
    ``detail``: its numbers when it began, as JSON: minutes, waiting, due, celsius, millivolt …"""

    id: int
    kind: str
    place: str
    station: str | None
    device: str
    severity: int
    raised_at: int
    cleared_at: int | None
    acknowledged_at: int | None
    acknowledged_by: str | None
    note: str | None
    held: bool
    detail: str


@dataclass(frozen=True)
class LedgerRow:
    """A journal. ``missing``: lacking among 1…``newest``; ``coming``: told of and not here yet."""

    station: str
    place: str
    epoch: str
    through: int
    held: int
    newest: int
    total: int
    coming: int
    missing: int
    chain: str
    quarrel: str | None


@dataclass(frozen=True)
class AvailabilityRow:
    """Seconds of open time a booth was there, of those anything is known of."""

    station: str
    place: str
    day: date
    up_s: int
    known_s: int


@dataclass(frozen=True)
class DayRow:
    day: date
    sealed: int


@dataclass(frozen=True)
class ClosingRow:
    """A day of a booth, or a part of one (``day``: local, yyyymmdd), as fact ``number`` closed it:
    what the booth said of it, and what the region holds. ``journal``: start of the hash of the
    day's last journal row, which is row ``rows``."""

    station: str
    place: str
    epoch: str
    number: int
    day: int
    agrees: bool
    said_facts: int
    said_sealed: int
    said_referred: int
    said_refused: int
    said_abandoned: int
    held_facts: int
    held_sealed: int
    held_referred: int
    held_refused: int
    held_abandoned: int
    tickets: int
    no_shows: int
    rows: int
    journal: str


@dataclass(frozen=True)
class FactRow:
    """A fact as held; ``fact`` is its content as JSON.

    Kind and content are "" when a newer booth told something that this version cannot read.
    """

    station: str
    epoch: str
    number: int
    dated: int | None
    received_at: int
    kind: str
    fact: str


@dataclass(frozen=True)
class CommandRow:
    """``order`` is JSON. ``outcome`` null: not answered."""

    id: str
    station: str
    order: str
    by: str
    role: str
    issued_at: int
    expires_at: int
    sent_at: int | None
    answered_at: int | None
    outcome: str | None


@dataclass(frozen=True)
class AuditRow:
    id: int
    at: int
    who: str
    what: str
    target: str
    note: str


class NotYours(LookupError):
    """It does not exist or is outside the account's branch."""


@dataclass(frozen=True)
class Asked:
    """Who asks for what. ``branch``: within the account's; ``booth``: in it."""

    house: House
    kept: Kept
    account: Account
    branch: str
    booth: str | None = None


def asked(house: House, kept: Kept, account: Account, branch: str, booth: str | None) -> Asked:
    """Raises NotYours."""
    branch = branch.strip("/") or account.branch
    if not account.sees(branch):
        raise NotYours(branch)
    if booth is not None:
        known = house.live.booths.get(booth)
        if known is None or not account.sees(known.place):
            raise NotYours(booth)
    return Asked(house, kept, account, branch, booth)


def booths(ask: Asked) -> list[BoothRow]:
    live = ask.house.live
    found = []
    for shown in sorted(list(live.pictures.values()), key=lambda p: p.rank):
        if not within(ask.branch, shown.place) or ask.booth not in (None, shown.code):
            continue
        known = live.booths[shown.code]
        found.append(
            BoothRow(
                shown.code,
                shown.name,
                shown.place,
                shown.state.name.lower(),
                shown.why,
                shown.device,
                shown.fault,
                shown.since,
                known.online,
                known.heard_at,
                shown.sealed,
                shown.target,
                shown.share,
                shown.waiting,
                known.held,
                known.missing,
                known.coming,
            )
        )
    return found


def places(ask: Asked) -> list[PlaceRow]:
    return [
        PlaceRow(
            path,
            branch.place.name,
            branch.population,
            branch.due,
            c.booths,
            c.online,
            c.alarms,
            c.sealed_today,
            c.per_day,
            c.pace,
            c.waiting,
            c.done,
            c.missing,
        )
        for path, branch in sorted(ask.house.live.rolled().items())
        if within(ask.branch, path)
        for c in (branch.counts,)
    ]


def courses(ask: Asked) -> list[ProgressRow]:
    """The branch and the places right beneath it."""
    live = ask.house.live
    here = read_place(live, ask.branch or top_of(live, ""))
    found = []
    for branch in (here.branch, *here.inner):
        one = progress.course(live, branch)
        e = one.expected
        found.append(
            ProgressRow(
                branch.place.path,
                branch.place.name,
                branch.population,
                one.done,
                one.left,
                branch.due,
                e.pace if e else None,
                one.needed,
                e.finish if e else None,
                e.early if e else None,
                e.late if e else None,
                e.in_time if e else None,
                e.more_sets if e else None,
                e.more_hours if e else None,
            )
        )
    return found


def days(ask: Asked) -> list[DayRow]:
    """Whole days of the branch, and today so far."""
    live = ask.house.live
    today = local_day(live.clock())
    booths = [b for b in list(live.booths.values()) if within(ask.branch, b.place)]
    found = [DayRow(day, n) for day, n in live.past.days([b.code for b in booths], today)]
    return [*found, DayRow(today, sum(b.sealed for b in booths))]


def closings(ask: Asked) -> list[ClosingRow]:
    """Days as the booths closed them, newest first, beside what the region holds."""
    with ask.house.engine.connect() as connection:
        found = store_days.of_branch(connection, ask.branch, code=ask.booth, limit=LIMIT)
    return [
        ClosingRow(
            one.station,
            one.place,
            one.epoch,
            one.number,
            one.day,
            one.agrees,
            *one.said,
            *one.held,
            one.tickets,
            one.no_shows,
            one.rows,
            one.journal,
        )
        for one in found
    ]


def alarms(ask: Asked) -> list[AlarmRow]:
    """Those that stand, then those that are over."""
    with ask.house.engine.connect() as connection:
        rows = reading.open_alarms(connection, ask.branch)
        rows += reading.past_alarms(connection, ask.branch, limit=LIMIT)
    return [
        _pick(AlarmRow, row, detail=msgspec.json.encode(row.detail).decode())
        for row in rows
        if ask.booth in (None, row.station)
    ]


def ledger(ask: Asked) -> list[LedgerRow]:
    with ask.house.engine.connect() as connection:
        books = fleet.books(connection, ask.branch, code=ask.booth)
    return [_pick(LedgerRow, book) for book in books]


def availability(ask: Asked) -> list[AvailabilityRow]:
    known = ask.kept.days(ask.branch)
    live = ask.house.live
    return [
        AvailabilityRow(code, live.booths[code].place, day, share.up_s, share.known_s)
        for code, shares in sorted(known.items())
        if ask.booth in (None, code)
        for day, share in sorted(shares.items())
        if share.known_s
    ]


def facts(ask: Asked) -> list[FactRow]:
    """Of one booth: which one has to be said."""
    if ask.booth is None:
        return []
    with ask.house.engine.connect() as connection:
        held = history.facts(connection, ask.booth, LIMIT)
    return [
        FactRow(
            ask.booth,
            one.epoch,
            one.number,
            one.dated,
            one.received_at,
            *_content(one.fact),
        )
        for one in held
    ]


def _content(fact: AnyFact | None) -> tuple[str, str]:
    if fact is None:
        return "", ""
    return type(fact).__name__, msgspec.json.encode(msgspec.structs.asdict(fact)).decode()


def commands(ask: Asked) -> list[CommandRow]:
    with ask.house.engine.connect() as connection:
        rows = reading.commands(connection, ask.branch, code=ask.booth, limit=LIMIT)
    return [_pick(CommandRow, row) for row in rows]


def audit(ask: Asked) -> list[AuditRow]:
    """What accounts of the asker's branch did. For administrators."""
    if ask.account.role != "administrator":
        raise NotYours("audit")
    with ask.house.engine.connect() as connection:
        rows = history.audit_rows(connection, ask.account.branch, LIMIT)
    return [_pick(AuditRow, row) for row in rows]


def _pick(kind: type[Any], row: Any, **instead: Any) -> Any:
    """``row``'s fields of the same names; ``instead`` of those that are written otherwise."""
    own = {name: getattr(row, name) for name in kind.__dataclass_fields__}
    return kind(**own | instead)


TABLES: dict[str, tuple[type[Any], Callable[[Asked], list[Any]]]] = {
    "booths": (BoothRow, booths),
    "places": (PlaceRow, places),
    "progress": (ProgressRow, courses),
    "days": (DayRow, days),
    "closings": (ClosingRow, closings),
    "alarms": (AlarmRow, alarms),
    "ledger": (LedgerRow, ledger),
    "availability": (AvailabilityRow, availability),
    "facts": (FactRow, facts),
    "commands": (CommandRow, commands),
    "audit": (AuditRow, audit),
}
