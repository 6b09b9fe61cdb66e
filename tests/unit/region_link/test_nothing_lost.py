"""Whatever is lost, doubled, late or killed between a booth and its region: no fact is.

The machine does anything in any order: rows are journaled, messages dropped, doubled and swapped,
either end killed between any two of its commits, publications and acknowledgements, the link cut,
edge.db lost, the clock set. At every step the region holds true facts only, and the booth believes
no more than the region holds. When the link is good again all of it arrives, soon.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge.journal import events as e
from edge.report import chain
from tests.unit.region_link.ends import CODE, PACE, Booth, Region, World, truth

ROUNDS = 200
"""Exchanges of a good link within which all is there: births, claims, and the longest pause."""
MEMORY = Path("/dev/shm")
"""Real files, but no disk to wait for: this is about order, not about fsync."""
_encode = msgspec.msgpack.Encoder().encode


class Link(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.folder = Path(self._folder.name)
        self.world = World()
        self.booth, self.region = Booth(self.world, self.folder), Region(self.world, self.folder)
        self.dossiers = 0
        self.boots = 1
        self.booth.journal.append(e.StationStarted("0.1.0"))

    # ---- the booth lives -----------------------------------------------------------------

    @rule(count=st.integers(1, 5))
    def people_are_refused(self, count: int) -> None:
        for _ in range(count):
            self.dossiers += 1
            id = f"{CODE}-{self.dossiers:06}-0"
            journal = self.booth.journal
            journal.append(e.DossierOpened(1), dossier=id)
            self.world.wait(5)
            refused = e.DossierRefused(e.RefusalReason.ALREADY_ENROLLED)
            journal.append(refused, e.DossierClosed(20), dossier=id)

    @rule(device=st.sampled_from(e.Device), works=st.booleans())
    def a_device_changes(self, device: e.Device, works: bool) -> None:
        body = e.DeviceRecovered(device) if works else e.DeviceFailed(device, e.FaultCode.HUNG)
        self.booth.journal.append(body)

    @rule(trusted=st.booleans(), step_s=st.sampled_from([0, -86_400, 3_600]))
    def the_machine_boots_anew(self, trusted: bool, step_s: int) -> None:
        self.boots += 1
        clock = self.world.clock
        clock.reboot(f"{self.boots:08x}")
        clock.is_trusted = trusted
        clock.step(step_s)
        self.booth.journal.append(e.StationStarted("0.1.0"))

    @rule()
    def the_clock_is_set(self) -> None:
        self.world.clock.is_trusted = True

    @rule(seconds=st.sampled_from([1, 16, 70, 400]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    # ---- the uplink ----------------------------------------------------------------------

    @precondition(lambda self: not self.booth.connected)
    @rule()
    def the_uplink_connects(self) -> None:
        self.booth.connect()

    @precondition(lambda self: self.booth.connected)
    @rule()
    def the_link_breaks(self) -> None:
        self.booth.disconnected()

    @rule()
    def the_uplink_speaks(self) -> None:
        self.booth.turn()

    @rule(publications=st.integers(0, 6))
    def the_uplink_dies_while_it_speaks(self, publications: int) -> None:
        self.booth.plug_after = publications
        self.booth.turn()
        self.booth.plug_after = None

    @rule(forgets=st.booleans())
    def the_uplink_is_killed(self, forgets: bool) -> None:
        self.booth.killed(forgets=forgets)

    # ---- the broker ----------------------------------------------------------------------

    @precondition(lambda self: self.world.to_region)
    @rule(count=st.integers(1, 8), late=st.integers(0, 2))
    def the_region_hears(self, count: int, late: int) -> None:
        queue = self.world.to_region
        for _ in range(min(count, len(queue))):
            self.region.hear(*queue.pop(min(late, len(queue) - 1)))

    @precondition(lambda self: self.world.to_booth)
    @rule(count=st.integers(1, 8), late=st.integers(0, 2))
    def the_booth_hears(self, count: int, late: int) -> None:
        queue = self.world.to_booth
        for _ in range(count):
            if not queue:
                return
            self.booth.hear(*queue.pop(min(late, len(queue) - 1)))

    @rule(at=st.integers(0, 3), twice=st.booleans(), to_region=st.booleans())
    def a_message_is_lost_or_doubled(self, at: int, twice: bool, to_region: bool) -> None:
        queue = self.world.to_region if to_region else self.world.to_booth
        if at < len(queue):
            if twice:
                queue.insert(at, queue[at])
            else:
                del queue[at]

    # ---- the region ----------------------------------------------------------------------

    @rule()
    def the_region_commits(self) -> None:
        self.region.commit()

    @rule()
    def the_region_dies_before_it_acknowledges(self) -> None:
        self.region.commit(killed_before_acknowledging=True)

    @rule()
    def the_region_is_killed(self) -> None:
        self.region.killed()

    @rule()
    def the_region_looks_at_its_timers(self) -> None:
        self.region.tick()

    # ---- what holds always ---------------------------------------------------------------

    @invariant()
    def the_region_holds_true_facts_and_the_booth_believes_no_more(self) -> None:
        fold, entries = truth(self.folder)
        for epoch, number, wire in self.region.facts():
            assert epoch == fold.epoch
            assert wire == _encode(entries[number - 1])

        assert fold.epoch is not None
        through, held, quarrel = self.region.account(fold.epoch)
        assert quarrel is None
        assert self.booth.through <= through <= fold.number
        if through:
            expected = chain.start(CODE, fold.epoch)
            for entry in entries[:through]:
                expected = chain.link(expected, entry)
            assert held == expected

    @invariant()
    def the_window_is_bounded(self) -> None:
        ledger = self.booth.book.ledger
        if ledger is not None:
            assert ledger.quarrel == ""
            assert ledger.held <= (PACE.window_parcels + 1) * (PACE.parcel_facts + 3)

    # ---- and in the end ------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._all_arrives()
        finally:
            self.booth.close()
            self.region.close()
            self._folder.cleanup()

    def _all_arrives(self) -> None:
        fold, _ = truth(self.folder)
        assert fold.epoch is not None
        for _ in range(ROUNDS):
            if not self.booth.connected:
                self.booth.connect()
            self.booth.turn()
            while self.world.to_region:
                self.region.hear(*self.world.to_region.pop(0))
            self.region.tick()
            self.region.commit()
            while self.world.to_booth:
                self.booth.hear(*self.world.to_booth.pop(0))
            through, held, quarrel = self.region.account(fold.epoch)
            if through == self.booth.through == fold.number and held == fold.chain:
                assert quarrel is None
                return
            self.world.wait(2)
        raise AssertionError(f"{through} of {fold.number} facts after {ROUNDS} rounds")


Link.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
test_nothing_is_lost = Link.TestCase
