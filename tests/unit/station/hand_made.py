"""A station's journal made by hand: events, a clock that is moved, and the state they fold into."""

from __future__ import annotations

from datetime import UTC, datetime

from controller.policy import CapturePolicy
from controller.rules import dossier_id
from controller.state import State, fold
from edge.journal import events as e
from ground.clock import SteppedClock

DIGEST = "a" * 64


class HandMade:
    def __init__(self, policy: CapturePolicy | None = None) -> None:
        self.clock = SteppedClock()
        self.events: list[e.Event] = []
        self.policy = policy or CapturePolicy()
        self.state = State(self.policy)
        self.record(e.StationStarted("0.1.0"))

    def record(self, *bodies: e.AnyBody, dossier: str | None = None) -> list[e.Event]:
        clock = self.clock
        made = []
        for body in bodies:
            event = e.Event(
                len(self.events) + 1,
                clock.now_ms(),
                clock.mono_ms(),
                clock.boot,
                True,
                dossier,
                body,
            )
            self.events.append(event)
            self.state.apply(event)
            made.append(event)
        return made

    def replayed(self) -> State:
        return fold(self.events, self.policy)

    def power_cut(self, off_s: float) -> None:
        """Off for a while; what was only in memory is gone."""
        self.clock.step(off_s)
        self.clock.reboot(f"{int(self.clock.boot, 16) + 1:08x}")
        self.state = self.replayed()
        self.record(e.StationStarted("0.1.0"))

    @property
    def today(self) -> int:
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        return now.year * 10_000 + now.month * 100 + now.day

    @property
    def minute(self) -> int:
        now = datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC)
        return now.hour * 60 + now.minute

    # ---- shorthands ----------------------------------------------------------------------------

    def ticket(self, kind: e.TicketKind = e.TicketKind.WALK_IN, group: str | None = None) -> int:
        """A ticket that was numbered and handed over."""
        number = self.state.queue.last_number.get(self.today, 0) + 1
        self.record(
            e.TicketNumbered(number, self.today, kind, e.TicketSource.CONSOLE, 0, 0, group),
            e.TicketIssued(number, self.today, e.IssuedHow.HANDED),
        )
        return number

    def open(
        self, ticket: int | None = None, kind: e.TicketKind = e.TicketKind.WALK_IN, desk: int = 1
    ) -> str:
        new = dossier_id("TH0417", self.state.last_dossier + 1)
        self.record(e.DossierOpened(desk, ticket, self.today, kind), dossier=new)
        return new

    def identify(self, dossier: str, person: str = DIGEST) -> None:
        self.record(
            e.Identified(e.RosterOutcome.UNCHANGED, e.IdentitySource.QR_SCANNER, person, DIGEST),
            dossier=dossier,
        )

    def capture_all(self, dossier: str) -> None:
        self.record(
            e.PortraitTaken(DIGEST, 90, 4),
            *(e.FingerCaptured(p, 80, 1, DIGEST) for p in self.policy.finger_order),
            dossier=dossier,
        )

    def finish(self, dossier: str, person: str = DIGEST) -> None:
        """From wherever it is to sealed, printed and closed."""
        self.identify(dossier, person)
        self.capture_all(dossier)
        self.record(
            e.Confirmed(e.ConfirmedBy.BUTTON, e.Delivery.IN_PERSON),
            e.Sealed(DIGEST, 1000, len(self.events)),
            e.Printed(1, e.Paper.INTAKE_FORM),
            e.Printed(2, e.Paper.APPOINTMENT),
            e.DossierClosed(100),
            dossier=dossier,
        )
