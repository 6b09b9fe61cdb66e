"""The contract of the link gives the same bytes and the same verdicts on both interpreters."""

from __future__ import annotations

import binascii
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import wire
from tests.system.link.interpreters import HERE, INTERPRETERS, judge

VECTORS: dict[str, list[Any]] = json.loads((HERE / "vectors.json").read_text())
PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'))
DAMAGE = [b",", b"]", b'"', b"0", b"\\", b"-"]
INTEGER = st.integers(-wire.INT_MAX, wire.INT_MAX)
MESSAGE = st.tuples(
    st.integers(0, wire.INT_MAX),
    PLAIN.filter(lambda op: len(op) < 20),
    st.lists(INTEGER | PLAIN, max_size=4),
).map(lambda parts: [parts[0], parts[1], *parts[2]])


def line_of(body: bytes) -> bytes:
    return body + b" %08x" % binascii.crc32(body)


def text_of(line: bytes) -> str:
    return line.decode("latin-1")


@pytest.mark.parametrize("interpreter", INTERPRETERS)
def test_good_frames_are_the_same_bytes_everywhere(interpreter: str, tmp_path: Path) -> None:
    messages = [message for message, _ in VECTORS["frames"]]
    lines = judge(interpreter, messages, tmp_path)[1:]
    wanted = [
        given_line or text_of(line_of(json.dumps(message, separators=(",", ":")).encode()))
        for message, given_line in VECTORS["frames"]
    ]
    assert lines == wanted
    assert [json.loads(m) for m in judge(interpreter, lines, tmp_path)[1:]] == messages


@pytest.mark.parametrize("interpreter", INTERPRETERS)
@pytest.mark.parametrize("kind", ["bad_messages", "bad_lines", "bad_bodies"])
def test_bad_ones_are_refused_everywhere(interpreter: str, kind: str, tmp_path: Path) -> None:
    values = [value for value, _ in VECTORS[kind]]
    if kind == "bad_bodies":
        values = [text_of(line_of(body.encode("latin-1"))) for body in values]
    verdicts = judge(interpreter, values, tmp_path)[1:]
    accepted = [why for (_, why), verdict in zip(VECTORS[kind], verdicts, strict=True)
                if verdict != "ValueError"]  # fmt: skip
    assert accepted == []


def test_the_interpreters_agree_on_ten_thousand_damaged_lines(tmp_path: Path) -> None:
    """Damage within the CRC, so that the decision falls in the JSON and the rules behind it."""
    rng = random.Random(20260101)
    seeds = [message for message, _ in VECTORS["frames"]]
    lines = []
    for _ in range(10_000):
        body = bytearray(json.dumps(rng.choice(seeds), separators=(",", ":")).encode())
        for _ in range(rng.randrange(3)):
            place = rng.randrange(len(body))
            body[place : place + rng.randrange(2)] = rng.choice(DAMAGE)
        lines.append(text_of(line_of(bytes(body))))
    verdicts = {name: judge(name, lines, tmp_path) for name in INTERPRETERS}
    assert verdicts["cpython"] == verdicts["micropython"]
    refused = verdicts["cpython"].count("ValueError")
    assert 1_000 < refused < 9_000  # both verdicts were really put to the test


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


def test_both_interpreters_hold_the_same_contract(tmp_path: Path) -> None:
    hashes = {judge(name, [], tmp_path)[0] for name in INTERPRETERS}
    assert hashes == {wire.contract_hash()}
