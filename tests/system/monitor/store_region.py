"""Host and writer as an ingest worker joins them, without a broker between."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from edge.sparkplug.node import Message
from monitor.host.application import Host
from monitor.host.outcomes import AskRebirth, Now, Outcome
from monitor.store.batch import Batch
from monitor.store.writing import Committed, Writer
from tests.unit.monitor.host_booth import GROUP, START

NOW = START + 60_000


class Region:
    """``now``: its wall clock, ms since 1970 UTC."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = NOW
        self.host = Host((GROUP,))
        self.writer = Writer(engine, lambda: self.now)

    def takes(self, *messages: Message) -> Committed:
        """All messages in one batch."""
        batch = Batch()
        for message in messages:
            self._add(batch, self.host.receive(message.topic, message.payload, self._clocks()))
        return self.writer.commit(batch)

    def waits(self, ms: int) -> None:
        """Nothing comes for so long."""
        self.now += ms
        batch = Batch()
        self._add(batch, self.host.tick(self._clocks()))
        self.writer.commit(batch)

    def _clocks(self) -> Now:
        return Now(self.now, self.now - NOW)

    @staticmethod
    def _add(batch: Batch, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if not isinstance(outcome, AskRebirth):
                batch.add(outcome)

    def one(self, column: Any, *where: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(select(column).where(*where)).scalar()

    def rows(self, *columns: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            query = select(*columns).order_by(*columns)
            return [tuple(row) for row in connection.execute(query)]
