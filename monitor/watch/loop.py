"""The program that watches: reads what changed, judges, writes alarms. One a region.

It may be killed at any instant: open alarms are read again at the start, and what a transaction
did or did not write is written again without doubles. While the database is away it waits; what
it judged before is written when it is back.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import date, tzinfo

from sqlalchemy import ColumnElement, Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError

from ground.clock import Clock, SystemClock
from ground.hours import VIETNAM, Hours, day_start_ms, local_day
from monitor.store.absence import Absence, reason
from monitor.store.database import is_away, open_store, writing
from monitor.store.fleet import Booth, booths, changed, heard
from monitor.store.schema import alarm
from monitor.watch.alarms import Change, Judge, Key, Raised
from monitor.watch.reading import read_alarms
from monitor.watch.rules import PATIENCE, RULES, Kind, Patience, Rule

EVERY_S = 5.0
AT_ONCE = 50
"""Changes in one transaction."""
OVERLAP_MS = 30_000
"""A batch is stamped before it is committed: look back this far for what came late."""
_WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Between tries while the database is away."""
_ADVISORY = 0x7472616D
"""PostgreSQL's advisory lock of whoever writes alarms: two loops by mistake do no harm."""
log = logging.getLogger(__name__)


class Watch:
    """The fleet as last read, the judge, and the changes that are not written yet."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        rules: Mapping[Kind, Rule] = RULES,
        patience: Patience = PATIENCE,
        default: Hours = Hours(),  # noqa: B008  (frozen)
        zone: tzinfo = VIETNAM,
    ) -> None:
        self._engine, self._clock = engine, clock
        self._default, self._zone = default, zone
        now_ms = clock.now_ms()
        with engine.connect() as connection:
            before = read_alarms(connection, now_ms - round(patience.flap_s * 1000))
        self.judge = Judge(now_ms, before, rules, patience, zone)
        self._fleet: dict[str, Booth] = {}
        self._stamps: dict[str, int] = {}
        """``changed_at`` of what was read within the overlap: nothing is read twice."""
        self._read_through: int | None = None
        self._day: date | None = None
        self._unwritten: list[Change] = []

    def step(self) -> Sequence[Change]:
        """One look: read, judge, write. Returns what was written.

        Raises ``sqlalchemy.exc.DBAPIError`` while the database is away; then nothing is forgotten.
        """
        self._write()
        heard_at = self._read()
        self._unwritten = self.judge.step(self._fleet, self._clock.now_ms(), heard_at)
        return self._write()

    def _read(self) -> int | None:
        """Changed booths; all of them at first and when a new day begins (today's sums). Returns
        when anything was heard of anybody: that alone changes no booth."""
        now_ms = self._clock.now_ms()
        day = local_day(now_ms, self._zone)
        midnight = day_start_ms(day, self._zone)
        with self._engine.connect() as connection:
            if self._read_through is None or day != self._day:
                self._fleet = booths(connection, midnight, None, self._default)
                self._day = day
            else:
                stamps = changed(connection, self._read_through - OVERLAP_MS)
                codes = {code for code, at in stamps.items() if self._stamps.get(code) != at}
                self._stamps = stamps
                if codes:
                    self._fleet |= booths(connection, midnight, codes, self._default)
            heard_at = heard(connection)
        self._read_through = now_ms
        return heard_at

    def _write(self) -> Sequence[Change]:
        """A few at a time: facts of booths wait for the same database."""
        written: list[Change] = []
        while self._unwritten:
            some = self._unwritten[:AT_ONCE]
            with writing(self._engine) as connection:
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY})")
                for change in some:
                    write(connection, change)
            written += some
            self._unwritten = self._unwritten[AT_ONCE:]
        return written


def write(connection: Connection, change: Change) -> None:
    """One change, however often it is written: an open alarm is not raised a second time."""
    mine = (*_columns(change.key), alarm.c.cleared_at.is_(None))
    if not isinstance(change, Raised):
        connection.execute(update(alarm).where(*mine).values(cleared_at=change.at))
        return
    if connection.execute(select(alarm.c.id).where(*mine)).first() is not None:
        return
    key = change.key
    connection.execute(
        insert(alarm).values(
            kind=key.kind.value,
            place=change.place,
            station=None if key.kind is Kind.OUTAGE else key.of,
            device=key.device,
            severity=change.severity,
            raised_at=change.at,
            held=change.held,
            detail=json.dumps(change.detail),
        )
    )


def _columns(key: Key) -> tuple[ColumnElement[bool], ...]:
    of_branch = key.kind is Kind.OUTAGE
    whose = (
        (alarm.c.station.is_(None), alarm.c.place == key.of)
        if of_branch
        else (alarm.c.station == key.of,)
    )
    return (alarm.c.kind == key.kind.value, alarm.c.device == key.device, *whose)


def run(
    store: Engine | str,
    stop: threading.Event | None = None,
    *,
    every_s: float = EVERY_S,
    clock: Clock | None = None,
    rules: Mapping[Kind, Rule] = RULES,
    patience: Patience = PATIENCE,
    default: Hours = Hours(),  # noqa: B008  (frozen)
    zone: tzinfo = VIETNAM,
) -> None:
    """Watch until ``stop`` is set. ``store``: an engine, or a store's URL.

    Waits for a database that is away, at the start too. Raises ``BadStoreUrl``, and
    ``sqlalchemy.exc.DBAPIError`` for what waiting cannot mend.
    """
    stop = stop or threading.Event()
    clock = clock or SystemClock(kept=True)  # its own time is the region's; nobody else's is asked
    engine = open_store(store, create=False) if isinstance(store, str) else store
    watch: Watch | None = None
    absence = Absence(log)
    failures = 0
    while not stop.is_set():
        try:
            watch = watch or Watch(engine, clock, rules, patience, default, zone)
            watch.step()
        except DBAPIError as error:
            if not is_away(error):
                raise
            wait_s = _WAITS_S[min(failures, len(_WAITS_S) - 1)]
            failures += 1
            absence.note(reason(error))
            stop.wait(wait_s)
            continue
        failures = 0
        absence.over()
        stop.wait(every_s)
    if isinstance(store, str):
        engine.dispose()
