"""What all parts of the station share: journal, state, vault, and the news of changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from controller.config import Config
from controller.dossier.state import Dossier
from controller.roster.table import Roster
from controller.snapshot import restore
from controller.state import State
from controller.station.record import Pending, Record
from controller.vault import durable
from controller.vault.artefacts import Artefacts
from controller.vault.keys import Keys, region_recipient, shift_recipient
from controller.views import Message
from edge.journal.events import Body, Event
from edge.journal.store import Journal
from ground.clock import Clock
from ground.day import number_of
from ground.error import Locked, NotAllowed
from ground.text import N_

log = logging.getLogger("tram.station")

NOTICES_KEPT = 20


class Core:
    """Journal and state change only through ``record``; everything else here is in memory."""

    def __init__(self, config: Config, clock: Clock) -> None:
        """Opens the journal and replays it. Raises JournalError, KeysUnusable."""
        self.config = config
        self.policy = config.policy
        self.clock = clock
        self.data = config.paths.data
        self.zone = ZoneInfo(config.station.time_zone)
        durable.sweep(self.data)
        self.journal = Journal(self.data / "journal.db", config.station.code, clock)
        self.state: State = restore(self.journal, self.data / "state.snapshot", self.policy.capture)
        self.artefacts = Artefacts(
            self.data, region_recipient(self.data), shift_recipient(self.data)
        )
        self.keys: Keys | None = None
        self.roster: Roster | None = None
        self.people: dict[str, Record] = {}
        self.pending: dict[str, Pending] = {}
        self.prompts: dict[str, Message] = {}
        self.aside: set[str] = set()
        self.notices: deque[Message] = deque(maxlen=NOTICES_KEPT)
        self.software_s: defaultdict[str, float] = defaultdict(float)
        self.version = 1
        self._waiters: set[asyncio.Future[None]] = set()

    # ---- change ------------------------------------------------------------------------------

    def record(self, *bodies: Body, dossier: str | None = None) -> list[Event]:
        """Make events durable, then apply them. Returns when they are on the disk.

        Raises JournalError (DiskRefuses when the disk refuses): then nothing has happened.
        """
        events = self.journal.append(*bodies, dossier=dossier)
        for event in events:
            self.state.apply(event)
        self.touch()
        return events

    def touch(self) -> None:
        """Something that screens show has changed."""
        self.version += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def changed(self, since: int, timeout_s: float) -> int:
        """The version, as soon as it differs from ``since`` or the time is up.

        ``asyncio.wait`` on a bare future, because ``asyncio.timeout`` and ``wait_for`` cancel the
        caller when time and news come together: up to Python 3.12 that may swallow a real
        cancellation, or leave one behind that ends an endless task at its next await.
        """
        if self.version == since:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await asyncio.wait({waiter}, timeout=timeout_s)
            finally:
                self._waiters.discard(waiter)
        return self.version

    def notice(self, text: str, **params: object) -> None:
        """Tell the operator something."""
        self.notices.append(Message(text, params))
        self.touch()

    def prompt(self, dossier: str, text: str, **params: object) -> None:
        """What the operator says or does now for this dossier."""
        message = Message(text, params)
        if self.prompts.get(dossier) != message:
            self.prompts[dossier] = message
            self.touch()

    @contextmanager
    def software(self, dossier: str) -> Iterator[None]:
        """Time inside counts as time a person or device waited on our software."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.software_s[dossier] += time.perf_counter() - began

    # ---- look-ups ----------------------------------------------------------------------------

    def local_time(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now_ms() / 1000, self.zone)

    def today(self) -> tuple[int, int]:
        """(station-local day as yyyymmdd, minute of that day)."""
        return self.local_day(self.clock.now_ms())

    def local_day(self, at_ms: int) -> tuple[int, int]:
        """``today`` of another moment, ms UTC."""
        at = datetime.fromtimestamp(at_ms / 1000, self.zone)
        return number_of(at), at.hour * 60 + at.minute

    def open_keys(self) -> Keys:
        """The keys, or Locked with advice."""
        if self.keys is None:
            raise Locked("vault locked", N_("The station is locked. Unlock it to go on."))
        return self.keys

    def dossier(self, dossier_id: str) -> Dossier:
        """An open dossier, or NotAllowed."""
        try:
            return self.state.dossiers[dossier_id]
        except KeyError:
            raise NotAllowed(
                "no such open dossier", N_("This dossier is not open any more. Choose another.")
            ) from None

    def forget(self, dossier_id: str) -> None:
        """Drop what memory holds of a person."""
        for memory in (self.people, self.pending, self.prompts, self.software_s):
            memory.pop(dossier_id, None)
        self.aside.discard(dossier_id)
