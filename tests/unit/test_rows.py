"""Rows of spreadsheets: in, in whatever dialect one was saved; out, so that Excel reads them and
runs none."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.rows import (
    BOM,
    CELL_LINES,
    NOT_AS_MANY,
    QUOTES,
    Problem,
    RowErrors,
    Sheet,
    decoded,
    lines_of,
    plain,
    written,
)

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


CALLED = {"one": ("cột một",), "two": ("cột hai",), "three": ()}
cells = st.text(
    st.sampled_from('aĐ ộ,;"') | st.characters(exclude_categories=["Cs", "Cc"]), max_size=8
)
broken = st.lists(
    st.text(
        st.sampled_from('aĐ "') | st.characters(exclude_categories=["Cs", "Cc", "P"]), max_size=8
    ),
    min_size=1,
    max_size=3,
).map("\n".join)
"""Of several lines."""


@given(
    rows=st.lists(st.tuples(broken, cells, broken), max_size=6),
    delimiter=st.sampled_from(",;\t"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_any_spreadsheet_saves_is_read_with_the_lines_where_rows_begin(
    rows: list[tuple[str, str, str]], delimiter: str, end: str, encoding: str
) -> None:
    page, begins = io.StringIO(), []
    writer = csv.writer(page, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["Cột một", "remarks", "COT_HAI", "three"])
    for one, two, three in rows:
        begins.append(page.getvalue().count("\n") + 1)
        writer.writerow([one, "x", two, three])
    content = page.getvalue().replace("\n", end).encode(encoding)
    whole = [dict(zip(CALLED, row, strict=True)) for row in rows]
    for sheet in (Sheet(lines_of(content), CALLED), Sheet.of(decoded(content), CALLED)):
        assert sheet.header.titles == {"one": "Cột một", "two": "COT_HAI", "three": "three"}
        assert sheet.header.ignored == ("remarks",)
        assert list(sheet) == list(zip(begins, whole, strict=True))


def read(text: str, *, short: bool = False) -> list[object]:
    """Lines and rows after the titles one, two and three; a row as its cells."""
    sheet = Sheet.of(f"one,two,three\n{text}", CALLED, short=short)
    return [(n, row if isinstance(row, str) else list(row.values())) for n, row in sheet]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a,"b,c\nd,e,f\n', [(2, QUOTES), (3, ["d", "e", "f"])]),
        ('a,"b,c\nd,e",f\ng,h,i\n', [(2, QUOTES), (3, ["d", 'e"', "f"]), (4, ["g", "h", "i"])]),
        ('a,"b\nc",e\n', [(2, ["a", "b\nc", "e"])]),
        ('a,"b\nc,d",e\n', [(2, QUOTES), (3, ["c", 'd"', "e"])]),  # one row, or two with a stray
        ('"a\nb",c,d\n', [(2, ["a\nb", "c", "d"])]),
        ('"a,b,c\nd",e,f\n', [(2, QUOTES), (3, ['d"', "e", "f"])]),
        ('a,"' + "\n" * (CELL_LINES - 1) + '",c\n', [(2, ["a", "\n" * (CELL_LINES - 1), "c"])]),
        ('a,"' + "\n" * CELL_LINES + '",c\n', [(2, QUOTES), (CELL_LINES + 2, QUOTES)]),
        ('a,"b\nc"d,e\n', [(2, QUOTES), (3, NOT_AS_MANY)]),
        ('a,"b', [(2, QUOTES)]),
        (",,\n\n , ,\na,b\n", [(5, NOT_AS_MANY)]),
    ],
)
def test_a_stray_quotation_mark_spoils_its_own_line(text: str, expected: list[object]) -> None:
    assert read(text) == expected


def test_cells_that_a_row_lacks_at_its_end_are_empty_where_that_is_allowed() -> None:
    assert read("a\nb,c\n,\n", short=True) == [(2, ["a", "", ""]), (3, ["b", "c", ""])]


def test_many_open_quotation_marks_take_no_longer_than_their_lines() -> None:
    """Each is looked after over some lines, none over the rest of the file."""
    found = read('a,"b,c\n' * 50_000)
    assert len(found) == 50_000


@pytest.mark.parametrize("title", ["x" * 101, "\0", "\udcff", "one\n"])
def test_what_is_no_row_of_titles_is_told_so(title: str) -> None:
    sheet = Sheet(iter([f'two,"{title}', "a,b"]), CALLED)
    assert not sheet.header.readable
    assert [problem.said().told("en") for problem in sheet.header.problems(["one"])] == [
        "line 1: The first row cannot be read. Save the file as CSV UTF-8."
    ]


def test_a_mark_within_the_text_is_no_title() -> None:
    assert Sheet.of(f"{BOM}one,two,three\n", CALLED).header.missing == ()
