from __future__ import annotations

import csv
import io
import traceback
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.identity.birth import BirthDate
from controller.identity.person import Person, Sex
from controller.roster.load import COLUMNS, read, read_csv
from ground.error import InputError
from ground.rows import RowErrors
from ground.text import catalog
from hw.twins import population

HEADER = "number,old_number,name,birth,sex,residence,hamlet,enrolled_on"
HOA = '026190004321,012345678,Nguyễn Thị Hòa,02/09/1990,female,"Thôn Thượng, Hải Lựu",Thượng,'
PERSON = Person(
    number="026190004321",
    old_number="012345678",
    name="Nguyễn Thị Hòa",
    birth=BirthDate(1990, 9, 2),
    sex=Sex.FEMALE,
    residence="Thôn Thượng, Hải Lựu",
    hamlet="Thượng",
)


def problems(path: Path, content: str | bytes) -> list[tuple[int, str]]:
    """Line and column of everything that is wrong with ``content``."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RowErrors) as error:
        read_csv(path)
    assert all(problem.reason in catalog().texts for problem in error.value.problems)
    return [(problem.line, problem.column) for problem in error.value.problems]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "people.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_file_of_a_spreadsheet_is_read(path: Path, encoding: str, end: str) -> None:
    path.write_bytes((HEADER + end + HOA + end + ",,,,,,," + end + end).encode(encoding))
    assert list(read_csv(path)) == [PERSON]


def test_vietnamese_headers_semicolons_and_further_columns_are_read(path: Path) -> None:
    path.write_text(
        "STT;Số CCCD;Số CMND;Họ và tên;Ngày sinh;Giới tính;Nơi thường trú;Thôn\n"
        "1;026190004321;012345678;Nguyễn  Thị Hòa;2/9/1990;Nữ;Thôn Thượng, Hải Lựu;Thượng\n"
    )
    assert list(read_csv(path)) == [PERSON]


OF_AN_OFFICE = (
    'STT\t"Số\nđịnh danh"\tSố CMND cũ\t"Họ, chữ đệm và tên"\t"Ngày, tháng, năm sinh"\tGiới tính\t'
    "Nơi đăng ký thường trú\tThôn/Tổ dân phố\tNgày cấp\tGhi chú\n"
    '1\t026190004321\t012345678\t"Nguyễn Thị\nHòa"\t2/9/1990\tNữ\t"Thôn Thượng,\nHải Lựu"\t'
    "Thượng\t\tnói với ông Đặng\n"
    "2\t\t\tLê Văn An\t1945\tNam\t\tThượng\t\t\n"
    "3\t026190004399\t\tLê Thị Bé\t01/01/2000\tNữ\t\tThượng\t02/03/2021\t\n"
    "\t\t\t\t\t\t\t\t\t\n"
).replace("\n", "\r\n")
"""Excel's “Unicode Text”, titles and cells with line breaks among it."""


def test_the_list_of_a_vietnamese_office_is_read_and_told_of() -> None:
    extract = read(OF_AN_OFFICE.encode("utf-16"))
    first, *_ = people = list(extract.roster)
    assert first == PERSON
    assert [person.name for person in people] == ["Nguyễn Thị Hòa", "Lê Văn An", "Lê Thị Bé"]
    assert [told.told("en") for told in extract.said()] == [
        "Columns read: number = “Số định danh”, old_number = “Số CMND cũ”, "
        "name = “Họ, chữ đệm và tên”, birth = “Ngày, tháng, năm sinh”, sex = “Giới tính”, "
        "residence = “Nơi đăng ký thường trú”, hamlet = “Thôn/Tổ dân phố”, "
        "enrolled_on = “Ngày cấp”.",
        "Not read: STT, Ghi chú.",
        "1 person without a number",
        "1 person without a whole birth date",
        "1 person with a chip card already",
    ]
    assert [told.told("vi") for told in extract.said()][1:3] == [
        "Không đọc: STT, Ghi chú.",
        "1 người chưa có số",
    ]


def test_two_stray_quotes_do_not_put_one_person_into_the_other(path: Path) -> None:
    """Read as one quoted cell, both rows would be one whole row: the second person's data in the
    first one's residence."""
    rows = [
        '026190004321,,Nguyễn Thị Hòa,1990,nữ,"Thôn Thượng,Thượng,',
        '026190004322,,Lê Văn An,1945,nam,Hải Lựu",Thượng,',
        '026190004323,,Lê Thị Bé,2000,nữ,"Thôn Hạ\nHải Lựu",Hạ,',
    ]
    assert problems(path, "\n".join([HEADER, *rows])) == [(2, "")]


def test_decomposed_letters_are_composed(path: Path) -> None:
    path.write_text(unicodedata.normalize("NFD", f"{HEADER}\n{HOA}\n"))
    assert list(read_csv(path)) == [PERSON]


@pytest.mark.parametrize(
    ("birth", "held"),
    [("1990", BirthDate(1990)), ("", BirthDate()), ("31/02/1990", BirthDate(1990, 2, 31))],
)
def test_births_that_are_to_be_corrected_are_let_in(
    path: Path, birth: str, held: BirthDate
) -> None:
    path.write_text(f"{HEADER}\n{HOA.replace('02/09/1990', birth)}\n")
    assert read_csv(path)[0].birth == held


def test_every_bad_row_is_reported_and_nothing_is_imported(path: Path) -> None:
    rows = [
        HEADER,
        HOA,
        HOA.replace("026190004321", "26190004322"),  # 3: lost zero
        HOA.replace("026190004321", "x"),  # 4
        HOA.replace("026190004321", ""),  # good: has none yet
        HOA.replace("012345678", "1"),  # 6, and 6 again: number of line 2
        HOA.replace("026190004321", "026190004323").replace("Nguyễn Thị Hòa", " "),  # 7
        HOA.replace("026190004321", "026190004324").replace("ễ", "\u5eeb"),  # 8
        HOA.replace("026190004321", "026190004325").replace("02/09/1990", "2.9"),  # 9
        HOA.replace("026190004321", "026190004326").replace("female", "f"),  # 10
        HOA.replace("026190004321", "026190004327") + "31/02/2021",  # 11
        HOA.replace("026190004321", "026190004328") + ",",  # 12: a field too many
        HOA.replace('Hải Lựu"', "Hải Lựu"),  # 13: quotation mark not closed
        HOA,  # 14: the number of line 2
        HOA.replace("026190004321", "026190004329").replace("Thôn", "x" * 301),  # 15
    ]
    assert problems(path, "\n".join(rows)) == [
        (3, "number"),
        (4, "number"),
        (6, "old_number"),
        (6, "number"),
        (7, "name"),
        (8, "name"),
        (9, "birth"),
        (10, "sex"),
        (11, "enrolled_on"),
        (12, ""),
        (13, ""),
        (14, "number"),
        (15, "residence"),
    ]


def test_a_double_is_noticed_even_when_the_first_row_is_bad_too(path: Path) -> None:
    bad = HOA.replace("female", "f")
    assert problems(path, f"{HEADER}\n{bad}\n{HOA}\n") == [(2, "sex"), (3, "number")]


def test_columns_are_named_as_the_file_names_them(path: Path) -> None:
    header = "Số CCCD;Họ và tên;Ngày sinh;Giới tính"
    assert problems(path, f"{header}\n1;;;\n") == [
        (2, "Số CCCD"),
        (2, "Họ và tên"),
        (2, "Giới tính"),
    ]


def test_a_row_with_several_faults_reports_each(path: Path) -> None:
    assert problems(path, f"{HEADER}\n1,2,,x,y,,,z\n") == [
        (2, "number"),
        (2, "old_number"),
        (2, "name"),
        (2, "birth"),
        (2, "sex"),
        (2, "enrolled_on"),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", [(1, "number"), (1, "name"), (1, "birth"), (1, "sex")]),
        ("number,name,birth\n", [(1, "sex")]),
        ("number,name,birth,sex,Họ tên\n", [(1, "Họ tên")]),
        ('number,name,"birth,sex\n', [(1, "")]),
        (f"{HEADER}\n{HOA}".encode("utf-16-be"), [(1, "")]),
        (f"{HEADER}\n{HOA}\n".encode("utf-16")[:-1], [(2, "")]),
        (f"{HEADER}\n{'x' * 200_000}\n", [(2, "")]),
        (f"{HEADER}\n".encode() + b"026190004321,,Nguy\xeen,1990,male,,,\n", [(2, "")]),
        (f"{HEADER}\n".encode() + b"\x00" * 40 + b"\n" + b"\xff\xfe\n", [(2, ""), (3, "")]),
    ],
)
def test_a_file_of_another_kind_is_told_so(
    path: Path, content: str | bytes, expected: list[tuple[int, str]]
) -> None:
    assert problems(path, content) == expected


def test_a_file_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_csv(path)
    assert error.value.params["path"] == path


def test_the_log_learns_nothing_of_the_people(path: Path) -> None:
    bad = [
        HOA.replace("female", "f"),
        "26190004321,,Hòa,1990,nam,,,",
        "26190004321,Hòa",
        '26190004321,"Hòa,',
        "26190004321,Hòa" + "x" * 200_000,
    ]
    named = f"{HEADER},26190004321,Hòa"
    for header in (HEADER, f'{HEADER},"Hòa,26190004321', HEADER.replace("sex", "Hòa"), HOA, named):
        content = "\n".join([header, *bad])
        of_windows = content.encode("cp1258", "replace")
        for encoded in (content.encode(), content.encode("utf-16")[:-1], of_windows):
            path.write_bytes(encoded)
            with pytest.raises(RowErrors) as error:
                read_csv(path)
            shown = "".join(traceback.format_exception(error.value))
            shown += f"{error.value!r} {error.value.problems!r}"
            assert "Hòa" not in shown
            assert "26190004321" not in shown


def test_the_made_up_district_is_a_good_roster(path: Path) -> None:
    population.write_csv(path, 2_000, seed=2)
    roster = read_csv(path)
    rows = list(population.people(2_000, seed=2))
    assert [p.number for p in roster] == [row["number"] for row in rows]
    assert len({row["number"] for row in rows}) == len(rows)
    incomplete = sum(not p.birth.complete for p in roster)
    young = sum(p.birth.year > 2007 for p in roster)
    enrolled = sum(bool(p.enrolled_on) for p in roster)
    assert 20 < incomplete < 100
    assert 100 < young < 300
    assert 80 < enrolled < 250


_CELLS = st.text(max_size=15) | st.sampled_from(
    ["026190004321", "135123456", "Lê Thị Hòa", "1990", "02/09/1990", "nam", "female", ""]
)


@settings(max_examples=60)
@given(rows=st.lists(st.lists(_CELLS, min_size=6, max_size=9), max_size=6), raw=st.binary())
def test_any_table_and_any_bytes_are_read_or_refused_with_the_places(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "people.csv"
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *rows])
    table = text.getvalue().encode("utf-8", "surrogatepass")
    for content in (table, raw, table + raw):
        path.write_bytes(content)
        bad_lines, people = [], []
        try:
            people = list(read_csv(path))
        except RowErrors as errors:
            bad_lines = [problem.line for problem in errors.problems]
            refused = True
        else:
            refused = False
        assert bool(bad_lines) is refused
        ends = content.count(b"\n") + content.count(b"\r")
        assert all(1 <= line <= ends + 1 for line in bad_lines)
        assert all(person.name for person in people)
