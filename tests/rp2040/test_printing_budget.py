"""A paper is printed hardly slower than its line can carry it."""

from __future__ import annotations

import pytest

from controller.papers import escpos
from controller.papers.bitmap import Bitmap
from firmware import wire
from tests.rp2040.papers import PAPERS
from tests.rp2040.pico import Pico
from tests.rp2040.receipt_printer import wire_ms
from tests.rp2040.station import Station

RATIO = 1.15


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_paper_takes_at_most_15_percent_longer_than_its_line_needs(
    pico: Pico, paper: Bitmap
) -> None:
    took_ms = Station(pico).print(1, paper)
    needed_ms = wire_ms(b"".join(escpos.commands(paper, wire.CHUNK_MAX)))
    assert took_ms <= RATIO * needed_ms, f"{took_ms:.0f} ms where the line needs {needed_ms:.0f}"
