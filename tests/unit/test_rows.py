"""Rows out of our programs: whatever a person is called, it is no formula, and Excel reads it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.rows import Problem, RowErrors, plain, written

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def read_back(rows: list[list[object]]) -> list[list[str]]:
    file = "".join(written(["a", "b"], rows))
    assert file.encode()[:3] == b"\xef\xbb\xbf"
    header, *found = csv.reader(io.StringIO(file[1:], newline=""))
    assert header == ["a", "b"]
    return found


@given(st.lists(st.lists(words, min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read_back_and_begins_no_formula(rows: list[list[object]]) -> None:
    found = read_back(rows)
    assert [[cell.removeprefix("'") for cell in row] for row in found] == [
        [str(cell).removeprefix("'") for cell in row] for row in rows
    ]
    assert not any(
        cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in found for cell in row
    )


@pytest.mark.parametrize("formula", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_a_text_and_a_number_a_number(formula: str) -> None:
    assert plain(formula) == f"'{formula}"
    assert plain(-5) == -5


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(written(["a"], ([("x" * 1000)] for _ in range(200))))
    assert len(pieces) > 2
    assert "".join(pieces).count("\n") == 201


def test_every_bad_row_is_told_in_the_reader_s_language() -> None:
    errors = RowErrors("some file", [Problem(2, "name", "Empty."), Problem(4, "", "Empty.")])
    assert errors.told("en").splitlines() == [
        "line 2, name: Empty.",
        "line 4: Empty.",
        "Nothing was imported. Correct these rows and import the file again.",
    ]
    assert errors.told("vi").splitlines()[:2] == ["dòng 2, name: Để trống.", "dòng 4: Để trống."]
