"""The papers of a dossier, as the booth draws them: the ticket, the form and the slip."""

from __future__ import annotations

from datetime import date, datetime

from controller.papers.appointment import appointment
from controller.papers.facts import AppointmentFacts, IntakeFacts, TicketFacts
from controller.papers.intake_form import intake_form
from controller.papers.ticket import ticket
from edge.journal.events import Delivery, RosterOutcome, TicketKind
from tests.unit.papers.captured import LOST, NINE, captures

_AT = datetime(2026, 11, 22, 7, 5)
_STATION = "Điểm thu nhận số 417, xã Hoằng Lộc"
_DOSSIER = "TH0417-000123-7"
_NAME = "Công Tằng Tôn Nữ Thị Huyền Trân"

TICKET = ticket(
    TicketFacts(12, TicketKind.WALK_IN, 7, 25, _AT, _STATION, "TH0417-20261122-012"), "vi"
)
APPOINTMENT = appointment(
    AppointmentFacts(
        _DOSSIER,
        _AT,
        _STATION,
        _NAME,
        date(2026, 12, 7),
        Delivery.IN_PERSON,
        "Công an xã Hoằng Lộc",
    ),
    "vi",
)
INTAKE = intake_form(
    IntakeFacts(
        dossier=_DOSSIER,
        at=_AT,
        station=_STATION,
        name=_NAME,
        number="038150012345",
        old_number="171234567",
        birth="02/09/1950",
        sex="female",
        residence="Thôn Đình Bảng, xã Hoằng Lộc, tỉnh Thanh Hoá",
        outcome=RosterOutcome.UNCHANGED,
        contradictions=(),
        captures=captures(NINE | LOST),
    ),
    "vi",
)
PAPERS = {"ticket": TICKET, "appointment": APPOINTMENT, "intake form": INTAKE}
