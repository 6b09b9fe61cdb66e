"""The twin's reader of ESC/POS, byte by byte."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.twins.printer_escpos import Cut, Feed, Initialise, Parser, Raster, RealTime, TransmitStatus

STREAM = b"\x1b@\x1dv0\x00\x02\x00\x03\x00abcdef\x10\x04\x01\x1bJ\x09\x1dr\x01\x1dVB\x00\x1dV\x00"
COMMANDS = [
    Initialise(),
    Raster(2, b"abcdef"),
    Feed(9),
    TransmitStatus(1),
    Cut(True),
    Cut(False),
]


def parsed(pieces: list[bytes]) -> tuple[list[object], int]:
    parser = Parser()
    commands: list[object] = []
    for piece in pieces:
        buffer = bytearray(piece)
        while command := parser.take(buffer):
            commands.append(command)
        assert not buffer
    return commands, parser.unknown


@given(st.lists(st.integers(0, len(STREAM)), max_size=8).map(sorted))
def test_commands_are_the_same_however_the_bytes_arrive(cuts: list[int]) -> None:
    edges = [0, *cuts, len(STREAM)]
    pieces = [STREAM[a:b] for a, b in pairwise(edges)]
    assert parsed(pieces) == (COMMANDS, 0)


def test_a_feed_of_lines_is_one_of_rows() -> None:
    assert parsed([b"\x1bd\x05"]) == ([Feed(5 * 34)], 0)


@given(st.binary(max_size=200))
def test_garbage_never_breaks_the_reader(garbage: bytes) -> None:
    parsed([garbage])


@given(
    st.binary(max_size=30).map(lambda text: bytes(b for b in text if b not in b"\x00\x10\x1b\x1d"))
)
def test_every_byte_outside_a_command_is_counted(text: bytes) -> None:
    assert parsed([text + STREAM]) == (COMMANDS, len(text))


@pytest.mark.parametrize("size", [b"\0\0\0\0", b"\0\0\x02\0", b"\x30\0\0\0"])
def test_a_raster_without_width_or_height_is_none(size: bytes) -> None:
    assert parsed([b"\x1dv0\0" + size + STREAM]) == (COMMANDS, 0)


@given(st.integers(0, len(STREAM)))
def test_real_time_requests_are_seen_across_pieces(cut: int) -> None:
    real_time = RealTime()
    assert real_time.feed(STREAM[:cut]) + real_time.feed(STREAM[cut:]) == [1]
