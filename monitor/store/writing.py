"""One transaction a batch: what messages came to is durable before anything is acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time_ns
from typing import Any

from sqlalchemy import Column, Connection, Engine, String
from sqlalchemy.exc import DBAPIError

from edge.journal.terms import Seq
from edge.report import metrics
from edge.report.facts import Acknowledged, CommandAnswered, DossierEnded, Epoch
from ground.decode import Malformed, convert
from monitor.store.absence import Reason, reason
from monitor.store.availability import spells
from monitor.store.batch import NODE, Batch, StationBatch
from monitor.store.database import is_away, writing
from monitor.store.dating import date, date_older
from monitor.store.entries import Kept, hour_of, read_report, sums
from monitor.store.ledger import Account, Key, open_accounts, take_in
from monitor.store.logs import drop_old_logs
from monitor.store.reconciling import reconcile
from monitor.store.schema import station
from monitor.store.statements import Statements

log = logging.getLogger(__name__)


class StoreAway(Exception):
    """Nothing was written; the same batch may be committed again later."""

    def __init__(self, why: Reason) -> None:
        super().__init__(why.said)
        self.why = why


@dataclass
class Committed:
    """``acknowledgements`` by station. ``refused``: stations of whose part nothing was written."""

    acknowledgements: list[tuple[str, Acknowledged]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Writer:
    """``now_ms``: the host's wall clock."""

    def __init__(
        self, engine: Engine, now_ms: Callable[[], int] = lambda: time_ns() // 1_000_000
    ) -> None:
        self._engine = engine
        self._now_ms = now_ms
        self._statements = Statements(engine.dialect)

    def commit(self, batch: Batch) -> Committed:
        """Write all of it in one transaction. Raises ``StoreAway``.

        Should the database refuse a value in it, the stations at fault are found by halving and
        left out, so that no payload of one booth stops the others.
        """
        if not batch:
            return Committed()
        try:
            with writing(self._engine) as connection:
                return Committed(self._write(connection, batch))
        except DBAPIError as error:
            if is_away(error):
                raise StoreAway(reason(error)) from error
            stations = list(batch.stations)
            if len(stations) == 1:
                log.error("%s: the store refuses it: %s", stations[0], type(error.orig).__name__)
                return Committed(refused=stations)
        half = len(stations) // 2
        first, second = (self.commit(batch.alone(s)) for s in (stations[:half], stations[half:]))
        return Committed(
            first.acknowledgements + second.acknowledgements, first.refused + second.refused
        )

    # ---- one transaction -----------------------------------------------------------------

    def _write(self, connection: Connection, batch: Batch) -> list[tuple[str, Acknowledged]]:
        now, run = self._now_ms(), self._statements
        turned = {code: one for code, one in batch.stations.items() if one.turns}
        self._stations(connection, batch, now)
        if turned:
            run.spell.run(connection, spells(connection, turned))
        run.withered_all.run(
            connection, [(True, code) for code, one in batch.stations.items() if one.stale is None]
        )
        run.withered.run(
            connection,
            [(True, code, device) for code, one in turned.items() for device in one.stale or ()],
        )
        run.figure.run(
            connection,
            [
                (code, *key, *value, False)
                for code, one in batch.stations.items()
                for key, value in one.figures.items()
            ]
            + [
                (code, *key, *value, True)
                for code, one in turned.items()
                for key, value in one.gone.items()
                if key not in one.figures
            ],
        )
        self._logs(connection, batch)
        return self._facts(connection, batch, now)

    def _stations(self, connection: Connection, batch: Batch, now: int) -> None:
        born, heard, died = [], [], []
        for code, one in batch.stations.items():
            if one.died_at is not None:
                died.append((False, one.died_at, now, code))
            if one.born is not None:
                name = _text(one, metrics.PROPERTY_NAME, station.c.name)
                place = _text(one, metrics.PROPERTY_REGION, station.c.place)
                born.append(
                    (
                        code,
                        one.group,
                        name,
                        place,
                        one.online,
                        one.bd_seq,
                        one.born,
                        one.heard_at,
                        now,
                    )
                )
            elif one.heard_at:
                heard.append((one.heard_at, now, code))
        run = self._statements
        run.died.run(connection, died)  # first: a birth after a death in one batch is online
        run.born.run(connection, born)
        run.heard.run(connection, heard)

    def _logs(self, connection: Connection, batch: Batch) -> None:
        sent = {code: one.logs for code, one in batch.stations.items() if one.logs}
        self._statements.log.run(
            connection, [(code, at, body) for code, logs in sent.items() for at, body in logs]
        )
        for code in sent:
            drop_old_logs(connection, code)

    def _facts(
        self, connection: Connection, batch: Batch, now: int
    ) -> list[tuple[str, Acknowledged]]:
        reports: dict[Key, list[Kept]] = {}
        touched: set[Key] = set()
        asked: set[Key] = set()
        for code, one in batch.stations.items():
            for wire in one.reports:
                try:
                    epoch, entries = read_report(wire)
                except Malformed as error:
                    log.warning("%s: a malformed report is left out: %s", code, error)
                    continue
                reports.setdefault((code, epoch), []).extend(entries)
            touched.update((code, epoch) for epoch in one.totals if _is(epoch, Epoch))
            asked.update((code, epoch) for epoch in one.asked if _is(epoch, Epoch))
        touched |= reports.keys() | asked
        if not touched:
            return []
        run = self._statements
        accounts = open_accounts(connection, run, touched, now)
        new: dict[Key, list[Kept]] = {}
        for key, entries in reports.items():
            new[key] = take_in(connection, accounts[key], entries)
        for (code, epoch), account in accounts.items():
            self._total(account, batch.stations[code], epoch)
        self._insert(connection, new, now)
        run.day.run(
            connection,
            [row for one in accounts.values() for row in reconcile(connection, one)],
        )
        run.ledger.run(
            connection,
            [
                (a.through, a.chain, a.rows, a.total, a.newest, a.quarrel, a.station, a.epoch)
                for a in accounts.values()
            ],
        )
        return [(key[0], accounts[key].acknowledgement()) for key in sorted(asked | reports.keys())]

    @staticmethod
    def _total(account: Account, one: StationBatch, epoch: str) -> None:
        """What the station says it has. Fewer than we hold is no quarrel: a birth may come late.

        A journal that was cut or set back finds that out by our acknowledgement, and says so.
        """
        total = one.totals.get(epoch, 0)
        if not _is(total, Seq):
            return
        account.total = max(account.total, total)

    def _insert(self, connection: Connection, new: dict[Key, list[Kept]], now: int) -> None:
        run = self._statements
        facts, hours, answers = [], [], []
        for (code, epoch), kept_ones in new.items():
            dated = date(connection, code, kept_ones)
            for hour, added in date_older(connection, run, code, dated.offsets):
                hours.append((code, hour, *added))
            for kept, when in dated.facts:
                facts.append(
                    (
                        code,
                        epoch,
                        kept.number,
                        kept.first,
                        kept.last,
                        kept.kind,
                        kept.at,
                        kept.boot,
                        kept.mono,
                        kept.trusted,
                        when,
                        now,
                        kept.entry,
                    )
                )
                what = kept.fact
                if isinstance(what, DossierEnded) and when is not None:
                    hours.append((code, hour_of(when), *sums(what)))
                elif isinstance(what, CommandAnswered):
                    answers.append((now, what.outcome, what.command, code))
        run.fact.run(connection, facts)
        run.hour.run(connection, hours)
        run.answered.run(connection, answers)


def _text(one: StationBatch, name: str, column: Column[str]) -> str:
    """The node's figure ``name`` as ``column`` can hold it; "" when the birth does not tell."""
    value = one.figures.get((NODE, name))
    assert isinstance(column.type, String)
    return (value[1] or "")[: column.type.length] if value is not None else ""


def _is(value: object, type_: Any) -> bool:
    try:
        convert(value, type_)
    except Malformed:
        return False
    return True
