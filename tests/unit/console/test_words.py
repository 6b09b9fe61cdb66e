"""What only the booth shows has words; every fault of every device has a remedy."""

from __future__ import annotations

from enum import StrEnum

import pytest

from controller.advice import advice_of, device_advice
from controller.console import words
from controller.devices.ports import Health
from controller.fault import DeviceFault
from controller.views import Message
from controller.wording import rendered
from edge.journal import events as e
from ground.error import InputError
from ground.text import LANGUAGES, text

TABLES: list[tuple[dict[str, str], type[StrEnum]]] = [
    (words.HEALTH, Health),
    (words.KIND_HINTS, e.TicketKind),
    (words.CONTRADICTED_FIELDS, e.Contradiction),
]


@pytest.mark.parametrize(("table", "values"), TABLES)
def test_every_value_has_words(table: dict[str, str], values: type[StrEnum]) -> None:
    assert {value.value for value in values} <= set(table)


@pytest.mark.parametrize("device", e.Device)
@pytest.mark.parametrize("fault", e.FaultCode)
def test_every_fault_says_what_to_do_in_both_languages(
    device: e.Device, fault: e.FaultCode
) -> None:
    advice = device_advice(device, fault)
    assert "{" not in advice
    for language in LANGUAGES:
        said = text(language, advice)
        assert said.count(".") >= 2, "what happened, and what to do"


def test_enum_values_among_the_parameters_are_said_in_words() -> None:
    message = Message("Put the {finger} on the glass.", {"finger": "left_thumb"})
    assert rendered("vi", message) == "Đặt ngón cái trái lên mặt kính."
    assert rendered("en", message) == "Put the left thumb on the glass."


def test_other_values_are_said_as_they_are() -> None:
    message = Message("There is no ticket {number}.", {"number": 12})
    assert rendered("en", message) == "There is no ticket 12."


def test_advice_within_advice_is_translated_too() -> None:
    message = Message("The file cannot be read: {reason}.", {"reason": "The file is empty."})
    assert rendered("vi", message) == "Không đọc được tệp: Tệp rỗng.."


def test_a_device_fault_brings_its_remedy_and_other_errors_their_own_advice() -> None:
    fault = DeviceFault(e.Device.PRINTER, e.FaultCode.PAPER_OUT, "sensor says so")
    assert advice_of(fault).text == device_advice(e.Device.PRINTER, e.FaultCode.PAPER_OUT)
    error = InputError("log only", "There is no ticket {number}.", number=3)
    assert advice_of(error) == Message("There is no ticket {number}.", {"number": 3})
