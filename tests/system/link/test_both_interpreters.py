"""The contract of the link gives the same bytes and the same verdicts on both interpreters."""

from __future__ import annotations

import binascii
import json
import random
from pathlib import Path
from typing import Any

import pytest

from firmware import wire
from tests.system.link.interpreters import HERE, INTERPRETERS, judge

VECTORS: dict[str, list[Any]] = json.loads((HERE / "vectors.json").read_text())
DAMAGE = [b",", b"]", b'"', b"0", b"\\", b"-"]


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
    accepted = [
        why
        for (_, why), verdict in zip(VECTORS[kind], verdicts, strict=True)
        if verdict != "ValueError"
    ]
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


def test_both_interpreters_hold_the_same_contract(tmp_path: Path) -> None:
    hashes = {judge(name, [], tmp_path)[0] for name in INTERPRETERS}
    assert hashes == {wire.contract_hash()}
