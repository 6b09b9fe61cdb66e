"""What goes on each paper: plain fields, so that printing needs to know nothing of the rest.

All times are station-local. ``repr`` tells nothing: most facts are personal data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from edge.journal.events import (
    Contradiction,
    Delivery,
    ReferralReason,
    RefusalReason,
    RosterOutcome,
    TicketKind,
)
from ground.config import Line


@dataclass(frozen=True)
class TicketFacts:
    """``code`` is the QR's content; ``wait_min`` None when the station has no pace yet."""

    number: int
    kind: TicketKind
    ahead: int
    wait_min: int | None
    at: datetime
    station: str
    code: str


@dataclass(frozen=True, repr=False)
class CaptureFacts:
    """What one stage took. ``label``: a message id; ``notes``: what is to be said of it."""

    label: str
    taken: Line
    notes: tuple[Line, ...] = ()


@dataclass(frozen=True, repr=False)
class IntakeFacts:
    """What was recorded. ``birth`` as papers write it, ``sex`` "male", "female" or ""; ``captures``
    in the order of the stages."""

    dossier: str
    at: datetime
    station: str
    name: str
    number: str
    old_number: str
    birth: str
    sex: str
    residence: str
    outcome: RosterOutcome
    contradictions: tuple[Contradiction, ...]
    captures: tuple[CaptureFacts, ...]


@dataclass(frozen=True, repr=False)
class AppointmentFacts:
    """``come_on`` is the day to collect, or the day by which the post should have delivered.

    ``address`` is where to collect in person, or where the post delivers.
    """

    dossier: str
    at: datetime
    station: str
    name: str
    come_on: date
    delivery: Delivery
    address: str


@dataclass(frozen=True, repr=False)
class CorrectionFacts:
    """``where`` and ``bring`` are message ids, or plain text that is printed as it stands."""

    dossier: str
    at: datetime
    station: str
    name: str
    birth: str
    reason: ReferralReason
    where: str
    bring: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class RefusalFacts:
    """``day``: under age, the first day to come; already enrolled, the day it was."""

    dossier: str
    at: datetime
    station: str
    name: str
    reason: RefusalReason
    day: date
