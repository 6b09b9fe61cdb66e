"""A bug in the chip is found: the checks of test_uart.py fail on an emulator that has one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hw.twins.rp2040.chip import Bug, ChipFailed, Options
from tests.rp2040 import judged
from tests.rp2040.conftest import Fresh, with_printer
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import ReceiptPrinter

Check = Callable[[Pico, ReceiptPrinter], None]


@pytest.mark.parametrize(
    ("bug", "check"),
    [
        ("uart-interrupt-dropped", judged.prints_a_paper_whole),
        ("cts-ignored", judged.keeps_still_while_the_printer_holds_the_line),
    ],
)
def test_a_bug_in_the_chip_is_found(fresh: Fresh, bug: Bug, check: Check) -> None:
    pico = with_printer(fresh(options=Options(bug=bug)))
    assert isinstance(pico.peer, ReceiptPrinter)
    with pytest.raises((AssertionError, ChipFailed, TimeoutError)):
        check(pico, pico.peer)


def test_a_bug_that_does_not_exist_is_refused(fresh: Fresh) -> None:
    with pytest.raises(ChipFailed, match="no such bug"):
        fresh(options=Options(bug="imagined"))  # type: ignore[arg-type]
