"""The schedule of groups: every good line is imported, any bad one stops all of them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import InputError
from controller.station.queueing import parse_groups
from edge.journal import events as e

HEADER = "group,name,day,time,people\n"
GOOD = "G1,Trường THPT Bỉm Sơn,2026-11-23,08:30,40\n"


def bad_lines(text: str) -> str:
    with pytest.raises(InputError) as refused:
        parse_groups(text)
    return str(refused.value.params["lines"])


def test_a_schedule_becomes_events_and_names() -> None:
    groups, names = parse_groups(HEADER + GOOD + "G22,Ngân hàng,2026-11-24,14:00,9\n")
    assert groups == [
        e.GroupScheduled("G1", 20261123, 510, 40),
        e.GroupScheduled("G22", 20261124, 840, 9),
    ]
    assert names == {"G1": "Trường THPT Bỉm Sơn", "G22": "Ngân hàng"}


def test_a_file_of_a_spreadsheet_with_a_byte_order_mark_is_read() -> None:
    assert len(parse_groups("\ufeff" + (HEADER + GOOD).replace("\n", "\r\n"))[0]) == 1


@pytest.mark.parametrize("text", ["", "group,name\n", "a,b,c\n1,2,3\n", "\x00"])
def test_a_wrong_header_is_told(text: str) -> None:
    with pytest.raises(InputError):
        parse_groups(text)


@pytest.mark.parametrize(
    "line",
    [
        "X1,a,2026-11-23,08:30,40",
        "G,a,2026-11-23,08:30,40",
        "G12345,a,2026-11-23,08:30,40",
        "G1,a,2026-02-30,08:30,40",
        "G1,a,23/11/2026,08:30,40",
        "G1,a,2026-11-23,25:00,40",
        "G1,a,2026-11-23,08:30,0",
        "G1,a,2026-11-23,08:30,many",
        "G1,a,2026-11-23,08:30",
    ],
)
def test_a_bad_line_is_named_and_nothing_imported(line: str) -> None:
    assert bad_lines(HEADER + "G7,b,2026-11-23,08:30,40\n" + line + "\n") == "3"


def test_a_group_that_comes_twice_is_a_bad_line() -> None:
    assert bad_lines(HEADER + GOOD + GOOD) == "3"


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["G1", "G٣", "2026-11-23", "1999-01-01", "2100-01-01", "08:30", "40", "４０"]),
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=6).map(",".join), max_size=4))
def test_whatever_is_accepted_the_journal_takes(lines: list[str]) -> None:
    try:
        groups, _ = parse_groups(HEADER + "\n".join(lines))
    except InputError:
        return
    for group in groups:
        assert msgspec.json.decode(msgspec.json.encode(group), type=e.AnyBody) == group


@pytest.mark.parametrize("cells", ["G٣,a,2026-11-23,08:30,40", "G1,a,2100-01-01,08:30,40"])
def test_what_the_journal_cannot_hold_is_a_bad_line(cells: str) -> None:
    assert bad_lines(HEADER + cells + "\n") == "2"
