"""A dossier as a fold over its journal events.

``CHECKED_IN → IDENTIFIED → (portrait ∥ fingers) → CONFIRMED → SEALED → CLOSED``, or it ends with
the outcome REFERRED, REFUSED or ABANDONED; the first two print a slip that says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from edge.journal import events as e


class Stage(StrEnum):
    CHECKED_IN = "checked_in"
    IDENTIFIED = "identified"
    """Portrait and fingers are taken in this stage, in either order."""
    CONFIRMED = "confirmed"
    SEALED = "sealed"
    """Papers are being printed."""
    TURNED_AWAY = "turned_away"
    """Referred or refused; the slip that says why is being printed."""
    CLOSED = "closed"


class Outcome(StrEnum):
    SEALED = "sealed"
    REFERRED = "referred"
    REFUSED = "refused"
    ABANDONED = "abandoned"


@dataclass
class Finger:
    """One position. Done when ``missing`` or ``captured``; ``best`` is the best image so far."""

    tries: int = 0
    wrong: int = 0
    """Presentations that were no try: another position's finger, or no image."""
    captured: bool = False
    missing: e.MissingReason | None = None
    best_quality: int = -1
    best_sealed: str | None = None
    best_try: int = 0
    """Which try the best image is from: its artefact's name has it."""

    @property
    def done(self) -> bool:
        return self.captured or self.missing is not None


@dataclass(frozen=True)
class Portrait:
    sealed: str
    quality: int
    forced: e.ForcedReason | None


@dataclass(frozen=True)
class Capture:
    """What a stage took, where one sealed artefact is all of it. ``no``: the n-th of the dossier,
    as its artefact's name has it."""

    sealed: str
    quality: int
    no: int


@dataclass
class Dossier:
    id: str
    opened_at: int
    desk: int
    ticket: int | None
    day: int | None
    ticket_kind: e.TicketKind
    stage: Stage = Stage.CHECKED_IN
    outcome: Outcome | None = None
    source: e.IdentitySource | None = None
    roster_outcome: e.RosterOutcome | None = None
    contradictions: tuple[e.Contradiction, ...] = ()
    person: str | None = None
    identity_sealed: str | None = None
    """SHA-256 of the sealed artefact that holds the person's data."""
    identity_no: int = 0
    """How often the identity was recorded: part of its artefact's name."""
    portrait: Portrait | None = None
    portrait_no: int = 0
    fingers: dict[e.Position, Finger] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)
    """Of stages beyond portrait and fingers, by a name that the stage chooses."""
    captures_no: dict[str, int] = field(default_factory=dict)
    """How many there were of each, those that were taken again counted."""
    delivery: e.Delivery | None = None
    holding: dict[e.Device, int] = field(default_factory=dict)
    """Devices held by this dossier, since when (ms UTC)."""
    printed: set[e.Paper] = field(default_factory=set)
    reason: str = ""
    """Of a referral, refusal or abandonment."""
    marks: dict[str, int] = field(default_factory=dict)
    """When each stage was reached, ms UTC (for the shift page and the line's estimates)."""

    def apply(self, event: e.Event) -> None:
        """Take a row; what stages make of their own rows is in their folders
        (``controller/stages``)."""
        body = event.body
        match body:
            case e.Identified():
                self.stage = Stage.IDENTIFIED
                self.source, self.roster_outcome = body.source, body.outcome
                self.contradictions, self.person = body.contradictions, body.person
                self.identity_sealed, self.identity_no = body.sealed, self.identity_no + 1
                self.marks["identified"] = event.at
            case e.IdentityCorrected():
                self.contradictions = body.contradictions
                self.identity_sealed, self.identity_no = body.sealed, self.identity_no + 1
            case e.DeviceTaken():
                self.holding[body.device] = event.at
            case e.DeviceReleased():
                self.holding.pop(body.device, None)
            case e.StationStarted():
                self.holding.clear()
            case e.Confirmed():
                self.stage, self.delivery = Stage.CONFIRMED, body.delivery
                self.marks["confirmed"] = event.at
            case e.ConfirmationUndone():
                self.stage, self.delivery = Stage.IDENTIFIED, None
            case e.Sealed():
                self.stage, self.outcome = Stage.SEALED, Outcome.SEALED
                self.marks["sealed"] = event.at
            case e.DossierReferred():
                self.stage, self.outcome = Stage.TURNED_AWAY, Outcome.REFERRED
                self.reason = body.reason.value
            case e.DossierRefused():
                self.stage, self.outcome = Stage.TURNED_AWAY, Outcome.REFUSED
                self.reason = body.reason.value
            case e.DossierAbandoned():
                self.outcome, self.reason = Outcome.ABANDONED, body.reason.value
            case e.Printed() | e.PrintDropped():
                self.printed.add(body.paper)
            case e.DossierClosed():
                self.stage = Stage.CLOSED
                self.holding.clear()
                self.marks["closed"] = event.at
            case _:
                pass

    def finger(self, position: e.Position) -> Finger:
        return self.fingers.setdefault(position, Finger())


def opened(event: e.Event) -> Dossier:
    """The dossier that a ``DossierOpened`` event begins."""
    body = event.body
    assert isinstance(body, e.DossierOpened)
    assert event.dossier is not None
    dossier = Dossier(event.dossier, event.at, body.desk, body.ticket, body.day, body.ticket_kind)
    dossier.marks["opened"] = event.at
    return dossier
