"""The schedule of groups: every good line is imported, any bad one stops all of them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.station.schedule import LINES_SHOWN, parse_groups
from controller.views import Message
from controller.wording import rendered
from edge.journal import events as e
from ground.error import InputError
from ground.rows import decoded

TODAY = 20261122
HEADER = "group,name,day,time,people\n"
GOOD = "G1,Trường THPT Bỉm Sơn,2026-11-23,08:30,40\n"


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as refused:
        parse_groups(text, TODAY)
    return refused.value


def bad_lines(text: str) -> list[tuple[int, str]]:
    """(line, reason) of each."""
    lines = refusal(text).params["lines"]
    assert isinstance(lines, tuple)
    return [(line.params["line"], line.params["reason"]) for line in lines]


def test_a_schedule_becomes_events_and_names() -> None:
    read = parse_groups(
        HEADER + GOOD + "G22,Ngân hàng,2026-11-24,14:00,9\nG3,Sở,2026-11-22,7:05,1\n", TODAY
    )
    assert read.groups == (
        e.GroupScheduled("G1", 20261123, 510, 40),
        e.GroupScheduled("G22", 20261124, 840, 9),
        e.GroupScheduled("G3", 20261122, 425, 1),
    )
    assert read.names == {"G1": "Trường THPT Bỉm Sơn", "G22": "Ngân hàng", "G3": "Sở"}


def test_a_file_of_a_spreadsheet_with_a_byte_order_mark_is_read() -> None:
    assert len(parse_groups("\ufeff" + (HEADER + GOOD).replace("\n", "\r\n"), TODAY).groups) == 1


VIETNAMESE = (
    "STT;Mã đoàn;Tên đoàn;Ngày hẹn;Giờ hẹn;Số người;Ghi chú\r\n"
    '1;G12;"Lớp 12A\r\nTHPT Sông Lô";23/11/2026;7h30;40;\r\n'
    '2;G13;"UBND xã Tam Sơn; Một cửa";1/12/2026;14:00:00;9;"gọi ""chị Lan"" trước"\r\n'
    ";;;;;;\r\n"
)
"""As the Excel of a Vietnamese office writes: its list separator is the semicolon."""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"])
def test_a_list_of_a_vietnamese_office_is_read_and_told_of(encoding: str, line_end: str) -> None:
    content = VIETNAMESE.replace("\r\n", line_end).encode(encoding)
    read = parse_groups(decoded(content), TODAY)
    assert read.groups == (
        e.GroupScheduled("G12", 20261123, 450, 40),
        e.GroupScheduled("G13", 20261201, 840, 9),
    )
    assert read.names == {"G12": "Lớp 12A THPT Sông Lô", "G13": "UBND xã Tam Sơn; Một cửa"}
    assert read.header.titles == {
        "group": "Mã đoàn",
        "name": "Tên đoàn",
        "day": "Ngày hẹn",
        "time": "Giờ hẹn",
        "people": "Số người",
    }
    assert read.header.ignored == ("STT", "Ghi chú")


def test_a_list_saved_as_unicode_text_has_tabs() -> None:
    content = (HEADER + GOOD).replace(",", "\t").encode("utf-16")
    assert len(parse_groups(decoded(content), TODAY).groups) == 1


def test_columns_stand_in_any_order_and_titles_without_accents() -> None:
    text = "SO NGUOI,gio,NGÀY,Tên,ma doan\n40,08:30,2026-11-23,Trường THPT Bỉm Sơn,G1\n"
    assert parse_groups(text, TODAY).groups == parse_groups(HEADER + GOOD, TODAY).groups


@pytest.mark.parametrize("encoding", ["cp1258", "utf-16-be"])
def test_another_encoding_would_garble_names_and_is_refused(encoding: str) -> None:
    content = ("mã đoàn" if encoding == "cp1258" else HEADER + "Ngô Đốc").encode(encoding, "ignore")
    with pytest.raises(InputError, match="rows: not utf-8"):
        decoded(content)


def test_a_line_is_called_by_where_it_begins_in_the_file() -> None:
    text = HEADER + 'G1,"a\nb",2026-11-23,08:30,40\n\nG2,c,2026-11-23,8 giờ,40\n'
    assert [line for line, _ in bad_lines(text)] == [5]


@pytest.mark.parametrize("header", ["", "group,name\n", "a,b,c\n1,2,3\n", "\x00", '"group,name'])
def test_a_wrong_header_is_told_with_what_it_lacks(header: str) -> None:
    refused = refusal(header + GOOD)
    assert "first line" in refused.advice
    assert "people" in str(refused.params["columns"])


def test_a_file_without_a_group_is_told() -> None:
    assert "no group in the file" in refusal(HEADER).advice


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("X1,a,2026-11-23,08:30,40", "G12"),
        ("G,a,2026-11-23,08:30,40", "G12"),
        ("G12345,a,2026-11-23,08:30,40", "G12"),
        ("G٣,a,2026-11-23,08:30,40", "G12"),
        ("G1,a,2026-02-30,08:30,40", "day is written"),
        ("G1,a,30/02/2026,08:30,40", "day is written"),
        ("G1,a,11/23/2026,08:30,40", "day is written"),
        ("G1,a,23/11,08:30,40", "day is written"),
        ("G1,a,23/11/26,08:30,40", "day is written"),
        ("G1,a,2100-01-01,08:30,40", "day is written"),
        ("G1,a,2026-11-21,08:30,40", "is over"),
        ("G1,a,2026-11-23,25:00,40", "07:30"),
        ("G1,a,2026-11-23,7 giờ,40", "07:30"),
        ("G1,a,2026-11-23,08:30:59,40", "07:30"),
        ("G1,a,2026-11-23,08:30,0", "9999"),
        ("G1,a,2026-11-23,08:30,10000", "9999"),
        ("G1,a,2026-11-23,08:30,many", "9999"),
        ("G1,a,2026-11-23,08:30,4_0", "9999"),
        ("G1,a,2026-11-23,08:30", "as many cells"),
        ("G1,a,2026-11-23,08:30,40,", "as many cells"),
        ('G1,"a"b,2026-11-23,08:30,40', "quotation"),
        ("G7,a,2026-11-23,08:30,40", "another line"),
    ],
)
def test_a_bad_line_is_named_with_its_reason_and_nothing_imported(line: str, reason: str) -> None:
    (bad,) = bad_lines(HEADER + "G7,b,2026-11-23,08:30,40\n" + line + "\n")
    assert bad[0] == 3
    assert reason in bad[1]


def test_every_bad_line_is_named_up_to_what_fits_a_screen() -> None:
    many = "".join(f"G{n},a,2026-11-23,08:30,0\n" for n in range(LINES_SHOWN + 5))
    told = refusal(HEADER + many).params["lines"]
    assert isinstance(told, tuple)
    *lines, more = told
    assert [line.params["line"] for line in lines] == list(range(2, LINES_SHOWN + 2))
    assert more.params == {"count": 5}


def test_reasons_are_read_in_both_languages() -> None:
    refused = refusal(HEADER + "G1,a,2026-11-21,08:30,40\nG2,a,2026-11-23,24h,40\n")
    said = {lang: rendered(lang, Message(refused.advice, refused.params)) for lang in ("vi", "en")}
    assert said["en"].endswith("line 2: this day is over; line 3: a time is written like 07:30")
    assert said["vi"].endswith("dòng 2: ngày này đã qua; dòng 3: giờ viết như 07:30")


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["G1", "G٣", "2026-11-23", "1999-01-01", "2100-01-01", "08:30", "40", "４０"]),
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=6).map(",".join), max_size=4))
def test_whatever_is_accepted_the_journal_takes(lines: list[str]) -> None:
    try:
        read = parse_groups(HEADER + "\n".join(lines), TODAY)
    except InputError:
        return
    assert len(read.names) == len(read.groups) >= 1
    for group in read.groups:
        assert msgspec.json.decode(msgspec.json.encode(group), type=e.AnyBody) == group
        assert group.day >= TODAY
