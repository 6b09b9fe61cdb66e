"""What a good chip does on the printer's line, as checks: tests run them, on seeded bugs too."""

from __future__ import annotations

import numpy as np

from controller.papers.bitmap import Bitmap
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import ReceiptPrinter
from tests.rp2040.station import Station

STRIP_PX = 384
PRINTED_WITHIN_MS = 5000.0
HOLD_AFTER_MS, HOLD_MS = 100.0, 60.0
BYTE_MS = 0.1
"""What is on the line when CTS goes off is sent to its end."""


def strip(seed: int = 1, height_px: int = 24) -> Bitmap:
    """A short paper on which every row is unlike all others."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 256, (height_px, STRIP_PX // 8), dtype=np.uint8)
    return Bitmap(STRIP_PX, height_px, rows.tobytes())


def rows_of(paper: Bitmap) -> list[bytes]:
    stride = paper.width_px // 8
    return [paper.rows[at : at + stride] for at in range(0, len(paper.rows), stride)]


def prints_a_paper_whole(pico: Pico, printer: ReceiptPrinter) -> None:
    """Every row once and in its order, nothing that is no command, and the paper cut off."""
    paper = strip()
    Station(pico).print(1, paper, within_ms=PRINTED_WITHIN_MS)
    assert printer.papers[-1] == rows_of(paper)
    assert printer.unknown == 0


def keeps_still_while_the_printer_holds_the_line(pico: Pico, printer: ReceiptPrinter) -> None:
    """CTS goes off in the middle of a paper: no byte more is sent, and none is lost after."""
    held = pico.now_ms + HOLD_AFTER_MS
    pico.cts(True, after_ms=HOLD_AFTER_MS)
    pico.cts(False, after_ms=HOLD_AFTER_MS + HOLD_MS)
    prints_a_paper_whole(pico, printer)
    sent = [event for event in pico.events if "uart" in event and event["t"] > held - 20]
    assert any(event["t"] <= held + 1 for event in sent), "the paper was not under way"
    within = [e for e in sent if held + BYTE_MS < e["from"] < held + HOLD_MS]
    assert not within, f"sent while held: {within}"
