"""Both ends of the uplink without sockets: a booth and a region over a broker that loses things.

Journal, edge.db and the region's store are real files; what is between them is two lists.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from edge.config import EdgeConfig, Uplink
from edge.journal.store import Journal, read_rows
from edge.journal.terms import Device
from edge.mailbox import Mailbox
from edge.report.facts import ACKNOWLEDGED, Entry
from edge.report.fold import Fold
from edge.sparkplug.node import EdgeNode, Message
from edge.uplink.book import Book
from edge.uplink.commands import Commands
from edge.uplink.db import EdgeDb
from edge.uplink.figures import Figures
from edge.uplink.health import HealthRing
from edge.uplink.ledger import Pace
from edge.uplink.talk import Parts, Talk
from ground.clock import SteppedClock
from monitor.host import commands
from monitor.host.application import Host
from monitor.host.outcomes import AskRebirth, Now, Outcome
from monitor.store.batch import Batch
from monitor.store.database import open_store
from monitor.store.known import known
from monitor.store.schema import fact, ledger
from monitor.store.writing import Writer

CODE, GROUP = "TH0417", "vn-thanh-hoa"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PACE = Pace(parcel_facts=3, parcel_bytes=400, window_parcels=4, answer_s=15.0, longest_s=60.0)
"""Small, so that a few dossiers fill the window."""


class PulledPlug(Exception):
    """The power went while something was being published."""


class World:
    """The clocks, and what is on its way between booth and region."""

    def __init__(self) -> None:
        self.clock = SteppedClock()
        self.to_region: list[tuple[str, bytes]] = []
        self.to_booth: list[tuple[str, bytes]] = []
        self.will: tuple[str, bytes] | None = None
        """Of the booth's session; None: it has none."""
        self.region_listens = False
        self.passed_s = 0.0

    @property
    def now(self) -> Now:
        return Now(self.clock.now_ms(), round(self.passed_s * 1000))

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.passed_s += seconds

    def booth_says(self, topic: str, payload: bytes) -> None:
        if self.region_listens:
            self.to_region.append((topic, payload))

    def region_says(self, topic: str, payload: bytes) -> None:
        if self.will is not None:
            self.to_booth.append((topic, payload))

    def booth_gone(self) -> None:
        """Its connection broke: the broker publishes its will."""
        if self.will is not None:
            self.booth_says(*self.will)
        self.will = None
        self.to_booth.clear()


class Booth:
    """The station's journal, and the uplink that may die and begin again."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.journal = Journal(folder / "journal.db", CODE, world.clock)
        uplink = Uplink(host="broker", port=8883, group=GROUP)
        self._config = EdgeConfig(
            code=CODE,
            name="Bỉm Sơn",
            region="vn/thanh-hoa/bim-son",
            time_zone=str(ZONE),
            data=folder,
            devices=tuple(Device),
            uplink=uplink,
        )
        self.plug_after: int | None = None
        self._talk: Talk | None = None
        self._start()

    def _start(self) -> None:
        clock = self.world.clock
        self._db = EdgeDb(self._config.data / "edge.db")
        self.book = Book(self._config.data / "journal.db", CODE, ZONE, self._db, PACE)
        ring = HealthRing(self._db.db, 1)
        self._parts = Parts(
            self._config,
            clock,
            EdgeNode(GROUP, CODE, [device.value for device in Device]),
            self.book,
            ring,
            Figures(self._config, clock, self.book, ring),
            Commands(CODE, b"", Mailbox(self._db.db), clock),
        )

    @property
    def through(self) -> int:
        """What it knows to be acknowledged, on its disk."""
        mark = self._db.watermark()
        return mark.through if mark else 0

    def killed(self, *, forgets: bool = False) -> None:
        """SIGKILL, or the power; then it starts again. ``forgets``: its edge.db was lost."""
        self._talk = None
        self.plug_after = None
        self.world.booth_gone()
        self._db.close()
        if forgets:
            for file in self._config.data.glob("edge.db*"):
                file.unlink()
        self._start()

    def connect(self) -> None:
        """Read the journal, CONNECT, SUBACK, births."""
        while True:
            self.book.read()
            if self.book.caught_up:
                break
        will = self._parts.node.connecting(self._db.next_bd_seq(), self.world.clock.now_ms())
        self.world.will = (will.topic, will.payload)
        self._talk = Talk(self._parts, self._publish)
        self._guarded(self._born)

    def _born(self) -> None:
        assert self._talk is not None
        self._talk.birth(self.world.passed_s)

    def disconnected(self) -> None:
        self.world.booth_gone()
        self._talk = None
        if self.book.ledger is not None:
            self.book.ledger.lost()

    @property
    def connected(self) -> bool:
        return self._talk is not None

    def turn(self) -> None:
        """What ``tram edge`` does some times a second."""
        made = self.book.read()
        if self._talk is not None:
            self._guarded(lambda: self._speak(made))

    def _speak(self, made: list[tuple[int, Entry]]) -> None:
        assert self._talk is not None
        self._talk.facts(made, self.world.passed_s, lambda: True)
        self._talk.live()

    def hear(self, topic: str, payload: bytes) -> None:
        if self._talk is not None:
            talk = self._talk
            self._guarded(lambda: talk.arrived(topic, payload, self.world.passed_s))

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except PulledPlug:
            self.killed()

    def _publish(self, message: Message) -> None:
        if self.plug_after is not None:
            if self.plug_after == 0:
                raise PulledPlug
            self.plug_after -= 1
        self.world.booth_says(message.topic, message.payload)

    def close(self) -> None:
        self._db.close()
        self.journal.close()


class Region:
    """Host application and store. ``judge`` is the host in memory; it may die and begin again."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.engine: Engine = open_store(f"sqlite:///{folder / 'region.db'}")
        self._start()

    def _start(self) -> None:
        self._host = Host([GROUP], random=Random(1))
        self._batch = Batch()
        self._writer = Writer(self.engine, self.world.clock.now_ms)
        self.world.to_region.clear()
        self.world.region_listens = True
        self._host.resume(known(self.engine, [GROUP]), self.world.now)

    def killed(self) -> None:
        self._start()

    def hear(self, topic: str, payload: bytes) -> None:
        self._accept(self._host.receive(topic, payload, self.world.now))

    def tick(self) -> None:
        self._accept(self._host.tick(self.world.now))

    def _accept(self, outcomes: list[Outcome]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, AskRebirth):
                self._tell(
                    commands.rebirth(outcome.group, outcome.station, self.world.clock.now_ms())
                )
            else:
                self._batch.add(outcome)

    def commit(self, *, killed_before_acknowledging: bool = False) -> None:
        done = self._writer.commit(self._batch)
        self._batch = Batch()
        assert not done.refused
        if killed_before_acknowledging:
            self.killed()
            return
        for station, answer in done.acknowledgements:
            to = self._host.address(station, ACKNOWLEDGED)
            if to is not None:
                self._tell(commands.acknowledged(to, answer, self.world.clock.now_ms()))

    def _tell(self, command: commands.Command) -> None:
        self.world.region_says(command.topic, command.payload)

    # ---- what it holds -------------------------------------------------------------------

    def facts(self) -> list[tuple[str, int, bytes]]:
        f = fact.c
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(f.epoch, f.number, f.entry).order_by(f.epoch, f.number)
            )
            return [(one.epoch, one.number, bytes(one.entry)) for one in rows]

    def account(self, epoch: str) -> tuple[int, bytes, str | None]:
        """Facts 1…n are here, their chain, and what does not agree."""
        c = ledger.c
        with self.engine.connect() as connection:
            row = connection.execute(
                select(c.through, c.chain, c.quarrel).where(c.epoch == epoch)
            ).one_or_none()
        return (row.through, bytes(row.chain), row.quarrel) if row else (0, b"", None)

    def close(self) -> None:
        self.engine.dispose()


def truth(folder: Path) -> tuple[Fold, list[Entry]]:
    """All facts of the journal, folded from its first row."""
    fold = Fold(CODE, ZONE)
    entries = [entry for row in read_rows(folder / "journal.db") for _, entry in fold.apply(row)]
    return fold, entries
