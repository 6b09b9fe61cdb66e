"""The queue under any order of commands, crashes and days, against a model that is plain to see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from controller.policy import QueuePolicy
from controller.queue import (
    EVER,
    TicketKey,
    TicketState,
    estimate,
    is_double_press,
    next_number,
    outlived,
    waiting,
)
from controller.rules import dossier_id
from controller.state import books
from edge.journal import events as e
from tests.unit.station.hand_made import HandMade

POLICY = QueuePolicy()
PICO = "0a0b0c0d"
KINDS = st.sampled_from([e.TicketKind.WALK_IN, e.TicketKind.PRIORITY])


@dataclass
class Known:
    """What the model knows of a ticket: of which people, in the order in which they came."""

    kind: e.TicketKind
    boot: str
    mono: int
    at: str = "numbered"
    counted: bool = False


class QueueMachine(RuleBasedStateMachine):
    presses = Bundle("presses")

    def __init__(self) -> None:
        super().__init__()
        self.booth = HandMade()
        self.known: dict[TicketKey, Known] = {}
        self.press_no = 0
        self.pressed_mono: list[tuple[str, int]] = []
        self.calls_since_wait: dict[TicketKey, int] = {}

    def number(
        self,
        kind: e.TicketKind,
        group: str | None = None,
        press: int | None = None,
        age_ms: int = 0,
    ) -> None:
        booth = self.booth
        day = booth.today
        number = next_number(booth.state.queue, day)
        ahead, wait_s = estimate(booth.state.queue, POLICY)
        assert ahead == sum(t.at in ("numbered", "waiting") for t in self.known.values())
        todays = [k for k in self.known if k[0] == day]
        assert number == len(todays) + 1  # contiguous, never doubled
        source = e.TicketSource.CONSOLE if press is None else e.TicketSource.BUTTON
        booth.record(
            e.TicketNumbered(
                number,
                day,
                kind,
                source,
                ahead,
                wait_s,
                group,
                None if press is None else PICO,
                press,
                age_ms,
            ),
            e.PrintRequested(e.Paper.TICKET, number, day),
        )
        self.known[day, number] = Known(kind, booth.clock.boot, booth.clock.mono_ms())

    def pick(self, data: st.DataObject, *states: str) -> TicketKey | None:
        keys = [key for key, ticket in self.known.items() if ticket.at in states]
        return data.draw(st.sampled_from(keys)) if keys else None

    # ---- commands ------------------------------------------------------------------------------

    @rule(kind=KINDS)
    def console_numbers(self, kind: e.TicketKind) -> None:
        self.number(kind)

    @rule(minute=st.integers(0, 1439), kind=st.just(e.TicketKind.GROUP))
    def a_group_comes(self, minute: int, kind: e.TicketKind) -> None:
        self.booth.record(e.GroupScheduled("G1", self.booth.today, minute, 2))
        self.number(kind, "G1")

    @rule(target=presses, age_ms=st.integers(0, 30_000))
    def button(self, age_ms: int) -> tuple[int, str, int]:
        """A press that we hear of ``age_ms`` later."""
        self.press_no += 1
        press = (self.press_no, self.booth.clock.boot, self.booth.clock.mono_ms() - age_ms)
        self.deliver(press, age_ms)
        return press

    @rule(press=presses)
    def redelivered(self, press: tuple[int, str, int]) -> None:
        """Its acknowledgement was lost: the Pico sends it again, maybe after our restart."""
        clock = self.booth.clock
        if press[1] == clock.boot:
            self.deliver(press, clock.mono_ms() - press[2], again=True)

    def deliver(self, press: tuple[int, str, int], age_ms: int, again: bool = False) -> None:
        booth, (no, boot, mono) = self.booth, press
        double = is_double_press(
            booth.state.queue, PICO, no, booth.clock.now_ms() - age_ms, POLICY, (boot, mono)
        )
        near = any(b == boot and abs(m - mono) < 2000 for b, m in self.pressed_mono[-20:])
        counted = (PICO, no) in booth.state.queue.presses
        assert double == (near or counted)
        if not double:
            assert not again or (boot, mono) not in self.pressed_mono
            self.pressed_mono.append((boot, mono))
            self.number(e.TicketKind.WALK_IN, None, no, age_ms)

    @rule(data=st.data(), how=st.sampled_from(e.IssuedHow))
    def issue(self, data: st.DataObject, how: e.IssuedHow) -> None:
        if key := self.pick(data, "numbered"):
            job = next(j.id for j in self.booth.state.jobs.values() if (j.day, j.ticket) == key)
            self.booth.record(
                e.Printed(job, e.Paper.TICKET)
                if how is e.IssuedHow.PRINTED
                else e.PrintDropped(job, e.Paper.TICKET),
                e.TicketIssued(key[1], key[0], how),
            )
            self.known[key].at, self.known[key].counted = "waiting", True

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if key := self.pick(data, "numbered"):
            self.booth.record(e.TicketCancelled(key[1], key[0]))
            self.known[key].at = "cancelled"

    @precondition(lambda self: self.in_order())
    @rule(desk=st.integers(1, 2))
    def call_next(self, desk: int) -> None:
        first, *others = self.in_order()
        self.booth.record(e.TicketCalled(first[1], first[0], desk))
        self.known[first].at = "called"
        self.calls_since_wait.pop(first, None)
        for key in others:
            self.calls_since_wait[key] = self.calls_since_wait.get(key, 0) + 1

    @rule(data=st.data())
    def recall(self, data: st.DataObject) -> None:
        if key := self.pick(data, "called", "no_show"):
            self.booth.record(e.TicketCalled(key[1], key[0], 1, again=True))
            self.known[key].at = "called"

    @rule(data=st.data())
    def no_show(self, data: st.DataObject) -> None:
        if key := self.pick(data, "called"):
            self.booth.record(e.TicketNoShow(key[1], key[0]))
            self.known[key].at = "no_show"

    @rule(data=st.data(), kind=KINDS)
    def requeue(self, data: st.DataObject, kind: e.TicketKind) -> None:
        if key := self.pick(data, "waiting", "called", "no_show"):
            self.booth.record(e.TicketRequeued(key[1], key[0], kind))
            self.known[key].at, self.known[key].kind = "waiting", kind

    @rule(data=st.data())
    def check_in(self, data: st.DataObject) -> None:
        if key := self.pick(data, "called", "waiting"):
            booth = self.booth
            new = dossier_id("TH0417", booth.state.last_dossier + 1)
            opened = e.DossierOpened(1, key[1], key[0], self.known[key].kind)
            booth.record(opened, dossier=new)
            self.known[key].at = "served"

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        if self.booth.state.dossiers:
            ending = data.draw(st.sampled_from(sorted(self.booth.state.dossiers)))
            self.booth.record(
                e.DossierAbandoned(e.AbandonReason.LEFT), e.DossierClosed(10), dossier=ending
            )

    @rule()
    def the_station_looks_at_the_day(self) -> None:
        """What nobody stands for any more is ended, said so in the journal, and nothing else."""
        booth = self.booth
        clock = booth.clock
        gone = {
            t.key for t in outlived(booth.state.queue, booth.today, clock.boot, clock.mono_ms())
        }
        for key, ticket in self.known.items():
            still_here = ticket.boot == clock.boot and clock.mono_ms() - ticket.mono < 86_400_000
            is_open = ticket.at in ("numbered", "waiting", "called")
            assert (key in gone) == (is_open and key[0] < self.yesterday and not still_here)
        for day, number in gone:
            known = self.known[day, number]
            if known.at == "numbered":
                jobs = [
                    j.id for j in booth.state.jobs.values() if (j.day, j.ticket) == (day, number)
                ]
                booth.record(*(e.PrintDropped(job, e.Paper.TICKET) for job in jobs))
                booth.record(e.TicketCancelled(number, day))
                known.at = "cancelled"
            else:
                booth.record(e.TicketExpired(number, day))
                known.at = "expired"

    # ---- time ----------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 1.5, 3, 60, 4000]))
    def time_goes_by(self, seconds: float) -> None:
        self.booth.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-90_000, -3600, -3, 5, 7200, 200_000]))
    def the_clock_is_set(self, seconds: float) -> None:
        self.booth.clock.step(seconds)

    @rule(nights=st.sampled_from([1, 1, 1, 3]))
    def night(self, nights: int) -> None:
        self.booth.clock.advance(nights * 86_400)

    @rule(left_s=st.sampled_from([1, 30]))
    def midnight_is_near(self, left_s: int) -> None:
        now_s = self.booth.clock.now_ms() // 1000
        self.booth.clock.advance(86_400 - now_s % 86_400 - left_s)

    @rule(off_s=st.sampled_from([1, 600, 40_000]))
    def power_cut(self, off_s: float) -> None:
        self.booth.power_cut(off_s)

    # ---- what always holds -----------------------------------------------------------------------

    @property
    def yesterday(self) -> int:
        before = datetime.strptime(str(self.booth.today), "%Y%m%d") - timedelta(days=1)
        return int(before.strftime("%Y%m%d"))

    def in_order(self) -> list[TicketKey]:
        booth = self.booth
        return [t.key for t in waiting(booth.state.queue, booth.today, booth.minute, POLICY)]

    @invariant()
    def the_journal_alone_gives_the_same_state(self) -> None:
        assert self.booth.replayed() == self.booth.state

    @invariant()
    def every_ticket_is_where_the_model_has_it(self) -> None:
        tickets = self.booth.state.queue.tickets
        assert {k: (t.state.value, t.kind, t.issued) for k, t in tickets.items()} == {
            k: (t.at, t.kind, t.counted) for k, t in self.known.items()
        }

    @invariant()
    def nobody_vanishes_whatever_the_clock_says(self) -> None:
        queue = self.booth.state.queue
        people = list(self.known)
        assert [t.nth for t in queue.tickets.values()] == list(range(1, len(people) + 1))
        for state in (TicketState.NUMBERED, TicketState.WAITING, TicketState.CALLED):
            shown = [t.key for t in queue.in_state(EVER, state)]
            assert shown == [key for key in people if self.known[key].at == state.value]
        shown = [t.key for t in queue.in_state(self.yesterday, TicketState.NO_SHOW)]
        late = [key for key in people if self.known[key].at == "no_show"]
        assert shown == [key for key in late if key[0] >= self.yesterday]

    @invariant()
    def those_who_wait_are_called_once_and_by_rule(self) -> None:
        booth, order = self.booth, self.in_order()
        mine = {k for k, t in self.known.items() if t.at == "waiting"}
        assert set(order) == mine
        assert len(order) == len(mine)
        kinds = [self.known[key].kind for key in order]
        run = booth.state.queue.priority_run
        for place, kind in enumerate(kinds):
            priority = kind is e.TicketKind.PRIORITY
            if priority:
                others_left = any(k is not e.TicketKind.PRIORITY for k in kinds[place:])
                assert run < POLICY.priority_run or not others_left
            else:
                others_first = e.TicketKind.PRIORITY in kinds[place:]
                assert run >= POLICY.priority_run or not others_first
            run = run + 1 if priority else 0
        for kind_of_ticket in (e.TicketKind.PRIORITY, e.TicketKind.WALK_IN):
            keys = [key for key, kind in zip(order, kinds, strict=True) if kind is kind_of_ticket]
            assert keys == [key for key in self.known if key in keys]  # first come, first served

    @invariant()
    def nobody_starves(self) -> None:
        """Each waits at most for all who are there, plus the priority run before each of them."""
        for key, calls in self.calls_since_wait.items():
            if self.known[key].at == "waiting":
                assert calls <= (len(self.known) + 1) * (POLICY.priority_run + 1)

    @invariant()
    def the_books_balance_each_day_and_together(self) -> None:
        state = self.booth.state
        days = {key[0] for key in self.known}
        for day in (None, *days):
            count = books(state, day)
            assert count.lost == 0
            mine = [t for k, t in self.known.items() if day in (None, k[0])]
            assert count.issued == sum(t.counted for t in mine)
            assert count.no_shows == sum(t.at == "no_show" for t in mine)
            assert count.expired == sum(t.at == "expired" for t in mine)
            assert count.served == sum(t.at == "served" for t in mine)

    @invariant()
    def no_print_job_waits_for_nothing(self) -> None:
        for job in self.booth.state.jobs.values():
            ticket = self.booth.state.queue.tickets[job.day or 0, job.ticket or 0]
            assert ticket.state in (TicketState.NUMBERED, TicketState.CANCELLED)


QueueMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestQueue = QueueMachine.TestCase
