"""The ledger loses nothing: whatever the link, the region and the power do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.journal.store import Row
from edge.report import chain
from edge.report.facts import Acknowledged, Entry, Report
from edge.uplink.db import Watermark
from edge.uplink.ledger import Ledger, Outgoing, Pace
from tests.unit.uplink.made_rows import STATION, entries_of, fold_of, made

PACE = Pace(parcel_facts=4, parcel_bytes=400, window_parcels=3, answer_s=10, longest_s=80)
SLICE = 7
LOST, LATE, TWICE = "is lost", "comes late", "arrives twice"
FATES = st.sampled_from(["arrives", "arrives", TWICE, LOST, LATE])
T = TypeVar("T")

_encode = msgspec.msgpack.Encoder().encode


@dataclass
class Region:
    """Commits, then acknowledges. ``facts`` by number, as they were on the wire."""

    epoch: str
    through: int = 0
    facts: dict[int, bytes] = field(default_factory=dict)
    chain: bytes = b""

    def __post_init__(self) -> None:
        self.chain = chain.start(STATION, self.epoch)

    def take(self, report: Report) -> None:
        for number, entry in enumerate(report.entries, start=report.number):
            wire = _encode(entry)
            assert self.facts.setdefault(number, wire) == wire, "a fact came back with other bytes"
        while self.through + 1 in self.facts:
            self.through += 1
            self.chain = chain.link(
                self.chain, msgspec.msgpack.decode(self.facts[self.through], type=Entry)
            )

    def answer(self) -> Acknowledged:
        return Acknowledged(self.epoch, self.through, chain.proof(self.chain))


class LossyLink(RuleBasedStateMachine):
    """An edge that crashes at any commit, a link that loses, doubles and delays, a region."""

    @initialize(count=st.integers(1, 70), seed=st.integers(0, 1_000), there=st.integers(0, 70))
    def begin(self, count: int, seed: int, there: int) -> None:
        self.journal: list[Row] = made(count, seed)
        self.epoch = self.journal[0][8].hex()[:8]
        self.written = min(count, max(1, there))
        self.now = 100.0
        self.reports = 0
        self.stored: Watermark | None = None
        self.region = Region(self.epoch)
        self.to_region: deque[Report] = deque()
        self.to_edge: deque[Acknowledged] = deque()
        self.start()

    def start(self) -> None:
        self.ledger = Ledger(STATION, self.epoch, fold_of, self.stored, PACE)
        self.head = fold_of(self.stored.snapshot if self.stored else None)
        self.in_session = False

    # ---- the edge ------------------------------------------------------------------------

    @rule(rows=st.integers(1, 15))
    def station_writes(self, rows: int) -> None:
        self.written = min(len(self.journal), self.written + rows)

    @precondition(lambda self: not self.in_session)
    @rule(answered=st.booleans())
    def connects(self, answered: bool) -> None:
        self.to_region.clear()
        self.to_edge.clear()
        self.read()
        self.ledger.lost()
        self.ledger.born(self.head.number, self.now)
        self.in_session = True
        if answered:
            self.to_edge.append(self.region.answer())

    def read(self) -> None:
        for row in self.journal[self.head.seq : self.written]:
            for number, entry in self.head.apply(row):
                outgoing = self.ledger.made(number, [entry])
                if outgoing is not None:
                    self.to_region.append(outgoing.report)

    def works(self) -> None:
        self.read()
        while (outgoing := self.step()) is not None:
            self.to_region.append(outgoing.report)
            self.reports += 1

    def step(self) -> Outgoing | None:
        after = self.ledger.wants()
        if after is not None:
            rows = self.journal[after : self.written][:SLICE]
            mark = self.ledger.feed(rows, self.now, at_end=after + len(rows) >= self.written)
            self.stored = mark or self.stored
        return self.ledger.due(self.now)

    @precondition(lambda self: self.in_session)
    @rule()
    def link_breaks(self) -> None:
        self.to_region.clear()
        self.to_edge.clear()
        self.ledger.lost()
        self.in_session = False

    @rule(kept=st.booleans())
    def edge_is_killed(self, kept: bool) -> None:
        """Or killed with its disk: then it knows nothing any more."""
        if not kept:
            self.stored = None
        self.to_region.clear()
        self.to_edge.clear()
        self.start()

    # ---- the link and the region ---------------------------------------------------------

    @rule(
        reports=st.lists(FATES, min_size=1, max_size=6),
        answers=st.lists(FATES, min_size=1, max_size=6),
        seconds=st.sampled_from([0.0, 1.0, 11.0, 100.0]),
    )
    def traffic(self, reports: list[str], answers: list[str], seconds: float) -> None:
        self.works()
        for fate in reports:
            for report in _fated(self.to_region, fate):
                self.region.take(report)
                self.to_edge.append(self.region.answer())
        for fate in answers:
            for answer in _fated(self.to_edge, fate):
                self.stored = self.ledger.acknowledged(answer, self.now) or self.stored
        self.now += seconds

    @rule(rounds=st.integers(1, 12))
    def all_is_well_for_a_while(self, rounds: int) -> None:
        for _ in range(rounds):
            self.round()

    def round(self) -> None:
        self.works()
        while self.to_region:
            self.region.take(self.to_region.popleft())
            self.to_edge.append(self.region.answer())
        while self.to_edge:
            answer = self.to_edge.popleft()
            self.stored = self.ledger.acknowledged(answer, self.now) or self.stored
        self.now += 1

    @rule(kept=st.integers(0, 200))
    def region_falls_back_to_a_backup(self, kept: int) -> None:
        """Its newest facts are gone; it starts again and asks for a rebirth."""
        before = self.region
        self.region = Region(self.epoch)
        for number in range(1, min(kept, before.through) + 1):
            self.region.take(Report(self.epoch, number, (decoded(before.facts[number]),)))
        if self.in_session:
            self.connects(True)

    # ---- what must hold ------------------------------------------------------------------

    @invariant()
    def memory_is_bounded(self) -> None:
        if hasattr(self, "ledger"):
            assert self.ledger.held <= PACE.window_parcels * (PACE.parcel_facts + 3)

    @invariant()
    def what_is_stored_is_what_the_fold_says(self) -> None:
        if getattr(self, "stored", None) is not None:
            assert self.stored is not None
            assert fold_of(self.stored.snapshot).number == self.stored.through

    def teardown(self) -> None:
        """The link heals: the region gets all facts, in order, and proves it."""
        if not hasattr(self, "ledger"):
            return
        self.written = len(self.journal)
        if self.in_session:
            self.to_edge.append(self.region.answer())
        else:
            self.connects(True)
        facts = entries_of(self.journal)
        sent = self.reports
        for _ in range(200 + 4 * len(facts)):
            self.round()
            if self.region.through == len(facts) and self.ledger.idle:
                break
        assert [self.region.facts[n] for n in range(1, len(facts) + 1)] == list(map(_encode, facts))
        assert self.ledger.quarrel == ""
        assert self.ledger.through == len(facts)
        assert self.ledger.idle
        assert self.reports - sent <= 20 + 2 * len(facts)


def _fated(queue: deque[T], fate: str) -> list[T]:
    """What of the queue's first message arrives now."""
    if not queue:
        return []
    first = queue.popleft()
    if fate == LATE:
        queue.append(first)
    return {LOST: [], LATE: [], TWICE: [first, first]}.get(fate, [first])


def decoded(wire: bytes) -> Entry:
    return msgspec.msgpack.decode(wire, type=Entry)


TestLossyLink = LossyLink.TestCase
TestLossyLink.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
