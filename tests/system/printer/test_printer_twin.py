"""The printer twin behaves as the printer it stands for."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import serial

from controller.papers.bitmap import Bitmap
from controller.papers.escpos import FEED_AND_CUT, commands
from firmware.wire import CHUNK_MAX
from tests.patience import CEILING_S

if TYPE_CHECKING:
    from tests.system.printer.conftest import Bench

PAPER = Bitmap(384, 400, bytes(range(1, 49)) * 400)
CHUNKS = commands(PAPER, 150)
SLIP = b"".join(CHUNKS)


def ask(bench: Bench, request: bytes) -> int:
    """Send a status request, give the one byte answered."""
    bench.line.reset_input_buffer()
    bench.line.write(request)
    answer: bytes = bench.line.read(1)
    assert answer, f"no answer to {request.hex(' ')}"
    return answer[0]


def test_paper_out_in_mid_slip_stops_it_and_new_paper_finishes_the_one_slip(
    start: Callable[..., Bench],
) -> None:
    printer = start(0.5, "--buffer-bytes", "32768")
    printer.line.write(SLIP)
    printer.hand.do("wait", rows=100)
    stopped = printer.hand.do("paper", state="out")
    assert stopped["offline"]
    assert 100 <= stopped["uncut_rows"] < 400
    assert ask(printer, b"\x10\x04\x04") == 0x7E
    assert ask(printer, b"\x10\x04\x01") == 0x1A
    assert printer.hand.do("state")["uncut_rows"] - stopped["uncut_rows"] <= 1
    printer.hand.do("paper", state="in")
    assert printer.hand.do("wait", slips=1)["slips"] == 1
    assert printer.slip() == PAPER
    assert ask(printer, b"\x10\x04\x04") == 0x12


def test_a_printer_put_back_goes_on_numbering_its_slips(start: Callable[..., Bench]) -> None:
    first = start()
    first.line.write(SLIP)
    first.hand.do("wait", slips=1)
    printed = (first.out / "slip-0001.png").read_bytes()
    put_back = start(1000.0, "--out", str(first.out))
    put_back.line.write(SLIP)
    put_back.hand.do("wait", slips=2)
    assert {path.name for path in first.out.iterdir()} == {"slip-0001.png", "slip-0002.png"}
    assert (first.out / "slip-0001.png").read_bytes() == printed


def test_open_cover_is_told_as_the_cause_of_being_off_line(printer: Bench) -> None:
    printer.hand.do("cover", state="open")
    assert ask(printer, b"\x10\x04\x02") == 0x16
    printer.hand.do("cover", state="closed")
    assert ask(printer, b"\x10\x04\x02") == 0x12


def test_status_in_order_is_answered_only_when_all_before_it_is_printed(printer: Bench) -> None:
    printer.hand.do("paper", state="out")
    some = b"".join(CHUNKS[:15]) + b"\x1dr\x01"
    printer.line.write(some)
    printer.hand.do("wait", received=len(some))
    assert ask(printer, b"\x10\x04\x01") == 0x1A  # alive, and no answer to GS r came before this
    printer.line.timeout = 0
    assert printer.line.read(1) == b""
    printer.line.timeout = 5
    printer.hand.do("paper", state="in")
    assert printer.line.read(1) == b"\x00"
    assert printer.hand.do("state")["buffered"] == 0


def test_unknown_bytes_are_counted_and_nul_is_ignored(printer: Bench) -> None:
    printer.line.write(b"\x00\x00Hi\x1bZ\x00\x1b\x1b@" + SLIP)
    assert printer.hand.do("wait", slips=1)["unknown"] == 5
    assert printer.slip() == PAPER


def test_a_command_torn_off_anywhere_and_filled_with_nul_leaves_it_printing(
    printer: Bench,
) -> None:
    """What a reset of the Pico leaves behind: the worst place is after the first bytes of a raster,
    where the NULs become its width and height."""
    for whole in commands(Bitmap(384, 30, PAPER.rows[: 30 * 48]), CHUNK_MAX):
        for torn in range(len(whole)):
            printer.line.write(whole[:torn] + bytes(CHUNK_MAX) + b"\x1dr\x01")
            assert printer.line.read(1) == b"\x00", f"torn off after {whole[:torn].hex(' ')}"
    printer.line.write(FEED_AND_CUT + SLIP + b"\x1dr\x01")
    assert printer.line.read(1) == b"\x00"
    assert printer.slip() == PAPER


def test_a_full_buffer_pushes_back_to_the_sender(start: Callable[..., Bench]) -> None:
    printer = start(1000.0, "--buffer-bytes", "512")
    printer.hand.do("cover", state="open")
    os.set_blocking(printer.line.fileno(), False)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        while sent < 1_000_000:
            sent += os.write(printer.line.fileno(), bytes(64))
    assert sent < 1_000_000
    assert printer.hand.do("wait", received=512)["received"] == 512


def test_a_power_cycle_loses_the_buffer_but_not_the_paper(start: Callable[..., Bench]) -> None:
    printer = start(10.0)
    printer.line.write(SLIP)
    printer.hand.do("wait", rows=50)
    printer.hand.do("cover", state="open")
    printer.hand.do("wait", received=len(SLIP) if len(SLIP) < 4096 else 4096)
    state = printer.hand.do("power_cycle")
    assert state["buffered"] == 0
    assert state["uncut_rows"] >= 50


def test_a_silent_printer_still_prints(printer: Bench) -> None:
    printer.hand.do("fault", kind="silence")
    printer.line.write(b"\x10\x04\x01" + SLIP + b"\x1dr\x01")
    printer.hand.do("wait", slips=1, buffered=0)
    printer.line.timeout = 0
    assert printer.line.read(1) == b""
    printer.hand.do("heal")
    printer.line.timeout = 5
    assert ask(printer, b"\x10\x04\x01") == 0x12


def test_a_corrupt_answer_has_the_wrong_fixed_bits_and_ends_after_its_count(
    printer: Bench,
) -> None:
    printer.hand.do("fault", kind="corrupt", count=1)
    assert ask(printer, b"\x10\x04\x01") & 0x93 != 0x12
    assert ask(printer, b"\x10\x04\x01") == 0x12


def test_a_hung_printer_goes_on_when_healed(printer: Bench) -> None:
    printer.hand.do("fault", kind="hang")
    printer.line.write(SLIP[:500])
    assert printer.hand.do("state")["rows"] == 0
    printer.hand.do("heal")
    printer.line.write(SLIP[500:])
    printer.hand.do("wait", slips=1)
    assert printer.slip() == PAPER


def test_unplugging_hangs_the_sender_up_and_replugging_gives_the_same_path(
    printer: Bench,
) -> None:
    printer.hand.do("fault", kind="disconnect")
    assert not printer.port.exists()
    with pytest.raises(OSError, match="Input/output error"):
        os.write(printer.line.fileno(), SLIP)
    printer.hand.do("heal")
    with serial.Serial(str(printer.port), timeout=CEILING_S) as again:
        again.write(SLIP + b"\x1dr\x01")
        assert again.read(1) == b"\x00"
    assert printer.slip() == PAPER


def seconds_until_printed(printer: Bench, data: bytes) -> float:
    began = time.monotonic()
    printer.line.write(data + b"\x1dr\x01")
    assert printer.line.read(1) == b"\x00"
    return time.monotonic() - began


def test_paper_moves_at_the_real_pace(start: Callable[..., Bench]) -> None:
    rows = 16 * 255
    took = seconds_until_printed(start(10.0), b"\x1bJ\xff" * 16)
    assert took >= 0.95 * rows / (80 * 8) / 10


def test_bytes_come_in_at_the_real_pace(start: Callable[..., Bench]) -> None:
    took = seconds_until_printed(start(10.0), bytes(20_000))
    assert took >= 0.95 * 20_000 * 10 / 115_200 / 10


def test_a_slow_printer_takes_ten_times_as_long(start: Callable[..., Bench]) -> None:
    printer = start(10.0)
    printer.hand.do("fault", kind="slow")
    assert seconds_until_printed(printer, b"\x1bJ\xff" * 2) >= 0.95 * 510 / (80 * 8)


def test_strange_requests_of_the_side_channel_are_refused(printer: Bench) -> None:
    with pytest.raises(ValueError, match="unknown request"):
        printer.hand.do("paper", state="upside down")
    with pytest.raises(ValueError, match="no such figures"):
        printer.hand.do("wait", sips=1)
    with pytest.raises(ValueError, match="waited in vain"):
        printer.hand.do("wait", slips=1, timeout_s=0.01)
    with pytest.raises(ValueError, match="no slip"):
        printer.hand.do("tear")


def test_it_ends_cleanly_and_takes_its_port_along(printer: Bench) -> None:
    printer.process.terminate()
    assert printer.process.wait(CEILING_S) == 0
    assert not printer.port.is_symlink()


def test_when_it_fails_it_takes_its_port_along(printer: Bench) -> None:
    shutil.rmtree(printer.out)
    printer.line.write(SLIP)
    assert printer.process.wait(CEILING_S) != 0
    assert not printer.port.is_symlink()
