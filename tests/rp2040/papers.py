"""The two papers that every dossier gets, as the booth draws them."""

from __future__ import annotations

from datetime import date, datetime

from controller.papers.appointment import appointment
from controller.papers.facts import AppointmentFacts, TicketFacts
from controller.papers.ticket import ticket
from edge.journal.events import Delivery, TicketKind

_AT = datetime(2026, 11, 22, 7, 5)
_STATION = "Điểm thu nhận số 417, xã Hoằng Lộc"
_DOSSIER = "TH0417-000123-7"

TICKET = ticket(
    TicketFacts(12, TicketKind.WALK_IN, 7, 25, _AT, _STATION, "TH0417-20261122-012"), "vi"
)
APPOINTMENT = appointment(
    AppointmentFacts(
        _DOSSIER,
        _AT,
        _STATION,
        "Công Tằng Tôn Nữ Thị Huyền Trân",
        date(2026, 12, 7),
        Delivery.IN_PERSON,
        "Công an xã Hoằng Lộc",
    ),
    "vi",
)
PAPERS = {"ticket": TICKET, "appointment": APPOINTMENT}
