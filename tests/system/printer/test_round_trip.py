"""What ``controller.papers.escpos`` sends, the printer prints dot for dot."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.papers.bitmap import Bitmap
from controller.papers.escpos import commands, digest
from controller.papers.trial import trial_page

if TYPE_CHECKING:
    from tests.system.printer.conftest import Bench


@st.composite
def bitmaps(draw: st.DrawFn) -> Bitmap:
    """Papers of white runs, black runs and noise, up to the head's width."""
    stride = draw(st.integers(1, 48))
    row = st.one_of(
        st.just(bytes(stride)),
        st.just(b"\xff" * stride),
        st.binary(min_size=stride, max_size=stride),
        st.integers(0, stride).map(lambda ink: b"\x81" * ink + bytes(stride - ink)),
    )
    runs = draw(st.lists(st.tuples(row, st.integers(1, 300)), min_size=1, max_size=8))
    rows = [row for row, count in runs for _ in range(count)]
    return Bitmap(stride * 8, len(rows), b"".join(rows))


def on_paper(paper: Bitmap, width_px: int = 384) -> Bitmap:
    """The paper at the head's full width."""
    stride = paper.width_px // 8
    rows = (paper.rows[at : at + stride] for at in range(0, len(paper.rows), stride))
    wide = b"".join(row.ljust(width_px // 8, b"\0") for row in rows)
    return Bitmap(width_px, paper.height_px, wide)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(paper=bitmaps(), max_bytes=st.integers(56, 200))
def test_every_bitmap_comes_out_dot_for_dot(printer: Bench, paper: Bitmap, max_bytes: int) -> None:
    chunks = commands(paper, max_bytes)
    assert all(len(chunk) <= max_bytes for chunk in chunks)
    before = printer.hand.do("state")["slips"]
    printer.line.write(b"".join(chunks))
    state = printer.hand.do("wait", slips=before + 1)
    assert printer.slip() == on_paper(paper)
    assert state["unknown"] == 0


def test_a_real_slip_comes_out_of_the_printer(printer: Bench) -> None:
    slip = trial_page(datetime(2026, 11, 22, 7, 5), "Trạm TH0417")
    printer.line.write(b"".join(commands(slip, 150)))
    printer.hand.do("wait", slips=1)
    assert printer.slip() == slip


def test_same_paper_same_commands_and_another_paper_another_digest() -> None:
    paper = Bitmap(384, 2, b"\x01" * 96)
    other = Bitmap(384, 2, b"\x01" * 95 + b"\x02")
    assert commands(paper, 150) == commands(paper, 150)
    assert digest(commands(paper, 150)) != digest(commands(other, 150))


def test_a_row_that_does_not_fit_a_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        commands(Bitmap(384, 1, bytes(48)), 55)


def test_white_paper_costs_feeds_not_raster() -> None:
    paper = Bitmap(384, 1000, bytes(48_000))
    assert sum(map(len, commands(paper, 150))) < 30
