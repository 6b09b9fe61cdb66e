"""The printer's line on the chip: 115200 baud, 32 bytes of queue, CTS."""

from __future__ import annotations

import pytest

from firmware import wire
from tests.rp2040 import judged
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import BAUD, ReceiptPrinter
from tests.rp2040.station import Station

HEIGHT_PX = 60
BAND_ROWS = wire.CHUNK_MAX // (judged.STRIP_PX // 8) - 1
RESETS_AFTER_MS = range(120, 145, 4)
"""Over the time of a chunk on the line, in steps that miss none of its instants by much."""


def test_a_paper_comes_out_whole(pico: Pico, printer: ReceiptPrinter) -> None:
    judged.prints_a_paper_whole(pico, printer)


def test_the_line_keeps_still_while_the_printer_holds_it(
    pico: Pico, printer: ReceiptPrinter
) -> None:
    judged.keeps_still_while_the_printer_holds_the_line(pico, printer)


def test_the_line_is_as_fast_as_the_printer_expects(pico: Pico) -> None:
    assert abs(pico.state()["uart"]["baud"] / BAUD - 1) < 0.02


@pytest.mark.parametrize("after_ms", RESETS_AFTER_MS)
def test_a_reset_repeats_what_was_on_the_line_and_what_the_station_had_not_heard_of(
    pico: Pico, printer: ReceiptPrinter, after_ms: float
) -> None:
    """Each row comes out, in order; at most two bands of five rows come again."""
    paper = judged.strip(height_px=HEIGHT_PX)
    Station(pico).print(1, paper, meanwhile=(after_ms, pico.reset))
    assert pico.resets == ["run"]
    rows = judged.rows_of(paper)
    (printed,) = printer.papers
    extra = len(printed) - len(rows)
    assert extra <= 2 * BAND_ROWS
    assert any(
        printed[:cut] == rows[:cut] and printed[-(len(rows) - at) :] == rows[at:]
        for cut in range(len(rows))
        for at in range(max(0, cut - 2 * BAND_ROWS), cut + 1)
    )
