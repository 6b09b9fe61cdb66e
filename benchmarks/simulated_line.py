"""The line on simulated people and devices: the real rules and state, fed by real events.

``controller.line`` decides, ``controller.state`` folds, ``controller.rules`` allows, as in
the station; only hands, feet and wires are drawn from dice. Times are seconds. SimPy keeps them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import simpy

from controller.dossier.actions import Action
from controller.dossier.state import Dossier
from controller.line import assign, should_call
from controller.policy import CapturePolicy, LinePolicy, QueuePolicy
from controller.queue import TicketState, waiting
from controller.rules import allowed, dossier_id, papers_due
from controller.stages.fingers.stage import next_position
from controller.state import State
from edge.journal import events as e
from ground.clock import SteppedClock

DAY = 20251009
DIGEST = "a" * 64
Steps = Generator[simpy.Event, Any, None]


@dataclass(frozen=True)
class Times:
    """Medians at human pace; each is drawn anew for each person."""

    walk: float = 15.0
    """From the call to the desk."""
    identify: float = 20.0
    """Card out of the pocket, scanned, read out, accepted."""
    portrait: float = 15.0
    change_over: float = 5.0
    """Walking to the fingerprint scanner and putting the first finger down."""
    finger: float = 4.0
    """1.7 s of wire time, the rest is the hand."""
    review: float = 12.0
    paper: float = 3.0
    spread: float = 0.25
    """Sigma of the logarithm."""


@dataclass(frozen=True)
class Outage:
    device: e.Device
    begins_s: float
    ends_s: float


@dataclass
class Line:
    """One shift. ``watch`` is called after every decision, for tests."""

    seed: int
    citizens: int = 30
    desks: int = 2
    times: Times = field(default_factory=Times)
    policy: LinePolicy = field(default_factory=LinePolicy)
    outages: Sequence[Outage] = ()
    priority_share: float = 0.15
    watch: Callable[[Line], None] = lambda line: None

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.env = simpy.Environment()
        self.clock = SteppedClock()
        self.state = State(CapturePolicy())
        self.events: list[e.Event] = []
        self.ready = {e.Device.SCANNER, e.Device.CAMERA, e.Device.FINGERPRINT}
        self.at_device: dict[e.Device, simpy.Process] = {}
        self.makespan_s = 0.0
        self._began_ms = self.clock.now_ms()

    @property
    def efficiency(self) -> float:
        """Busy time of the bottleneck over the time from opening to the last dossier's end."""
        return self.state.busy_ms[e.Device.FINGERPRINT] / 1000 / self.makespan_s

    def run(self) -> Line:
        """Everybody has a ticket when the booth opens; until the last dossier is closed."""
        self.record(e.StationStarted("0.1.0"))
        for number in range(1, self.citizens + 1):
            priority = self.dice.random() < self.priority_share
            kind = e.TicketKind.PRIORITY if priority else e.TicketKind.WALK_IN
            self.record(
                e.TicketNumbered(number, DAY, kind, e.TicketSource.CONSOLE, 0, 0),
                e.TicketIssued(number, DAY, e.IssuedHow.HANDED),
            )
        for outage in self.outages:
            self.env.process(self._fail(outage))
        shift = self.env.process(self._shift())
        self.env.run(until=shift)
        return self

    # ---- what the station's supervision does ---------------------------------------------------

    def record(self, *bodies: e.AnyBody, dossier: str | None = None) -> None:
        due_ms = self._began_ms + round(self.env.now * 1000)
        self.clock.advance((due_ms - self.clock.now_ms()) / 1000)
        for body in bodies:
            event = e.Event(
                len(self.events) + 1,
                self.clock.now_ms(),
                self.clock.mono_ms(),
                self.clock.boot,
                True,
                dossier,
                body,
            )
            self.events.append(event)
            self.state.apply(event)

    @property
    def now_ms(self) -> int:
        return self._began_ms + round(self.env.now * 1000)

    def called(self) -> int:
        return len(self.state.queue.in_state(DAY, TicketState.CALLED))

    def _shift(self) -> Steps:
        while len(self.state.ended) < self.citizens:
            self.tick()
            yield self.env.timeout(1.0)

    def tick(self) -> None:
        """As the station: after every change, and once a second."""
        free = {device for device in self.ready if self.state.holder(device) is None}
        for device, dossier in assign(self.state, free, self.now_ms, self.policy):
            self.record(e.DeviceTaken(device), dossier=dossier)
            work = {
                e.Device.SCANNER: self._identify,
                e.Device.CAMERA: self._portrait,
                e.Device.FINGERPRINT: self._fingers,
            }[device]
            self.at_device[device] = self.env.process(self._at(device, dossier, work(dossier)))
        for desk in range(1, self.desks + 1):
            queue = waiting(self.state.queue, DAY, 600, QueuePolicy())
            if (
                queue
                and not self._desk_busy(desk)
                and should_call(self.state, self.called(), self.now_ms, self.policy)
            ):
                self.record(e.TicketCalled(queue[0].number, DAY, desk))
                self.env.process(self._arrive(queue[0].number, queue[0].kind, desk))
        if self.state.holder(e.Device.PERIPHERALS) is None:
            for found in self.state.dossiers.values():
                if not found.holding and Action.CONFIRM in allowed(found, self.state.policy):
                    self.record(e.DeviceTaken(e.Device.PERIPHERALS), dossier=found.id)
                    self.env.process(self._finish(found))
                    break
        self.watch(self)

    def _desk_busy(self, desk: int) -> bool:
        coming = self.state.queue.in_state(DAY, TicketState.CALLED)
        return any(t.desk == desk for t in coming) or any(
            d.desk == desk and d.person is None for d in self.state.dossiers.values()
        )

    # ---- people ----------------------------------------------------------------------------------

    def _takes(self, median_s: float) -> simpy.Timeout:
        return self.env.timeout(median_s * self.dice.lognormvariate(0.0, self.times.spread))

    def _arrive(self, number: int, kind: e.TicketKind, desk: int) -> Steps:
        yield self._takes(self.times.walk)
        new = dossier_id("TH0417", self.state.last_dossier + 1)
        self.record(e.DossierOpened(desk, number, DAY, kind), dossier=new)
        self.tick()

    def _at(self, device: e.Device, dossier: str, work: Steps) -> Steps:
        """Hold ``device`` until the work is done or the device fails."""
        with suppress(simpy.Interrupt):  # what was captured so far is kept
            yield from work
        self.record(e.DeviceReleased(device), dossier=dossier)
        del self.at_device[device]
        self.tick()

    def _identify(self, dossier: str) -> Steps:
        yield self._takes(self.times.identify)
        source, outcome = e.IdentitySource.QR_SCANNER, e.RosterOutcome.UNCHANGED
        person = f"{len(self.events):064x}"
        self.record(e.Identified(outcome, source, person, DIGEST), dossier=dossier)

    def _portrait(self, dossier: str) -> Steps:
        yield self._takes(self.times.portrait)
        self.record(e.PortraitTaken(DIGEST, 85, 4), dossier=dossier)

    def _fingers(self, dossier: str) -> Steps:
        yield self._takes(self.times.change_over)
        found = self.state.dossiers[dossier]
        while (position := next_position(found, self.state.policy)) is not None:
            yield self._takes(self.times.finger)
            self.record(e.FingerCaptured(position, 80, 1, DIGEST), dossier=dossier)

    def _finish(self, dossier: Dossier) -> Steps:
        yield self._takes(self.times.review)
        self.record(
            e.DeviceReleased(e.Device.PERIPHERALS),
            e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.IN_PERSON),
            e.Sealed(DIGEST, 500_000, 1),
            dossier=dossier.id,
        )
        self.tick()
        for paper in papers_due(dossier, intake_form=True):
            yield self._takes(self.times.paper)
            self.record(e.Printed(1, paper), dossier=dossier.id)
        self.record(e.DossierClosed(100), dossier=dossier.id)
        self.makespan_s = self.env.now
        self.tick()

    def _fail(self, outage: Outage) -> Steps:
        yield self.env.timeout(outage.begins_s)
        self.ready.discard(outage.device)
        self.record(e.DeviceFailed(outage.device, e.FaultCode.NO_ANSWER))
        if outage.device in self.at_device:
            self.at_device[outage.device].interrupt()
        yield self.env.timeout(outage.ends_s - outage.begins_s)
        self.ready.add(outage.device)
        self.record(e.DeviceRecovered(outage.device))
        self.tick()
