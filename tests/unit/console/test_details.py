"""What devices tell of themselves reaches a Vietnamese reader in Vietnamese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from controller.console.details import FORMS, said
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode
from ground.text.words import FAULTS

DEVICES = Path(__file__).parents[3] / "controller/devices"


@pytest.mark.parametrize(
    ("told", "vietnamese", "english"),
    [
        ("deadline passed", "quá thời hạn", "deadline passed"),
        ("paper_out", "hết giấy", "out of paper"),
        (
            str(DeviceFault(Device.FINGERPRINT, FaultCode.NO_ANSWER, "deadline passed")),
            "không trả lời (quá thời hạn)",
            "no answer (deadline passed)",
        ),
        (str(DeviceFault(Device.PRINTER, FaultCode.PAPER_OUT)), "hết giấy", "out of paper"),
        ("no answer to info in 2 s", "không trả lời info trong 2 giây", "no answer to info in 2 s"),
        (
            "at no rate; no answer to info in 2 s",
            "không ở tốc độ nào; không trả lời info trong 2 giây",
            "at no rate; no answer to info in 2 s",
        ),
        (
            "firmware 1a2b3c4d, boot 0badcafe, last reset: power on",
            "phần mềm 1a2b3c4d, lần khởi động 0badcafe, lý do khởi động lại: power on",
            "firmware 1a2b3c4d, boot 0badcafe, last reset: power on",
        ),
        ("/dev/ttyS0 at 9600 baud", "/dev/ttyS0, 9600 baud", "/dev/ttyS0 at 9600 baud"),
        ("R503 4.11", "R503 4.11", "R503 4.11"),
        ("unknown: paper_out", "unknown: paper_out", "unknown: paper_out"),
    ],
)
def test_a_detail_is_said_in_both_languages(told: str, vietnamese: str, english: str) -> None:
    assert said("vi", told) == vietnamese
    assert said("en", told) == english


@pytest.mark.parametrize("fault", FaultCode)
def test_no_fault_is_shown_by_its_value(fault: FaultCode) -> None:
    assert said("vi", fault.value) != said("en", fault.value) == FAULTS[fault.value]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_one_that_a_device_tells(form: str) -> None:
    """Else nobody would notice that an adapter words it otherwise now."""
    written = "".join(file.read_text() for file in DEVICES.rglob("*.py"))
    pieces = [re.escape(piece) for piece in re.split(r"\{\w+\}", form)]
    assert re.search(r"\{[^}]+\}".join(pieces), written), form
