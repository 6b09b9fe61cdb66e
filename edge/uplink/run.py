"""``tram edge``: the loop around a session: connect, subscribe, be born, report, begin again.

One thread does everything: the journal is looked at every ``POLL_S``, the network wakes it at
once. ``Uplink.run`` is that thread; a loop over many stations (``tram fleet``) calls ``turn``.
Sparkplug's order (chapter 5 of the specification) is kept here and in the node's machine: bdSeq on
the disk, CONNECT with the Will, SUBACK, births, data.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from edge.config import EdgeConfig
from edge.mailbox import Mailbox
from edge.refused import Refused
from edge.report.facts import Entry
from edge.sparkplug.node import EdgeNode, Message
from edge.standing import CONNECTED, START, STOPPED, Standing, write
from edge.uplink.book import Book
from edge.uplink.commands import Commands
from edge.uplink.db import EdgeDb
from edge.uplink.figures import Figures
from edge.uplink.health import EVERY_S, HealthRing
from edge.uplink.host import Sample
from edge.uplink.ledger import Pace
from edge.uplink.mqtt import Arrived, Connected, Ended, Session, Subscribed, peer
from edge.uplink.talk import Parts, Talk
from ground.backoff import BackOff
from ground.clock import Clock

log = logging.getLogger("tram.edge")

POLL_S = 0.4
GOODBYE_S = 3.0


@dataclass(frozen=True)
class Patience:
    """``silence_s``: facts unanswered and nothing heard for so long: is the link half open?
    ``answer_s``: how long CONNACK, SUBACK or the broker's answer to that question may take.
    """

    silence_s: float = 30.0
    answer_s: float = 20.0


class Uplink:
    """Raises ``EdgeBusy`` when another one has the data folder; ``OSError`` when it, or the
    password file, cannot be read.
    """

    def __init__(
        self,
        config: EdgeConfig,
        clock: Clock,
        *,
        pace: Pace | None = None,
        back_off: BackOff | None = None,
        patience: Patience | None = None,
        poll_s: float = POLL_S,
    ) -> None:
        self._poll_s = poll_s
        self._config, self._clock = config, clock
        self._settings = config.uplink
        file = self._settings.password_file
        self._password = file.read_text("utf-8").strip() if file else None
        self._db = EdgeDb(config.data / "edge.db")
        zone = ZoneInfo(config.time_zone)
        self._book = Book(config.data / "journal.db", config.code, zone, self._db, pace)
        self._ring = HealthRing(self._db.db, self._settings.spool_mb)
        self._figures = Figures(config, clock, self._book, self._ring)
        devices = [device.value for device in config.devices]
        primary = self._settings.primary_host or None
        self._parts = Parts(
            config,
            clock,
            EdgeNode(self._settings.group, config.code, devices, primary_host=primary),
            self._book,
            self._ring,
            self._figures,
            Commands(config.code, self._settings.command_key, Mailbox(self._db.db), clock),
        )
        self._back_off = back_off or BackOff()
        self._patience = patience or Patience()
        self._session: Session | None = None
        self._talk: Talk | None = None
        self._connected = False
        self._next_try = self._opened_at = self._heard_at = 0.0
        self._asked_at: float | None = None
        self._silence_s = self._patience.silence_s
        self._poll_at = self._sample_at = 0.0
        self._dated = False
        self._standing: Standing | None = None
        # What the broker has not proven to have got when the link breaks: two keepalives at most.
        self._unproven: deque[Sample] = deque(
            maxlen=int(2 * self._settings.keepalive_s / EVERY_S) + 2
        )

    def run(self, stop: threading.Event) -> None:
        """Until ``stop``; then the death is told and the session closed."""
        try:
            while not stop.is_set():
                self.turn()
                self._rest(stop)
            self._goodbye()
        finally:
            self._db.close()

    def _rest(self, stop: threading.Event) -> None:
        wait_s = max(0.0, min(self._poll_s, self.next_at - self._now()))
        if self._session is not None:
            self._session.wait(wait_s)
        elif wait_s:
            stop.wait(wait_s)

    # ---- to be driven ------------------------------------------------------------------------

    def turn(self) -> None:
        """One round: journal, network, what there is to say. Waits for nothing, unless the uplink
        ``connects`` as it begins.
        """
        connects, now = self.connects, self._now()
        made = self._look(now)
        if self._session is None:
            if connects:
                self._open(now)
            return
        for event in self._session.events():
            self._on(event, self._now())
            if self._session is None:
                return
        self._speak(made, self._now())

    @property
    def connects(self) -> bool:
        """The next turn will connect: TCP and TLS may take ``mqtt.CONNECT_S`` each."""
        return self._session is None and self._book.caught_up and self._now() >= self._next_try

    @property
    def next_at(self) -> float:
        """When a turn is due, by the clock's monotonic seconds, even if the network is silent."""
        if not self._book.caught_up:
            return 0.0
        at = min(self._poll_at, self._sample_at)
        return at if self._session is not None else min(at, self._next_try)

    def fileno(self) -> int:
        """The session's socket, -1 without one: a turn is due when it can be read, or written
        while the uplink is ``writing``.
        """
        return self._session.fileno() if self._session is not None else -1

    @property
    def writing(self) -> bool:
        return self._session is not None and self._session.writing

    @property
    def connected(self) -> bool:
        return self._session is not None and self._connected

    @property
    def born(self) -> bool:
        return self._talk is not None and self._talk.born

    @property
    def facts(self) -> tuple[int, int]:
        """(in the journal, of them acknowledged by the region)."""
        ledger = self._book.ledger
        return self._book.head.number, ledger.through if ledger is not None else 0

    @property
    def settled(self) -> bool:
        """Born, nothing under way: every fact is acknowledged, every question answered."""
        facts, acknowledged = self.facts
        return self.born and facts == acknowledged and self._asked_at is None

    def close(self) -> None:
        """End it as ``run`` does."""
        try:
            self._goodbye()
        finally:
            self._db.close()

    def _now(self) -> float:
        return self._clock.mono_ms() / 1000

    # ---- the booth ---------------------------------------------------------------------------

    def _look(self, now: float) -> list[tuple[int, Entry]]:
        """The journal and the machine, when it is time for them; facts that were made."""
        if now >= self._sample_at:
            self._sample_at = now + EVERY_S
            self._sample()
        if now < self._poll_at and self._book.caught_up:
            return []
        self._poll_at = now + self._poll_s
        return self._book.read()

    def _sample(self) -> None:
        sample = self._figures.look()
        if sample.trusted and not self._dated:
            self._dated = True
            self._ring.dated(sample.boot, sample.at - sample.mono)
        if self._talk is not None and self._talk.born:
            self._unproven.append(sample)
        else:
            self._ring.put(sample)
        self._book.remember(None)

    # ---- the session -------------------------------------------------------------------------

    def _open(self, now: float) -> None:
        settings = self._settings
        try:
            session = Session(settings, self._config.code, self._password)
            session.open(self._will)
        except OSError as error:  # ssl.SSLError is one
            self._retry(peer(settings).refused(error), now)
            return
        self._session, self._connected = session, False
        self._opened_at = self._heard_at = self._now()
        self._asked_at = self._opened_at
        self._silence_s = self._patience.silence_s
        self._talk = Talk(self._parts, self._publish)

    def _will(self) -> Message:
        return self._parts.node.connecting(self._db.next_bd_seq(), self._clock.now_ms())

    def _publish(self, message: Message) -> None:
        if self._session is not None:
            self._session.publish(message)

    def _on(self, event: Connected | Subscribed | Arrived | Ended, now: float) -> None:
        session, talk = self._session, self._talk
        assert session is not None
        assert talk is not None
        if isinstance(event, Ended):
            self._end(event.why, now)
            return
        self._heard_at = now
        if isinstance(event, Connected):
            self._connected, self._asked_at = True, now
            log.info("connected to %s:%d", self._settings.host, self._settings.port)
            self._stands(Standing(True, CONNECTED, params={"host": self._settings.host}))
            session.subscribe(self._parts.node.subscriptions())
        elif isinstance(event, Subscribed):
            self._asked_at = None
            self._unproven.clear()
            if not event.granted:
                self._end(peer(self._settings).not_let_in("subscriptions"), now)
            elif talk.born:
                talk.health_arrived()
            else:
                talk.birth(now)
        else:
            self._silence_s = self._patience.silence_s
            talk.arrived(event.topic, event.payload, now)
            if talk.host_gone:
                talk.death()
                self._session = None
                session.close(GOODBYE_S)
                self._after(peer(self._settings).ended("the primary host is offline"), now)

    def _speak(self, made: list[tuple[int, Entry]], now: float) -> None:
        session, talk = self._session, self._talk
        assert session is not None
        assert talk is not None
        if talk.born:
            talk.facts(made, now, lambda: not session.writing)
            talk.live()
            if self._asked_at is None and not session.writing and talk.health():
                self._ask(session, now)
        ledger = self._book.ledger
        since = ledger.unanswered_since if ledger is not None and talk.born else None
        if self._asked_at is not None:
            if now - max(self._asked_at, self._heard_at) >= self._patience.answer_s:
                self._end(peer(self._settings).ended("no answer"), now)
        elif since is not None and now - max(since, self._heard_at) >= self._silence_s:
            # The region may be away or the link half open: only the broker can tell. Asked ever
            # more seldom, because an answer says that it is the region.
            self._silence_s = min(
                2 * self._silence_s, max(self._patience.silence_s, self._settings.keepalive_s)
            )
            self._ask(session, now)

    def _ask(self, session: Session, now: float) -> None:
        """A subscription once more changes nothing and makes the broker answer (MQTT 3.8.4);
        its answer comes behind all that was published before it.
        """
        self._asked_at = now
        session.subscribe(self._parts.node.subscriptions()[:1])

    def _end(self, why: Refused, now: float) -> None:
        if self._session is not None:
            self._session.drop()
        self._after(why, now)

    def _after(self, why: Refused, now: float) -> None:
        self._session = self._talk = None
        if self._book.ledger is not None:
            self._book.ledger.lost()
        while self._unproven:
            self._ring.put(self._unproven.popleft())
        self._retry(why, now, now - self._opened_at if self._connected else 0.0)

    def _retry(self, why: Refused, now: float, lived_s: float = 0.0) -> None:
        delay_s = self._back_off.failed(lived_s)
        self._next_try = now + delay_s
        when = f"in {delay_s:.0f} s" if delay_s >= 1 else "at once"
        log.warning("%s Next try %s.", why, when)
        self._stands(Standing.of(why))

    def _stands(self, standing: Standing) -> None:
        """Written when it has changed; the clock's time in it is no change."""
        was = self._standing
        if was is None or (was.state, was.remedy) != (standing.state, standing.remedy):
            self._standing = standing
            write(self._db.db, standing)

    def _goodbye(self) -> None:
        self._book.remember(None)
        self._stands(Standing(False, STOPPED, START))
        if self._session is None or self._talk is None:
            return
        if self._talk.born:
            self._talk.death()
            self._session.close(GOODBYE_S)
        else:  # without a birth there is no death to tell: the Will does
            self._session.drop()
        log.info("ended")
