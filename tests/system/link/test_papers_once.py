"""A station that is gone at any instant of a paper costs no second copy of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.system.link.interpreters import FIRMWARE, HERE, run

A, B = "a0..a1..a2..a3!.", "b0..b1!."
WHOLE_AT = len("a0..")
"""From here on the Pico has every chunk of A: one is on the line, two wait behind it."""


def papers(tail: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What came out for each byte at which the first station was gone."""
    monkeypatch.chdir(folder)
    return run("micropython", HERE / "cutting.py", str(FIRMWARE), tail)


def test_a_paper_is_torn_only_where_chunks_of_it_were_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sent, seen in enumerate(papers("nothing", tmp_path, monkeypatch), start=1):
        if sent < WHOLE_AT:
            torso, _, rest = seen.partition("/")
            assert A.startswith(torso), (sent, seen)
            assert rest == B + A, (sent, seen)
        else:
            assert seen == A + B, (sent, seen)


def test_a_station_that_first_asks_what_is_half_way_tears_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sent, seen in enumerate(papers("politely", tmp_path, monkeypatch), start=1):
        assert seen == A + B, (sent, seen)


def test_a_printer_silent_in_between_prints_no_paper_twice_that_it_had_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sent, seen in enumerate(papers("silence", tmp_path, monkeypatch), start=1):
        if sent < WHOLE_AT:
            torso, cut, rest = seen.partition("0/")
            assert cut, (sent, seen)
            assert A.startswith(torso), (sent, seen)
            assert rest == B + A, (sent, seen)
        else:
            assert seen == A + B, (sent, seen)
