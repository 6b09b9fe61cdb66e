"""The papers as citizens get them: readable codes, both languages, nothing forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

import pytest
import zxingcpp
from babel.messages.extract import extract_from_dir
from PIL import Image

from controller import papers
from controller.papers import words
from controller.papers.appointment import appointment
from controller.papers.bitmap import Bitmap
from controller.papers.correction import REFUSALS, correction, refusal
from controller.papers.facts import (
    AppointmentFacts,
    CorrectionFacts,
    IntakeFacts,
    RefusalFacts,
    TicketFacts,
)
from controller.papers.intake_form import intake_form
from controller.papers.ticket import ticket
from controller.papers.trial import trial_page
from edge.journal.events import (
    Contradiction,
    Delivery,
    ForcedReason,
    ReferralReason,
    RefusalReason,
    RosterOutcome,
    TicketKind,
)
from ground.text import LANGUAGES, Language, catalog
from tests.unit.papers.captured import LOST, NINE, captures

AT = datetime(2026, 11, 22, 7, 5)
STATION = "Điểm thu nhận số 417, xã Hoằng Lộc"
DOSSIER = "TH0417-000123-7"
NAME = "Công Tằng Tôn Nữ Thị Huyền Trân"
CODE = "TH0417-20261122-012"

TICKET = TicketFacts(12, TicketKind.WALK_IN, 7, 25, AT, STATION, CODE)
INTAKE = IntakeFacts(
    dossier=DOSSIER,
    at=AT,
    station=STATION,
    name=NAME,
    number="038150012345",
    old_number="171234567",
    birth="02/09/1950",
    sex="female",
    residence="Thôn Đình Bảng, xã Hoằng Lộc, tỉnh Thanh Hoá",
    outcome=RosterOutcome.UNCHANGED,
    contradictions=(),
    captures=captures(NINE | LOST),
)
FORCED = captures(NINE | LOST, ForcedReason.MEDICAL)
DOUBTS = (Contradiction.NUMBER_SEX,)
APPOINTMENT = AppointmentFacts(
    DOSSIER, AT, STATION, NAME, date(2026, 12, 7), Delivery.IN_PERSON, "Công an xã Hoằng Lộc"
)
CORRECTION = CorrectionFacts(
    DOSSIER, AT, STATION, NAME, "1950", ReferralReason.BIRTH_INCOMPLETE, "Công an xã", ("CMND",)
)
REFUSAL = RefusalFacts(DOSSIER, AT, STATION, NAME, RefusalReason.UNDER_AGE, date(2027, 3, 4))

Render = Callable[[Language, int], Bitmap]
PAPERS: dict[str, Render] = {
    "ticket": lambda language, width: ticket(TICKET, language, width),
    "intake_form": lambda language, width: intake_form(INTAKE, language, width),
    "appointment": lambda language, width: appointment(APPOINTMENT, language, width),
    "correction": lambda language, width: correction(CORRECTION, language, width),
    "refusal": lambda language, width: refusal(REFUSAL, language, width),
    "trial_page": lambda language, width: trial_page(AT, STATION, language, width),
}
CODES = {
    "ticket": CODE,
    "appointment": DOSSIER,
    "correction": DOSSIER,
    "refusal": DOSSIER,
    "trial_page": STATION,
}


def picture(paper: Bitmap) -> Image.Image:
    size = (paper.width_px, paper.height_px)
    return Image.frombytes("1", size, paper.rows, "raw", "1;I").convert("L")


@pytest.mark.parametrize("width_px", [384, 576])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CODES)
def test_the_qr_on_the_paper_reads_back(name: str, language: Language, width_px: int) -> None:
    (found,) = zxingcpp.read_barcodes(picture(PAPERS[name](language, width_px)))
    assert found.text == CODES[name]


@pytest.mark.parametrize("name", PAPERS)
def test_same_facts_same_dots_and_another_language_other_dots(name: str) -> None:
    render = PAPERS[name]
    assert render("vi", 384) == render("vi", 384)
    assert render("vi", 384) != render("en", 384)
    assert render("vi", 576).width_px == 576


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ticket(TICKET), ticket(replace(TICKET, kind=TicketKind.PRIORITY))),
        (ticket(TICKET), ticket(replace(TICKET, wait_min=None))),
        (ticket(TICKET), ticket(replace(TICKET, wait_min=85))),
        (ticket(TICKET), ticket(replace(TICKET, number=13))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, contradictions=DOUBTS))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, captures=FORCED))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, captures=captures(NINE)))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, captures=captures(LOST)))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, captures=INTAKE.captures[:1]))),
        (intake_form(INTAKE), intake_form(replace(INTAKE, old_number=""))),
        (appointment(APPOINTMENT), appointment(replace(APPOINTMENT, delivery=Delivery.POST))),
        (correction(CORRECTION), correction(replace(CORRECTION, bring=("CMND", "CCCD")))),
        (refusal(REFUSAL), refusal(replace(REFUSAL, reason=RefusalReason.ALREADY_ENROLLED))),
    ],
)
def test_what_was_recorded_shows_on_the_paper(one: Bitmap, other: Bitmap) -> None:
    assert one != other


@pytest.mark.parametrize("number", [1, 88, 1000, 99999])
def test_any_number_fits_the_ticket(number: int) -> None:
    paper = ticket(replace(TICKET, number=number))
    stride = paper.width_px // 8
    rows = [paper.rows[at : at + stride] for at in range(0, len(paper.rows), stride)]
    assert not any(row[0] & 0xE0 or row[-1] & 0x07 for row in rows)


@pytest.mark.parametrize(
    ("texts", "members"),
    [
        (words.TICKET_KIND, TicketKind),
        (words.CONTRADICTION, Contradiction),
        (words.REFERRAL, ReferralReason),
        (REFUSALS, RefusalReason),
    ],
)
def test_every_value_has_words(texts: dict[StrEnum, object], members: type[StrEnum]) -> None:
    assert set(texts) == set(members)


def test_every_message_on_paper_is_in_the_catalog() -> None:
    folder = Path(papers.__file__).parent
    found = extract_from_dir(folder, [("**.py", "python")], keywords={"N_": None})
    messages = {str(message) for _, _, message, _, _ in found}
    assert len(messages) > 40
    assert messages <= catalog().texts.keys()


def test_facts_tell_nothing_of_a_person_in_a_log() -> None:
    for facts in (INTAKE, APPOINTMENT, CORRECTION, REFUSAL):
        assert "Huyền" not in repr(facts)
        assert "0381" not in repr(facts)


def test_what_was_captured_is_said_as_the_form_says_it() -> None:
    said = [
        (facts.label, facts.taken.told("en"), [note.told("en") for note in facts.notes])
        for facts in captures(NINE | LOST, ForcedReason.MEDICAL)
    ]
    assert said == [
        ("Portrait", "taken with reservation", ["Medical reason"]),
        ("Fingerprints", "9 / 10", ["left little finger: Finger lost"]),
    ]
    assert captures({})[0].taken.told("vi") == catalog().texts["taken"]
