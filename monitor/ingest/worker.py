"""An ingest worker: messages in, one transaction a batch, then what the booths are told.

Nothing is acknowledged that is not on the disk: acknowledgements leave after their batch's commit,
so the process may be killed at any point. While the store is away the batch waits; when it has
grown to its bound nothing more is read from the broker.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from random import Random
from time import monotonic_ns, sleep, time_ns

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from edge.report.facts import ACKNOWLEDGED, COMMAND
from ground.backoff import Doubling
from monitor.config import Broker, Settings
from monitor.host import commands
from monitor.host.application import Host
from monitor.host.outcomes import AskRebirth, Born, Now, Outcome
from monitor.ingest.broker import BrokerAway, Link
from monitor.ingest.orders import Orders
from monitor.store.absence import Absence, Reason, reason
from monitor.store.batch import Batch
from monitor.store.database import is_away, open_store
from monitor.store.known import known
from monitor.store.writing import StoreAway, Writer

log = logging.getLogger(__name__)

BURST = 500
"""Messages between two looks at the clock."""
URGENT_MS = 100
"""Facts, births and deaths wait so long for others to share a commit with."""
QUIET_MS = 500
"""Figures wait so long to be overtaken by newer ones: what is written is the newest."""
BATCH = 20_000
"""Outcomes that are committed without waiting."""
BOUND = 100_000
"""Outcomes that are kept while the store is away, before the broker is held back."""
TICK_MS = 100
WAIT_S = 0.025
FIRST_WAIT_MS, LAST_WAIT_MS = 200, 5_000


def now() -> Now:
    return Now(time_ns() // 1_000_000, monotonic_ns() // 1_000_000)


class Worker:
    """``host_id``: this worker's own, unlike every other host's of the fleet."""

    def __init__(
        self, engine: Engine, broker: Broker, host_id: str, groups: tuple[str, ...]
    ) -> None:
        self._engine = engine
        self._broker = broker
        self._host_id = host_id
        self._groups = groups
        self._host = Host(groups)
        self._writer = Writer(engine)
        self._orders = Orders(engine, self._order)
        self._batch = Batch()
        self._now = now()
        self._urgent_at = self._quiet_at = self._now.mono
        self._link: Link | None = None
        self._absence = Absence(log)
        self._store_at = self._broker_at = self._tick_at = 0
        self._store_wait = Doubling(FIRST_WAIT_MS, LAST_WAIT_MS)
        self._broker_wait = Doubling(FIRST_WAIT_MS, LAST_WAIT_MS)
        self._broker_said = ""
        self._random = Random()
        self.received = 0
        """Messages so far."""

    @property
    def connected(self) -> bool:
        return self._link is not None

    @property
    def idle(self) -> bool:
        """Whether all that came is committed."""
        return not self._batch

    def run(self, stopped: Callable[[], bool]) -> None:
        """Until ``stopped``; then the batch is committed, acknowledged, and STATE says offline."""
        while not stopped():
            self.turn()
        self._commit(self._batch)
        if self._link is not None:
            self._link.close()
            self._link = None

    def turn(self) -> None:
        """One round: read, tick, commit what is due."""
        self._now = now()
        if self._link is None:
            self._connect()
        else:
            self._read(self._link)
        self._now = now()
        if self._now.mono >= self._tick_at:
            self._tick_at = self._now.mono + TICK_MS
            self._accept(self._host.tick(self._now))
            self._see_to_orders()
        self._commit_what_is_due()

    # ---- the broker ----------------------------------------------------------------------

    def _connect(self) -> None:
        """Only while the store answers: a host that cannot keep facts is not online."""
        if self._now.mono < max(self._broker_at, self._store_at):
            self._rest()
            return
        try:
            stations = known(self._engine, self._groups)
        except DBAPIError as error:
            if not is_away(error):
                raise
            self._store_is_away(reason(error))
            return
        self._store_answers()
        try:
            self._link = Link(
                self._broker, self._host_id, self._groups, self._take, lambda: now().wall
            )
        except BrokerAway as error:
            wait = self._random.uniform(0, self._broker_wait.longer())  # full jitter
            self._broker_is_away(str(error))
            self._broker_at = now().mono + int(wait)
            return
        log.info("connected as %s for %s", self._host_id, ", ".join(self._groups))
        self._broker_said = ""
        self._broker_wait.anew()
        self._host.resume(stations, self._now)

    def _read(self, link: Link) -> None:
        most = BURST if self._batch.outcomes < BOUND else 0
        try:
            link.pump(WAIT_S, most)
        except BrokerAway as error:
            self._broker_is_away(str(error))
            link.drop()
            self._link = None

    def _broker_is_away(self, why: str) -> None:
        """Logged once, not at every try."""
        if why != self._broker_said:
            log.warning("broker: %s", why)
        self._broker_said = why

    def _rest(self) -> None:
        sleep(TICK_MS / 1000)

    def _take(self, topic: str, payload: bytes) -> None:
        self.received += 1
        self._accept(self._host.receive(topic, payload, self._now))

    def _accept(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, AskRebirth):
                self._tell(commands.rebirth(outcome.group, outcome.station, self._now.wall))
                continue
            self._batch.add(outcome)
            if isinstance(outcome, Born):
                self._orders.born()

    def _tell(self, command: commands.Command) -> None:
        if self._link is not None:
            self._link.publish(command)

    def _order(self, station: str, wire: bytes) -> bool:
        to = self._host.address(station, COMMAND)
        if to is None or self._link is None:
            return False
        self._tell(commands.signed(to, wire, self._now.wall))
        return True

    # ---- the store -----------------------------------------------------------------------

    def _commit_what_is_due(self) -> None:
        mono = self._now.mono
        if mono < self._store_at:
            return
        if mono >= self._quiet_at or self._batch.outcomes >= BATCH:
            self._quiet_at, self._urgent_at = mono + QUIET_MS, mono + URGENT_MS
            if self._commit(self._batch):
                self._batch = Batch()
        elif self._batch.is_urgent and mono >= self._urgent_at:
            self._urgent_at = mono + URGENT_MS
            part = self._batch.urgent()
            if not self._commit(part):
                self._batch.put_back(part)

    def _commit(self, batch: Batch) -> bool:
        """Whether the store has taken it."""
        try:
            done = self._writer.commit(batch)
        except StoreAway as error:
            self._store_is_away(error.why)
            return False
        if batch:  # an empty one asks the store nothing
            self._store_answers()
        for station, acknowledgement in done.acknowledgements:
            to = self._host.address(station, ACKNOWLEDGED)
            if to is not None:
                self._tell(commands.acknowledged(to, acknowledgement, self._now.wall))
        for station in done.refused:
            self._host.rebirth(station, self._now)
        return True

    def _see_to_orders(self) -> None:
        if self._link is None or self._now.mono < self._store_at:
            return
        try:
            self._orders.tick(self._now)
        except DBAPIError as error:
            if not is_away(error):
                raise
            self._store_is_away(reason(error))

    def _store_answers(self) -> None:
        self._store_wait.anew()
        self._absence.over()

    def _store_is_away(self, why: Reason) -> None:
        """Nothing is acknowledged until it answers."""
        self._absence.note(why)
        self._store_at = now().mono + int(self._store_wait.longer())


def run(settings: Settings, number: int, stopped: Callable[[], bool]) -> None:
    """Worker ``number`` of ``settings.workers`` until ``stopped``; waits for a store that is away.

    Raises ``BadStoreUrl``.
    """
    engine = None
    absence = Absence(log)
    while engine is None and not stopped():
        try:
            engine = open_store(settings.db)
        except DBAPIError as error:
            if not is_away(error):
                raise
            absence.note(reason(error))
            sleep(LAST_WAIT_MS / 1000)
    if engine is None:
        return
    absence.over()
    gc.collect()
    gc.freeze()  # libraries live as long as the process: the collector need not walk them
    gc.set_threshold(50_000, 20, 20)
    worker = Worker(engine, settings.broker, settings.worker_id(number), settings.workers[number])
    worker.run(stopped)
    engine.dispose()
