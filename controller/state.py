"""The whole station as a fold over its journal. Nothing else changes it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from controller import stages
from controller.dossier.state import Dossier, Outcome, opened
from controller.policy import CapturePolicy
from controller.queue import Queue, TicketState
from controller.rules import needs
from controller.vault.lockout import Lockout
from edge.journal import events as e

BELIEVED_MS = 3_600_000
"""A longer (or negative) span between two wall times means a clock that was set, not work."""


@dataclass(frozen=True)
class Job:
    """A paper that is to be printed. ``id`` is the seq of its ``PrintRequested``."""

    id: int
    paper: e.Paper
    dossier: str | None
    day: int | None
    ticket: int | None
    again: bool
    at: int
    """When it was requested, ms UTC."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What is kept of a closed dossier: enough for the shift page, nothing about the person."""

    id: str
    outcome: Outcome
    opened_at: int
    closed_at: int
    ticketed: bool
    day: int | None
    """Station-local day it is counted on: of its ticket, or of its opening."""
    durations_s: dict[str, float]
    software_ms: int
    forced: bool
    missing_fingers: int


@dataclass(frozen=True, slots=True)
class Target:
    """What the region wants of this place. Minutes of the local day; ``closes`` before ``opens``:
    after midnight."""

    per_day: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command of the region, and when, ms UTC."""

    outcome: e.CommandOutcome
    at: int


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the Pico measured last, as far as it was journaled; ``boot`` and ``mono`` tell when."""

    temperature_dc: int
    supply_mv: int
    boot: str
    mono: int


@dataclass
class State:
    policy: CapturePolicy
    queue: Queue = field(default_factory=Queue)
    dossiers: dict[str, Dossier] = field(default_factory=dict)
    """Open ones, in order of opening."""
    ended: list[Ended] = field(default_factory=list)
    ended_on: dict[int, list[int]] = field(default_factory=dict)
    """Day it is counted on -> places in ``ended``."""
    jobs: dict[int, Job] = field(default_factory=dict)
    """Open print jobs, in order."""
    enrolled: dict[str, int] = field(default_factory=dict)
    """Keyed digest of a person -> when their packet was sealed, ms UTC."""
    lockout: Lockout = field(default_factory=Lockout)
    """Wrong passphrases since the last right one, by operator and source."""
    last_at: dict[e.Device, str | None] = field(default_factory=dict)
    """Which dossier took a device last: the sensor holds its templates."""
    last_dossier: int = 0
    intake_open: bool = True
    """Whether new tickets are given."""
    target: Target | None = None
    answers: dict[str, Answer] = field(default_factory=dict)
    """By id of the region's command, in order: none is run again. A few a day."""
    measured: Measurement | None = None
    firmware: str | None = None
    """Digest of the firmware that the Pico greeted with last."""
    lid_events: set[tuple[str, int]] = field(default_factory=set)
    idle_ms: Counter[e.Device] = field(default_factory=Counter)
    """Time a device stood free while somebody waited for it, on the latest day."""
    busy_ms: Counter[e.Device] = field(default_factory=Counter)
    """Time a device was held, on the latest day."""
    day: int | None = None
    """Station-local day of the latest ticket or dossier."""
    hold_s: dict[e.Device, deque[float]] = field(default_factory=dict)
    """Latest holding times per device: the line's estimates."""
    arrival_s: deque[float] = field(default_factory=lambda: deque(maxlen=20))
    """Latest times from call to identification."""
    last: tuple[str, int] = ("", 0)
    """(boot, mono) of the latest event: wall time may be set, a switched-off booth is not idle."""

    def apply(self, event: e.Event) -> None:
        self._count_idle(event)
        body = event.body
        today = _today(body)
        if today is not None and today != self.day:
            self.day = today
            self.idle_ms.clear()
            self.busy_ms.clear()
        self.queue.apply(event)
        match body:
            case e.StationStarted():
                for dossier in self.dossiers.values():
                    dossier.apply(event)
            case e.DossierOpened():
                dossier = opened(event)
                self.dossiers[dossier.id] = dossier
                self.last_dossier = max(self.last_dossier, int(dossier.id.split("-")[1]))
            case e.PrintRequested():
                self.jobs[event.seq] = Job(
                    event.seq,
                    body.paper,
                    event.dossier,
                    body.day,
                    body.ticket,
                    body.again,
                    event.at,
                )
            case e.Printed() | e.PrintDropped():
                self.jobs.pop(body.job, None)
            case e.UnlockFailed() | e.OperatorUnlocked():
                self.lockout = self.lockout.after(event)
            case e.DeviceTaken():
                self.last_at[body.device] = event.dossier
            case e.LidChanged():
                self.lid_events.add((body.boot, body.no))
            case e.CommandRun():
                self.answers.setdefault(body.command, Answer(body.outcome, event.at))
            case e.IntakeChanged():
                self.intake_open = body.open
            case e.TargetSet():
                self.target = Target(body.per_day, body.opens, body.closes)
            case e.Measured():
                self.measured = Measurement(
                    body.temperature_dc, body.supply_mv, event.boot, event.mono
                )
            case e.FirmwareSeen():
                self.firmware = body.digest
            case _:
                pass
        if event.dossier is not None and not isinstance(body, e.DossierOpened):
            self._apply_to_dossier(event)

    def _apply_to_dossier(self, event: e.Event) -> None:
        dossier = self.dossiers.get(event.dossier or "")
        if dossier is None:
            return
        body = event.body
        if isinstance(body, e.DeviceReleased) and body.device in dossier.holding:
            held_ms = event.at - dossier.holding[body.device]
            if 0 <= held_ms <= BELIEVED_MS:
                self.busy_ms[body.device] += held_ms
                self.hold_s.setdefault(body.device, deque(maxlen=20)).append(held_ms / 1000)
        dossier.apply(event)
        stages.apply(dossier, event)
        if isinstance(body, e.Identified) and dossier.ticket is not None and dossier.day:
            called_at = self.queue.tickets[dossier.day, dossier.ticket].called_at
            if called_at is not None and 0 <= event.at - called_at <= BELIEVED_MS:
                self.arrival_s.append((event.at - called_at) / 1000)
        if isinstance(body, e.Sealed) and dossier.person is not None:
            self.enrolled[dossier.person] = event.at
        if isinstance(body, e.DossierClosed):
            if dossier.day is not None:
                self.ended_on.setdefault(dossier.day, []).append(len(self.ended))
            self.ended.append(_ended(dossier, body.software_ms, self.policy))
            del self.dossiers[dossier.id]

    def _count_idle(self, event: e.Event) -> None:
        (boot, mono), self.last = self.last, (event.boot, event.mono)
        elapsed = event.mono - mono
        if boot != event.boot or isinstance(event.body, e.StationStarted) or elapsed <= 0:
            return
        held = {device for d in self.dossiers.values() for device in d.holding}
        waited_for = {
            device
            for d in self.dossiers.values()
            if not d.holding
            for device in needs(d, self.policy)
        }
        for device in line_devices(self.policy):
            if device in waited_for and device not in held:
                self.idle_ms[device] += elapsed

    def holder(self, device: e.Device) -> Dossier | None:
        """The dossier that holds ``device``: at most one."""
        return next((d for d in self.dossiers.values() if device in d.holding), None)


def fold(events: Iterable[e.Event], policy: CapturePolicy) -> State:
    state = State(policy)
    for event in events:
        state.apply(event)
    return state


def line_devices(policy: CapturePolicy) -> tuple[e.Device, ...]:
    """Devices that people walk to: their idle time is the line's loss."""
    return tuple(stage.device for stage in stages.named(policy.stages))


def _today(body: e.Body) -> int | None:
    """The day on which this happened, where the event tells it. A dossier with a ticket tells the
    ticket's day, which may be yesterday."""
    match body:
        case e.TicketNumbered(day=day) | e.DossierOpened(ticket=None, day=day):
            return day
    return None


def _ended(dossier: Dossier, software_ms: int, policy: CapturePolicy) -> Ended:
    marks, taken = dossier.marks, stages.named(policy.stages)
    spans = {
        "identify": ("opened", "identified"),
        **{stage.name: ("identified", stage.name) for stage in taken},
        "review": (stages.pacing(taken).name, "confirmed"),
        "papers": ("sealed", "closed"),
        "total": ("opened", "closed"),
    }
    durations = {
        name: (marks[end] - marks[begin]) / 1000
        for name, (begin, end) in spans.items()
        if begin in marks and end in marks
    }
    assert dossier.outcome is not None
    return Ended(
        id=dossier.id,
        outcome=dossier.outcome,
        opened_at=dossier.opened_at,
        closed_at=marks["closed"],
        ticketed=dossier.ticket is not None,
        day=dossier.day,
        durations_s=durations,
        software_ms=software_ms,
        forced=dossier.portrait is not None and dossier.portrait.forced is not None,
        missing_fingers=sum(f.missing is not None for f in dossier.fingers.values()),
    )


@dataclass(frozen=True)
class Books:
    """Tickets and dossiers of a day, and whether they balance.

    Every issued ticket is waiting, called, a no-show, expired, or has a dossier; every dossier is
    open or has one of the four outcomes.
    """

    issued: int
    waiting: int
    called: int
    no_shows: int
    expired: int
    served: int
    without_ticket: int
    open: int
    sealed: int
    referred: int
    refused: int
    abandoned: int

    @property
    def lost(self) -> int:
        elsewhere = self.waiting + self.called + self.no_shows + self.expired
        tickets = self.issued - elsewhere - self.served
        ends = self.sealed + self.referred + self.refused + self.abandoned
        dossiers = self.served + self.without_ticket - self.open - ends
        return abs(tickets) + abs(dossiers)


def books(state: State, day: int | None = None) -> Books:
    """Count the tickets and dossiers of ``day`` (all days when None).

    A dossier belongs to the day of its ticket, without one to the day it was opened on.
    """
    queue = state.queue
    tickets = list(queue.tickets.values()) if day is None else queue.of_day(day)
    issued = Counter(t.state for t in tickets if t.issued)
    ended = state.ended if day is None else [state.ended[i] for i in state.ended_on.get(day, ())]
    outcomes = Counter(d.outcome for d in ended)
    still_open = [d for d in state.dossiers.values() if day in (None, d.day)]
    return Books(
        issued=issued.total(),
        waiting=issued[TicketState.WAITING],
        called=issued[TicketState.CALLED],
        no_shows=issued[TicketState.NO_SHOW],
        expired=issued[TicketState.EXPIRED],
        served=issued[TicketState.SERVED],
        without_ticket=sum(not d.ticketed for d in ended)
        + sum(d.ticket is None for d in still_open),
        open=len(still_open),
        sealed=outcomes[Outcome.SEALED],
        referred=outcomes[Outcome.REFERRED],
        refused=outcomes[Outcome.REFUSED],
        abandoned=outcomes[Outcome.ABANDONED],
    )
