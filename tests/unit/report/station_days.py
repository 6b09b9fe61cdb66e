"""Journals for the fold's tests: by hand, step by step, and by dice, whole days of a booth.

The controller's own state is folded beside, so that a test can ask it for the books. Rows are
chained as the journal chains them (``test_tail.py`` holds them against real journals).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

import msgspec

from controller.dossier.actions import Action
from controller.policy import CapturePolicy
from controller.queue import TicketState
from controller.rules import allowed, dossier_id
from controller.stages.fingers.stage import next_position
from controller.state import State
from edge.journal import events as e
from edge.journal.store import Row, genesis, row_hash
from edge.report import facts as f
from edge.report.fold import Fold
from ground.clock import SteppedClock

STATION = "TH0417"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DIGEST = "a" * 64
MORNING_MS = 1_760_054_400_000
"""10 October 2025, 07:00 in Vietnam."""
DAY = 20251010

_encode = msgspec.json.Encoder().encode


def rows_of(events: Iterable[e.Event], station: str = STATION) -> list[Row]:
    """The rows that a journal has for ``events``."""
    chain, rows = genesis(station), []
    for event in events:
        kind = str(type(event.body).__struct_config__.tag)
        row = (
            event.seq,
            event.at,
            event.mono,
            event.boot,
            int(event.trusted),
            kind,
            event.dossier,
            _encode(event.body).decode(),
        )
        chain = row_hash(chain, row)
        rows.append((*row, chain))
    return rows


def rechained(rows: Iterable[Row], station: str = STATION) -> list[Row]:
    """The same rows without gaps and with right hashes, as if they had been written so."""
    chain, found = genesis(station), []
    for seq, row in enumerate(rows, start=1):
        plain = (seq, *row[1:8])
        chain = row_hash(chain, plain)
        found.append((*plain, chain))
    return found


def folded(rows: Iterable[Row], fold: Fold | None = None) -> list[tuple[int, f.Entry]]:
    fold = fold or Fold(STATION, ZONE)
    return [told for row in rows for told in fold.apply(row)]


def facts_of(rows: Iterable[Row]) -> list[f.AnyFact]:
    return [entry.fact for _, entry in folded(rows)]


class Booth:
    """Records events at its clock's time."""

    def __init__(self, *, trusted: bool = True, now_ms: int = MORNING_MS) -> None:
        self.clock = SteppedClock(now_ms)
        self.clock.is_trusted = trusted
        self.events: list[e.Event] = []
        self.state = State(CapturePolicy())

    def record(self, *bodies: e.AnyBody, dossier: str | None = None) -> None:
        clock = self.clock
        for body in bodies:
            event = e.Event(
                len(self.events) + 1,
                clock.now_ms(),
                clock.mono_ms(),
                clock.boot,
                clock.is_trusted,
                dossier,
                body,
            )
            self.events.append(event)
            self.state.apply(event)

    def after(self, seconds: float, *bodies: e.AnyBody, dossier: str | None = None) -> None:
        self.clock.advance(seconds)
        self.record(*bodies, dossier=dossier)

    def reboot(self, off_s: float = 60, *, trusted: bool = True) -> None:
        """Power cut; a station that starts after it."""
        self.clock.step(off_s)
        self.clock.reboot(f"{int(self.clock.boot, 16) + 1:08x}")
        self.clock.is_trusted = trusted
        self.record(e.StationStarted("0.1.0"))

    @property
    def rows(self) -> list[Row]:
        return rows_of(self.events)

    @property
    def facts(self) -> list[f.AnyFact]:
        return facts_of(self.rows)

    @property
    def ended(self) -> list[f.DossierEnded]:
        return [fact for fact in self.facts if isinstance(fact, f.DossierEnded)]

    # ---- shorthands --------------------------------------------------------------------------

    def ticket(
        self, number: int, kind: e.TicketKind = e.TicketKind.WALK_IN, day: int = DAY
    ) -> None:
        self.record(
            e.TicketNumbered(number, day, kind, e.TicketSource.BUTTON, 0, 0),
            e.TicketIssued(number, day, e.IssuedHow.PRINTED),
        )

    def open(self, ticket: int | None = None, day: int = DAY) -> str:
        new = dossier_id(STATION, self.state.last_dossier + 1)
        self.record(e.DossierOpened(1, ticket, day), dossier=new)
        return new

    def identify(self, dossier: str) -> None:
        outcome, source = e.RosterOutcome.UNCHANGED, e.IdentitySource.QR_SCANNER
        person = f"{len(self.events):064x}"
        self.record(e.Identified(outcome, source, person, DIGEST), dossier=dossier)

    def take(self, device: e.Device, dossier: str) -> None:
        self.record(e.DeviceTaken(device), dossier=dossier)

    def release(self, device: e.Device, dossier: str) -> None:
        self.record(e.DeviceReleased(device), dossier=dossier)

    def ten_fingers(self, dossier: str, each_s: float = 4.0) -> None:
        while (position := next_position(self.state.dossiers[dossier], self.state.policy)) is not (
            None
        ):
            self.after(each_s, e.FingerCaptured(position, 80, 1, DIGEST), dossier=dossier)

    def seal(self, dossier: str) -> None:
        self.record(
            e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.IN_PERSON),
            e.Sealed(DIGEST, 480_001, 1),
            dossier=dossier,
        )

    def close(self, dossier: str) -> None:
        self.record(e.DossierClosed(250), dossier=dossier)

    def whole_dossier(self, ticket: int | None = None) -> str:
        """Four minutes, everything as it should be."""
        dossier = self.open(ticket)
        self.clock.advance(20)
        self.identify(dossier)
        self.clock.advance(5)
        self.take(e.Device.CAMERA, dossier)
        self.after(15, e.PortraitTaken(DIGEST, 85, 4), dossier=dossier)
        self.release(e.Device.CAMERA, dossier)
        self.clock.advance(10)
        self.take(e.Device.FINGERPRINT, dossier)
        self.ten_fingers(dossier)
        self.release(e.Device.FINGERPRINT, dossier)
        self.clock.advance(30)
        self.seal(dossier)
        self.clock.advance(6)
        self.close(dossier)
        return dossier


class Diced(Booth):
    """A booth whose days are drawn from dice: everything the rules allow, in any order, with
    power cuts, clocks that are wrong and set, failing devices, tickets of every fate."""

    def __init__(self, seed: int) -> None:
        super().__init__(trusted=Random(seed).random() < 0.5)
        self.dice = Random(seed)
        self.record(e.StationStarted("0.1.0"))

    def run(self, steps: int) -> Diced:
        for _ in range(steps):
            self.clock.advance(self.dice.choice([0.0, 0.5, 3.0, 12.0, 40.0, 200.0]))
            self._step()
        return self

    @property
    def today(self) -> int:
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, ZONE)
        return now.year * 10_000 + now.month * 100 + now.day

    def _step(self) -> None:
        dice = self.dice.random()
        if dice < 0.25:
            self._queue()
        elif dice < 0.32:
            self._misfortune()
        elif dice < 0.42 and len(self.state.dossiers) < 6:
            self._opens()
        elif self.state.dossiers:
            self._dossier(self.dice.choice(list(self.state.dossiers)))

    def _queue(self) -> None:
        dice, queue = self.dice, self.state.queue
        ticket = None
        state = dice.choice([None, *TicketState])
        if state is not None and (there := queue.in_state(0, state)):
            ticket = dice.choice(there)
        kind = dice.choice(list(e.TicketKind))
        if ticket is None or ticket.state in (TicketState.SERVED, TicketState.CANCELLED):
            number, day = queue.last_number.get(self.today, 0) + 1, self.today
            self.record(e.TicketNumbered(number, day, kind, e.TicketSource.BUTTON, 0, 0))
            if dice.random() < 0.8:
                self.record(e.TicketIssued(number, day, e.IssuedHow.PRINTED))
            return
        number, day = ticket.number, ticket.day
        fate: e.AnyBody
        match ticket.state:
            case TicketState.NUMBERED:
                printed = dice.random() < 0.7
                handed = e.TicketIssued(number, day, e.IssuedHow.HANDED)
                fate = handed if printed else e.TicketCancelled(number, day)
            case TicketState.WAITING if dice.random() < 0.2:
                fate = e.TicketExpired(number, day)
            case TicketState.WAITING | TicketState.NO_SHOW if dice.random() < 0.5:
                fate = e.TicketRequeued(number, day, kind)
            case TicketState.CALLED if dice.random() < 0.7:
                fate = e.TicketNoShow(number, day)
            case _:
                fate = e.TicketCalled(number, day, 1, ticket.state is not TicketState.WAITING)
        self.record(fate)

    def _opens(self) -> None:
        there = self.state.queue.in_state(0, TicketState.CALLED, TicketState.WAITING)
        ticket = self.dice.choice(there) if there and self.dice.random() < 0.8 else None
        new = dossier_id(STATION, self.state.last_dossier + 1)
        kind = ticket.kind if ticket else e.TicketKind.WALK_IN
        day = ticket.day if ticket else self.today
        number = ticket.number if ticket else None
        self.record(e.DossierOpened(self.dice.randint(1, 2), number, day, kind), dossier=new)

    def _dossier(self, id: str) -> None:
        dice, dossier = self.dice, self.state.dossiers[id]
        policy = self.state.policy
        actions = allowed(dossier, policy)
        position = next_position(dossier, policy)
        held = list(dossier.holding)
        choices: list[list[e.AnyBody]] = [[e.DeviceReleased(device)] for device in held]
        free = [d for d in (e.Device.CAMERA, e.Device.FINGERPRINT) if not self.state.holder(d)]
        if not held and free and Action.TAKE_PORTRAIT in actions:
            choices.append([e.DeviceTaken(dice.choice(free))])
        gone: list[e.AnyBody] = [e.DeviceReleased(device) for device in held]
        if Action.IDENTIFY in actions:
            roster, source = dice.choice(list(e.RosterOutcome)), dice.choice(list(e.IdentitySource))
            wrong = tuple(e.Contradiction)[: dice.randint(0, 3)]
            digest = f"{len(self.events):064x}"
            choices += [[*gone, e.Identified(roster, source, digest, DIGEST, wrong)]] * 4
        if Action.TAKE_PORTRAIT in actions and e.Device.CAMERA in held:
            forced = dice.choice([None, *e.ForcedReason])
            choices += [[e.PortraitTaken(DIGEST, dice.randint(0, 100), 4, forced), *gone]] * 4
        if position is not None and e.Device.FINGERPRINT in held:
            captured = e.FingerCaptured(position, dice.randint(0, 100), 1, DIGEST)
            choices += [[captured]] * 60
            problem = dice.choice(list(e.FingerProblem))
            choices.append([e.FingerRejected(position, problem, 20, None)])
            choices.append([e.FingerMissing(position, dice.choice(list(e.MissingReason)))])
        if Action.CORRECT in actions and dice.random() < 0.1:
            choices.append([e.IdentityCorrected(DIGEST, ())])
            done = [p for p, finger in dossier.fingers.items() if finger.done]
            if done and not held:
                choices.append([e.FingerReopened(dice.choice(done))])
            if dossier.portrait is not None and not held:
                choices.append([e.PortraitReopened()])
        if Action.CONFIRM in actions and not held:
            by, delivery = dice.choice(list(e.ConfirmedBy)), dice.choice(list(e.Delivery))
            choices.append([e.DeviceTaken(e.Device.PERIPHERALS)])
            choices += [[e.Confirmed(by, delivery)]] * 6
        if Action.SEAL in actions:
            choices += [[e.Sealed(DIGEST, dice.randint(1, 9_999_999), 1)]] * 4
            choices.append([e.ConfirmationUndone(), e.PortraitReopened()])
        if Action.REFER in actions and dice.random() < 0.01:
            choices = [[*gone, e.DossierReferred(dice.choice(list(e.ReferralReason)))]]
        if Action.IDENTIFY in actions and dice.random() < 0.05:
            choices = [[*gone, e.DossierRefused(dice.choice(list(e.RefusalReason)))]]
        if Action.ABANDON in actions and dice.random() < 0.01:
            choices = [[*gone, e.DossierAbandoned(dice.choice(list(e.AbandonReason)))]]
        if dossier.outcome is not None and Action.CLOSE not in actions:
            papers = [e.Paper.INTAKE_FORM, e.Paper.APPOINTMENT, e.Paper.CORRECTION]
            papers.append(e.Paper.REFUSAL)
            choices.append([e.Printed(1, paper) for paper in papers])
        if Action.CLOSE in actions:
            choices = [[e.DossierClosed(dice.randint(0, 5_000))]]
        if choices:
            self.record(*dice.choice(choices), dossier=id)

    def _misfortune(self) -> None:
        dice = self.dice
        device = dice.choice(list(e.Device))
        step_s = dice.choice([0.2, -0.3, 5.0, -5.0, 7200.0, 86_400.0, -86_400.0])
        match dice.randrange(9):
            case 0:
                self.reboot(dice.choice([5.0, 600.0, 40_000.0]), trusted=dice.random() < 0.5)
            case 1:
                self.clock.is_trusted = True
                self.clock.step(step_s)
            case 2:
                self.clock.is_trusted = False
            case 3:
                self.record(e.DeviceFailed(device, dice.choice(list(e.FaultCode))))
            case 4:
                self.record(e.DeviceRecovered(device))
            case 5:
                self.record(e.OperatorUnlocked("OP1"), e.RosterLoaded(100))
            case 6:
                self.record(e.UnlockFailed(1, 0), e.LidChanged(True, "0badcafe", 1))
            case 7:
                self.record(e.Measured(312, 12_050), e.PacketReceipted(DIGEST))
            case 8:
                self.record(e.StationStarted("0.1.0"))
