"""The printer's line on the chip: 115200 baud, 32 bytes of queue, CTS."""

from __future__ import annotations

from tests.rp2040 import judged
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import BAUD, ReceiptPrinter


def test_a_paper_comes_out_whole(pico: Pico, printer: ReceiptPrinter) -> None:
    judged.prints_a_paper_whole(pico, printer)


def test_the_line_keeps_still_while_the_printer_holds_it(
    pico: Pico, printer: ReceiptPrinter
) -> None:
    judged.keeps_still_while_the_printer_holds_the_line(pico, printer)


def test_the_line_is_as_fast_as_the_printer_expects(pico: Pico) -> None:
    assert abs(pico.state()["uart"]["baud"] / BAUD - 1) < 0.02
