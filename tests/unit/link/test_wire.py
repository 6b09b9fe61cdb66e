"""The contract of the link: what is encoded is decoded again, and damage is noticed."""

from __future__ import annotations

import binascii
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import wire

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'))
INTEGER = st.integers(-wire.INT_MAX, wire.INT_MAX)
MESSAGE = st.tuples(
    st.integers(0, wire.INT_MAX),
    PLAIN.filter(lambda op: len(op) < 20),
    st.lists(INTEGER | PLAIN, max_size=4),
).map(lambda parts: [parts[0], parts[1], *parts[2]])


@given(MESSAGE)
def test_what_is_encoded_is_decoded_again(message: list[int | str]) -> None:
    try:
        line = wire.encode(message)
    except ValueError:
        assert len(json.dumps(message, separators=(",", ":"))) + 10 > wire.LINE_MAX
        return
    assert wire.decode(line) == message
    assert wire.decode(line.rstrip(b"\n") + b"\r\n") == message
    assert len(line) <= wire.LINE_MAX
    assert b"\x03" not in line
    assert line.count(b"\n") == 1


@given(st.binary(max_size=300))
def test_no_line_raises_anything_but_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (any rule may be the broken one)
        wire.decode(line)


@given(MESSAGE.filter(lambda m: len(str(m)) < 150), st.data())
def test_a_flipped_bit_is_always_noticed(message: list[int | str], data: st.DataObject) -> None:
    line = bytearray(wire.encode(message).rstrip(b"\n"))
    place = data.draw(st.integers(0, len(line) - 1))
    line[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ValueError):  # noqa: PT011
        wire.decode(bytes(line))


@given(st.lists(st.binary(max_size=400)), st.data())
def test_lines_do_not_depend_on_how_the_bytes_arrive(
    pieces: list[bytes], data: st.DataObject
) -> None:
    stream = b"\n".join(pieces)
    whole = wire.Lines().feed(stream)
    chunked, at = wire.Lines(), 0
    lines = []
    while at < len(stream):
        size = data.draw(st.integers(1, 64))
        lines += chunked.feed(stream[at : at + size])
        at += size
    assert lines == whole


@given(st.integers(wire.LINE_MAX, 5_000))
def test_an_oversize_line_is_dropped_whole_and_the_next_one_read(size: int) -> None:
    lines = wire.Lines()
    assert lines.feed(b"x" * size + b"\n" + wire.encode([1, "nop"])) == [
        wire.encode([1, "nop"]).rstrip(b"\n")
    ]


def test_the_longest_line_fits_and_one_byte_more_does_not() -> None:
    room = wire.LINE_MAX - len(wire.encode([1, "echo", ""]))
    line = wire.encode([1, "echo", "x" * room])
    assert len(line) == wire.LINE_MAX
    assert wire.Lines().feed(line) == [line.rstrip(b"\n")]
    with pytest.raises(ValueError, match="too long"):
        wire.encode([1, "echo", "x" * (room + 1)])


def test_a_print_chunk_of_the_largest_size_fits_the_longest_numbers() -> None:
    text = binascii.b2a_base64(b"\xff" * wire.CHUNK_MAX, newline=False).decode()
    wire.encode([wire.INT_MAX, "print", 99_999_999, 9_999, text])
