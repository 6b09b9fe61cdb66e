"""The ledger loses nothing: whatever the link, the region and the power do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
EVENTS = (
    *(["nothing"] * 4),
    *(["the station writes"] * 5),
    *(["all is well"] * 2),
    "the link breaks",
    "the edge is killed",
    "the edge loses its disk",
    "the region falls back",
)
T = TypeVar("T")


@dataclass(frozen=True)
class Turn:
    event: str
    number: int
    answered: bool
    reports: list[str]
    answers: list[str]
    seconds: float


TURNS = st.builds(
    Turn,
    event=st.sampled_from(EVENTS),
    number=st.integers(0, 70),
    answered=st.sampled_from([True, True, True, False]),
    reports=st.lists(FATES, max_size=6),
    answers=st.lists(FATES, max_size=6),
    seconds=st.sampled_from([0.0, 1.0, 11.0, 100.0]),
)

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


class World:
    """An edge that crashes at any commit, a link that loses, doubles and delays, a region."""

    def __init__(self, count: int, seed: int) -> None:
        self.journal: list[Row] = made(count, seed)
        self.epoch = self.journal[0][8].hex()[:8]
        self.written = 1
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

    def connects(self, answered: bool) -> None:
        self.to_region.clear()
        self.to_edge.clear()
        self.read()
        self.ledger.lost()
        self.ledger.born(self.head.number, self.now)
        self.in_session = True
        if answered:
            self.to_edge.append(self.region.answer())

    def read(self) -> list[tuple[int, Entry]]:
        rows = self.journal[self.head.seq : self.written]
        return [made for row in rows for made in self.head.apply(row)]

    def works(self) -> None:
        made = self.read()
        while (outgoing := self.step()) is not None:
            self.to_region.append(outgoing.report)
            self.reports += 1
        if made and (told := self.ledger.made(made[0][0], [entry for _, entry in made])):
            self.to_region.append(told.report)

    def step(self) -> Outgoing | None:
        after = self.ledger.wants()
        if after is not None:
            rows = self.journal[after : self.written][:SLICE]
            mark = self.ledger.feed(rows, self.now, at_end=after + len(rows) >= self.written)
            self.stored = mark or self.stored
        return self.ledger.due(self.now)

    def link_breaks(self) -> None:
        self.to_region.clear()
        self.to_edge.clear()
        self.ledger.lost()
        self.in_session = False

    def edge_is_killed(self, kept: bool) -> None:
        """Or killed with its disk: then it knows nothing any more."""
        if not kept:
            self.stored = None
        self.to_region.clear()
        self.to_edge.clear()
        self.start()

    # ---- the link and the region ---------------------------------------------------------

    def turn(self, turn: Turn) -> None:
        """Something happens, and then messages go to and fro."""
        match turn.event:
            case "the station writes":
                self.written = min(len(self.journal), self.written + 1 + turn.number % 15)
            case "the link breaks":
                self.link_breaks()
            case "the edge is killed":
                self.edge_is_killed(kept=True)
            case "the edge loses its disk":
                self.edge_is_killed(kept=False)
            case "the region falls back":
                self.region_falls_back_to_a_backup(turn.number)
            case "all is well":
                for _ in range(1 + turn.number % 6):
                    self.round()
        if not self.in_session and turn.event != "the link breaks":
            self.connects(turn.answered)
        self.traffic(turn.reports, turn.answers, turn.seconds)
        assert self.ledger.held <= PACE.window_parcels * (PACE.parcel_facts + 3)
        if self.stored is not None:
            assert fold_of(self.stored.snapshot).number == self.stored.through

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

    def round(self) -> None:
        self.works()
        while self.to_region:
            self.region.take(self.to_region.popleft())
            self.to_edge.append(self.region.answer())
        while self.to_edge:
            answer = self.to_edge.popleft()
            self.stored = self.ledger.acknowledged(answer, self.now) or self.stored
        self.now += 1

    def region_falls_back_to_a_backup(self, kept: int) -> None:
        """Its newest facts are gone; it starts again and asks for a rebirth."""
        before = self.region
        self.region = Region(self.epoch)
        for number in range(1, min(kept, before.through) + 1):
            self.region.take(Report(self.epoch, number, (decoded(before.facts[number]),)))
        if self.in_session:
            self.connects(True)

    # ---- what must hold ------------------------------------------------------------------

    def heals(self) -> None:
        """The region gets all facts, in order, and proves it, without a new session."""
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


@settings(max_examples=150, deadline=None)
@given(
    count=st.integers(5, 70),
    seed=st.integers(0, 1_000),
    turns=st.lists(TURNS, min_size=3, max_size=25),
)
def test_every_fact_comes_in_order_whatever_happens(
    count: int, seed: int, turns: list[Turn]
) -> None:
    world = World(count, seed)
    for turn in turns:
        world.turn(turn)
    world.heals()


def started(count: int = 70) -> World:
    world = World(count, seed=3)
    world.connects(answered=True)
    world.round()
    world.round()
    return world


@pytest.mark.parametrize("kept", [0, 3, 20])
def test_a_region_that_falls_back_twice_gets_all_facts_again(kept: int) -> None:
    """The second time before what it claimed the first time was walked to and proven."""
    world = started()
    world.written = 50
    for _ in range(10):
        world.round()
    world.region_falls_back_to_a_backup(30)
    world.stored = world.ledger.acknowledged(world.to_edge.popleft(), world.now) or world.stored
    world.region_falls_back_to_a_backup(kept)
    world.heals()


def test_a_report_that_is_lost_is_sent_again_as_history() -> None:
    world = started()
    world.written = 20
    world.works()
    lost = world.to_region.popleft()
    world.to_region.clear()
    assert world.step() is None
    world.now += PACE.answer_s
    again = world.step()
    assert again is not None
    assert (again.report, again.live) == (lost, False)


def test_a_wrong_proof_is_a_quarrel_that_a_right_one_ends() -> None:
    world = started()
    world.written = 40
    for _ in range(5):
        world.round()
    through = world.ledger.through
    assert through == world.head.number
    wrong = Acknowledged(world.epoch, through, b"x" * 16)
    assert world.ledger.acknowledged(wrong, world.now) is None
    assert world.ledger.quarrel
    assert world.ledger.through == through
    world.written = 60
    assert world.step() is None, "nothing is sent blindly"
    world.now += PACE.longest_s
    assert world.step() is not None, "it asks again"
    assert world.step() is None
    world.ledger.acknowledged(world.region.answer(), world.now)
    assert world.ledger.quarrel == ""


def test_a_region_that_claims_other_facts_than_ours_is_not_believed() -> None:
    world = World(70, seed=3)
    world.written = 70
    world.connects(answered=False)
    world.ledger.acknowledged(Acknowledged(world.epoch, 5, b"x" * 16), world.now)
    for _ in range(20):
        world.step()
    assert "differs at fact 5" in world.ledger.quarrel
    assert world.ledger.through == 0


def test_facts_that_the_journal_never_had_are_a_quarrel() -> None:
    world = started()
    world.written = len(world.journal)
    world.round()
    world.ledger.born(world.head.number, world.now)
    world.ledger.acknowledged(Acknowledged(world.epoch, 9_999, b"x" * 16), world.now)
    while not world.ledger.quarrel:
        world.step()
    assert "9999" in world.ledger.quarrel


def test_a_new_fact_does_not_wait_behind_old_ones() -> None:
    world = started()
    world.written = 60
    world.read()
    world.step()
    behind = world.head.number
    while world.head.number == behind:
        world.written += 1
        (row,) = world.journal[world.head.seq : world.written]
        made = world.head.apply(row)
    outgoing = world.ledger.made(made[0][0], [entry for _, entry in made])
    assert outgoing is not None
    assert outgoing.live
    assert outgoing.report.number == behind + 1
