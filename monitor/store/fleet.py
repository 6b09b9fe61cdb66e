"""The one reader of booths as they are now: tile, alarm, ledger, export and metric take a booth
from here, so that "missing", "done" and "behind" mean one thing in all of them.

Takes an open connection and answers plain values. Times are ms since 1970 UTC. ``None`` is "not
known": nothing is judged from what is not known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from edge.report import metrics as m
from edge.report.facts import UnlockFailed
from edge.report.figures import faults_of
from ground.hours import Hours, open_now
from monitor.store.entries import read_fact
from monitor.store.reading import under
from monitor.store.schema import fact, figure, hour, ledger, spell, station

PORTION = 500
"""So many codes in one IN list: below every database's limit of parameters."""
LOCKOUT_MS = 900_000
"""For so long after it a lock-out counts as going on."""
PERIPHERALS = "peripherals"
QUEUES = (m.QUEUE_WALK_IN, m.QUEUE_PRIORITY, m.QUEUE_GROUP)
_NODE = (
    *QUEUES,
    m.QUEUE_OLDEST_SINCE,
    m.TARGET_OPENS,
    m.TARGET_CLOSES,
    m.TARGET_PER_DAY,
    m.STATION_INTAKE,
    m.STATION_LID_OPEN,
    m.LINE_OPEN_DOSSIERS,
    m.LINE_PACE,
    m.LINE_IDLE_WHILE_WAITING,
    m.TODAY_SEALED,
    m.PACKETS_WAITING,
    m.CLOCK_TRUSTED,
    m.CLOCK_OFFSET,
    m.HOST_TEMPERATURE,
    m.HOST_DISK_FREE,
)
_DEVICE = (m.DEVICE_STATE, m.DEVICE_FAULT, m.STATION_FAILED_DEVICES)
_CLIMATE = (m.BOOTH_TEMPERATURE, m.BOOTH_SUPPLY)
_UNLOCK_FAILED = 5
"""``fact.kind`` of ``UnlockFailed``: its tag."""
Span = tuple[int, int]
"""The opening that it is now in: (opens, closes)."""
Texts = Mapping[str, Mapping[str, str]]
"""Texts of a booth's figures, by device ("": the node) and name."""


@dataclass(frozen=True)
class Booth:
    """One booth. Figures are those that it told last; of one that is away they are history.

    ``waiting``: people with a ticket, all kinds (``queues``: by kind); ``oldest_since``: since when
    the one who waits longest waits. ``sealed``/``ended``: dossiers of today that the region holds;
    ``sealed_said``: as the booth says. ``idle_s``: today's seconds in which the bottleneck stood
    free while people waited. ``faults``: device → fault code of those that do not work.

    ``held``: facts held, over all its journals; ``missing``: lacking although later ones are here;
    ``coming``: told of, and none of them here yet. ``quarrel``: what does not agree between the
    booth's journal and the region, in words. ``lockout_at``: when it last locked somebody out.
    """

    code: str
    place: str
    name: str = ""
    online: bool = False
    born_at: int | None = None
    died_at: int | None = None
    heard_at: int = 0
    changed_at: int = 0
    hours: Hours = field(default_factory=Hours)
    per_day: int | None = None
    intake: bool | None = None
    queues: Mapping[str, int] = field(default_factory=dict)
    waiting: int | None = None
    oldest_since: int | None = None
    open_dossiers: int | None = None
    pace: int | None = None
    idle_s: int | None = None
    sealed: int = 0
    ended: int = 0
    sealed_said: int | None = None
    faults: Mapping[str, str] = field(default_factory=dict)
    clock_trusted: bool | None = None
    clock_offset_ms: int | None = None
    disk_free_mb: int | None = None
    host_c: float | None = None
    booth_c: float | None = None
    supply_mv: int | None = None
    packets: int | None = None
    lid_open: bool | None = None
    held: int = 0
    missing: int = 0
    coming: int = 0
    quarrel: str | None = None
    lockout_at: int | None = None

    @property
    def changed_state_at(self) -> int:
        """When it was last born or died."""
        return (self.born_at if self.online else self.died_at) or 0

    @property
    def broken(self) -> Mapping[str, str]:
        """``faults`` of a booth that is there: what an absent one said is history."""
        return self.faults if self.online else {}

    @property
    def queue(self) -> int:
        """People with a ticket at a booth that is there."""
        return (self.waiting or 0) if self.online else 0

    @property
    def paused(self) -> bool:
        return self.intake is False

    @property
    def done(self) -> int:
        """What counts towards the target: sealed dossiers of today that are here. A person who was
        turned away is not enrolled."""
        return self.sealed

    def due(self, span: Span | None, now_ms: int) -> float:
        """Dossiers that should be done by now; the target is spread evenly over the opening."""
        return 0.0 if span is None else (self.per_day or 0) * gone(span, now_ms)

    def share(self, span: Span | None, now_ms: int) -> float | None:
        """Done of what is due by now: 1 and more is in time; None: nothing is due."""
        due = self.due(span, now_ms)
        return self.done / due if due else None

    def behind(self, span: Span | None, now_ms: int) -> float | None:
        """Share of what is due by now that is not done, 0…1; None: nothing is due."""
        share = self.share(span, now_ms)
        return None if share is None else max(0.0, 1 - share)

    def span(self, now_ms: int) -> Span | None:
        """The opening that it is now in, by the region's clock; None: closed."""
        return open_now(self.hours, now_ms)


def gone(span: Span, now_ms: int) -> float:
    """Share of an opening that is over."""
    return (now_ms - span[0]) / (span[1] - span[0])


@dataclass(frozen=True)
class Book:
    """What the region holds of one journal of a booth. ``beyond``: facts held above ``through``.

    ``missing`` = lacking among 1…``newest``; ``coming`` = told of, none of them here yet.
    """

    station: str
    name: str
    place: str
    epoch: str
    through: int
    beyond: int
    newest: int
    total: int
    chain: str
    quarrel: str | None

    @property
    def held(self) -> int:
        return self.through + self.beyond

    @property
    def missing(self) -> int:
        return self.newest - self.held

    @property
    def coming(self) -> int:
        return max(0, self.total - self.newest)


def changed(connection: Connection, since: int) -> dict[str, int]:
    """Stations with ``changed_at`` ≥ ``since``, with when."""
    columns = (station.c.station, station.c.changed_at)
    rows = connection.execute(select(*columns).where(station.c.changed_at >= since))
    return {code: at for code, at in rows}


def heard(connection: Connection) -> int | None:
    """When anything was heard of any booth; None: never."""
    return connection.execute(select(func.max(station.c.heard_at))).scalar()


def booths(
    connection: Connection,
    midnight: int,
    codes: Iterable[str] | None = None,
    usual: Hours = Hours(),  # noqa: B008  (frozen)
) -> dict[str, Booth]:
    """Booths as they are now, all or those of ``codes``. ``midnight``: since when "today" is;
    ``usual``: hours of those that tell none."""
    if codes is None:
        return _booths(_Rows(connection, None), midnight, usual)
    wanted = sorted(codes)
    found: dict[str, Booth] = {}
    for start in range(0, len(wanted), PORTION):
        rows = _Rows(connection, wanted[start : start + PORTION])
        found |= _booths(rows, midnight, usual)
    return found


def books(connection: Connection, branch: str, *, code: str | None = None) -> list[Book]:
    """All journals of a branch's booths, or of one of them."""
    rows = _Rows(connection, None if code is None else [code])
    return _books(rows, branch)


def gaps(connection: Connection, book: Book) -> list[tuple[int, int]]:
    """Which numbers are missing below the newest one held: (first, last) of each gap."""
    mine = (fact.c.station == book.station, fact.c.epoch == book.epoch)
    query = select(fact.c.number).where(*mine, fact.c.number > book.through)
    rows = connection.execute(query.order_by(fact.c.number))
    return _between([book.through, *(number for (number,) in rows)])


def _between(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers that lack in an ascending sequence."""
    return [(a + 1, b - 1) for a, b in pairwise(numbers) if b > a + 1]


@dataclass(frozen=True)
class _Rows:
    """Rows of all stations, or of ``codes``."""

    connection: Connection
    codes: Sequence[str] | None

    def __call__(self, query: Select[Any], column: Any) -> Iterator[Any]:
        mine = query if self.codes is None else query.where(column.in_(self.codes))
        yield from self.connection.execute(mine)


@dataclass
class _Told:
    """A booth's figures as rows."""

    numbers: dict[tuple[str, str], float] = field(default_factory=dict)
    texts: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def whole(self, name: str, device: str = "") -> int | None:
        number = self.numbers.get((device, name))
        return None if number is None else round(number)

    def truth(self, name: str) -> bool | None:
        number = self.numbers.get(("", name))
        return None if number is None else number != 0

    def hours(self, usual: Hours) -> Hours:
        opens, closes = self.whole(m.TARGET_OPENS), self.whole(m.TARGET_CLOSES)
        if opens is None or closes is None or opens == closes:
            return usual
        return Hours(opens, closes, usual.days)


def _booths(of: _Rows, midnight: int, usual: Hours) -> dict[str, Booth]:
    told: dict[str, _Told] = defaultdict(_Told)
    columns = (figure.c.station, figure.c.device, figure.c.name, figure.c.number, figure.c.text)
    wanted = figure.c.name.in_((*_NODE, *_DEVICE, *_CLIMATE))
    for row in of(select(*columns).where(wanted), figure.c.station):
        if row.number is not None:
            told[row.station].numbers[row.device, row.name] = row.number
        elif row.text is not None:
            told[row.station].texts[row.device][row.name] = row.text
    today = _today(of, midnight)
    dead, lockouts = _dead(of), _lockouts(of, midnight)
    of_booth: dict[str, list[Book]] = defaultdict(list)
    for book in _books(of, ""):
        of_booth[book.station].append(book)
    found = {}
    for row in of(select(station), station.c.station):
        code = row.station
        said, kept = told[code], of_booth[code]
        sealed, ended = today.get(code, (0, 0))
        queues = {kind: said.whole(kind) for kind in QUEUES}
        known = {kind: count for kind, count in queues.items() if count is not None}
        found[code] = Booth(
            code,
            row.place,
            row.name,
            row.online,
            row.born_at,
            row.died_at,
            row.heard_at,
            row.changed_at,
            hours=said.hours(usual),
            per_day=said.whole(m.TARGET_PER_DAY),
            intake=said.truth(m.STATION_INTAKE),
            queues=known,
            waiting=sum(known.values()) if len(known) == len(QUEUES) else None,
            oldest_since=said.whole(m.QUEUE_OLDEST_SINCE),
            open_dossiers=said.whole(m.LINE_OPEN_DOSSIERS),
            pace=said.whole(m.LINE_PACE),
            idle_s=said.whole(m.LINE_IDLE_WHILE_WAITING),
            sealed=sealed,
            ended=ended,
            sealed_said=said.whole(m.TODAY_SEALED),
            faults=_faults(said.texts, dead.get(code, ())),
            clock_trusted=said.truth(m.CLOCK_TRUSTED),
            clock_offset_ms=said.whole(m.CLOCK_OFFSET),
            disk_free_mb=said.whole(m.HOST_DISK_FREE),
            host_c=said.numbers.get(("", m.HOST_TEMPERATURE)),
            booth_c=said.numbers.get((PERIPHERALS, m.BOOTH_TEMPERATURE)),
            supply_mv=said.whole(m.BOOTH_SUPPLY, PERIPHERALS),
            packets=said.whole(m.PACKETS_WAITING),
            lid_open=said.truth(m.STATION_LID_OPEN),
            held=sum(book.held for book in kept),
            missing=sum(book.missing for book in kept),
            coming=sum(book.coming for book in kept),
            quarrel=next((book.quarrel for book in reversed(kept) if book.quarrel), None),
            lockout_at=lockouts.get(code),
        )
    return found


def _today(of: _Rows, midnight: int) -> dict[str, tuple[int, int]]:
    """(sealed, ended in any way) since ``midnight``, by station."""
    every = hour.c.sealed + hour.c.referred + hour.c.refused + hour.c.abandoned
    query = select(hour.c.station, func.sum(hour.c.sealed), func.sum(every))
    rows = of(query.where(hour.c.at >= midnight).group_by(hour.c.station), hour.c.station)
    return {code: (int(sealed), int(ended)) for code, sealed, ended in rows}


def _books(of: _Rows, branch: str) -> list[Book]:
    """Journals by station, the oldest of each first."""
    mine = and_(ledger.c.station == fact.c.station, ledger.c.epoch == fact.c.epoch)
    above = (ledger.c.newest > ledger.c.through, fact.c.number > ledger.c.through)
    counts = select(fact.c.station, fact.c.epoch, func.count()).join(ledger, mine).where(*above)
    counts = counts.group_by(fact.c.station, fact.c.epoch)
    beyond = {(code, epoch): int(count) for code, epoch, count in of(counts, fact.c.station)}
    query = (
        select(ledger, station.c.name, station.c.place)
        .join(station, station.c.station == ledger.c.station)
        .order_by(ledger.c.station, ledger.c.since)
    )
    if branch:
        query = query.where(under(station.c.place, branch))
    return [
        Book(
            row.station,
            row.name,
            row.place,
            row.epoch,
            row.through,
            beyond.get((row.station, row.epoch), 0),
            max(row.newest, row.through),
            row.total,
            row.chain.hex()[:32],
            row.quarrel,
        )
        for row in of(query, ledger.c.station)
    ]


def _faults(texts: Texts, dead: Iterable[str]) -> dict[str, str]:
    """Device → fault code. A device that fails says so and dies; one that was found broken when
    the booth came is not born, and only the node says why. Older booths do not: the device is dead,
    and why is not known."""
    failed = {
        device: its.get(m.DEVICE_FAULT, "")
        for device, its in texts.items()
        if device and its.get(m.DEVICE_STATE) == "failed"
    }
    failed |= faults_of(texts.get("", {}).get(m.STATION_FAILED_DEVICES, ""))
    return {device: failed.get(device, "") for device in sorted({*failed, *dead})}


def _dead(of: _Rows) -> dict[str, list[str]]:
    """Devices of each station that are not there."""
    found: dict[str, list[str]] = defaultdict(list)
    down = (spell.c.device != "", spell.c.until.is_(None), spell.c.up.is_(False))
    for code, device in of(select(spell.c.station, spell.c.device).where(*down), spell.c.station):
        found[code].append(device)
    return found


def _lockouts(of: _Rows, midnight: int) -> dict[str, int]:
    """When each booth last locked somebody out: today, or so late yesterday that it goes on."""
    late = (fact.c.kind == _UNLOCK_FAILED, fact.c.dated >= midnight - LOCKOUT_MS)
    query = select(fact.c.station, fact.c.dated, fact.c.entry).where(*late).order_by(fact.c.dated)
    return {
        code: dated
        for code, dated, entry in of(query, fact.c.station)
        if isinstance(told := read_fact(bytes(entry)), UnlockFailed) and told.locked_out_s > 0
    }
