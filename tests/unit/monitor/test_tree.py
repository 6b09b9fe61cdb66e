"""The region tree: read from a CSV with all its mistakes named, and summed over branches."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.rows import Problem, RowErrors, decoded
from monitor.tree import COLUMNS, Counts, Place, read_tree, roll_up

HEAD = ",".join(COLUMNS) + "\n"
GOOD = (
    HEAD
    + "vn,Việt Nam,,,,,\n"
    + "vn/thanh-hoa,Thanh Hoá,,,,,\n"
    + "vn/thanh-hoa/bim-son,Bỉm Sơn,44000,2021-06-17,2021-02-01,3,17\n"
    + '"vn/thanh-hoa/sam-son","Sầm Sơn, phường",30000,2021-06-30,,2,16.5\n'
    + "\n"
)


def test_a_tree_is_read_with_parents_before_children() -> None:
    places = read_tree("\ufeff" + GOOD).places
    assert [place.path for place in places] == [
        "vn",
        "vn/thanh-hoa",
        "vn/thanh-hoa/bim-son",
        "vn/thanh-hoa/sam-son",
    ]
    assert places[2] == Place(
        "vn/thanh-hoa/bim-son", "Bỉm Sơn", 44_000, date(2021, 6, 17), date(2021, 2, 1), 3, 17.0
    )
    assert places[3].name == "Sầm Sơn, phường"
    assert places[0].population == 0
    assert places[0].due is None


def test_every_mistake_is_named_at_once_with_line_and_column() -> None:
    bad = (
        HEAD
        + "vn,Việt Nam,,,,,\n"
        + "vn/Thanh Hoá,Thanh Hoá,,,,,\n"
        + "vn/hue,,many,2021-02-30,31/2/2021,0,25\n"
        + "vn/hue/phu-xuan,Phú Xuân,1,2021-02-01,2021-03-01,,\n"
        + "vn,Việt Nam,,,,,\n"
        + "la/vientiane,Vientiane,,,,,\n"
    )
    with pytest.raises(RowErrors) as found:
        read_tree(bad)
    assert [(p.line, p.column) for p in found.value.problems] == [
        (3, "path"),
        (4, "name"),
        (4, "population"),
        (4, "due"),
        (4, "started"),
        (4, "sets"),
        (4, "hours"),
        (5, "due"),
        (6, "path"),
        (7, "path"),
    ]
    said = found.value.told("en")
    assert "line 4, due: “2021-02-30” is not a date; write it as 2026-04-30." in said
    assert "line 6, path: vn is already in line 2; delete one." in said
    assert "line 7, path: la has no row of its own; add one." in said


OF_AN_OFFICE = (
    'Mã;"Tên\nđịa bàn";Số người;Hạn hoàn thành;Ngày bắt đầu;Số bộ;Số giờ mỗi ngày;\n'
    "vn;Việt Nam;;;;;;\n"
    "vn/thanh-hoa;Thanh Hoá;;;;;;\n"
    "vn/thanh-hoa/bim-son;Bỉm Sơn;44000;17/06/2021;1/2/2021;3;17;\n"
    'vn/thanh-hoa/sam-son;"Sầm Sơn,\nphường";30000;30/06/2021;;2;16,5;\n'
    ";;;;;;;\n"
)
"""GOOD as a Vietnamese Excel saves it: days turned round, decimal commas, a column too many."""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_tree_that_a_vietnamese_excel_saved_is_the_same_tree(encoding: str, end: str) -> None:
    read = read_tree(decoded(OF_AN_OFFICE.replace("\n", end).encode(encoding)))
    assert read.places == read_tree(GOOD).places
    assert [told.told("en") for told in read.said()] == [
        "4 places in the region tree",
        "Columns read: path = “Mã”, name = “Tên địa bàn”, population = “Số người”, "
        "due = “Hạn hoàn thành”, started = “Ngày bắt đầu”, sets = “Số bộ”, "
        "hours = “Số giờ mỗi ngày”.",
    ]


def test_mistakes_are_named_as_the_file_names_its_columns() -> None:
    with pytest.raises(RowErrors) as found:
        read_tree(OF_AN_OFFICE.replace("17/06/2021", "06/17/2021").replace("44000", "44.000"))
    assert found.value.told("vi").splitlines()[:2] == [
        "dòng 5, Số người: “44.000” không phải số nguyên từ 0 trở lên; chỉ viết chữ số.",
        "dòng 5, Hạn hoàn thành: “06/17/2021” không phải ngày; viết như 2026-04-30.",
    ]


def test_a_column_that_is_there_twice_is_named() -> None:
    with pytest.raises(RowErrors) as found:
        read_tree(GOOD.replace("hours", "hours,Tên"))
    assert found.value.told("en").startswith("line 1, Tên: The column is there twice.")


def test_a_wrong_header_is_named_before_anything_else() -> None:
    with pytest.raises(RowErrors) as found:
        read_tree("path,name,people\nvn,Việt Nam,9\n")
    columns = {problem.column for problem in found.value.problems}
    assert columns == {"population", "due", "started", "sets", "hours", "people"}
    with pytest.raises(RowErrors):
        read_tree("")
    with pytest.raises(RowErrors) as found:
        read_tree(HEAD + "vn,Việt Nam,1,,,2,17,9\n")
    assert found.value.told("en").startswith("line 2: there are more cells than columns")
    assert found.value.told("vi").startswith("dòng 2: nhiều ô hơn số cột")


def test_a_branch_sums_its_places_and_takes_the_latest_due_date() -> None:
    places = read_tree(GOOD).places
    bim_son = Counts(booths=3, online=2, sealed_today=600, done=3_000, waiting=40, per_day=600)
    sam_son = Counts(booths=2, online=2, sealed_today=100, done=1_000, alarms=1)
    tree = roll_up(places, [("vn/thanh-hoa/bim-son", bim_son), ("vn/thanh-hoa/sam-son", sam_son)])
    province = tree["vn/thanh-hoa"]
    assert province.counts == bim_son + sam_son
    assert province.counts == tree["vn"].counts
    assert (province.population, province.left) == (74_000, 70_000)
    assert province.due == date(2021, 6, 30)
    assert tree["vn/thanh-hoa/bim-son"].left == 41_000


def test_a_population_of_its_own_goes_before_the_sum_of_the_parts() -> None:
    places = [Place("vn", "Việt Nam", 100), Place("vn/hue", "Huế", 30)]
    assert roll_up(places, [])["vn"].population == 100


def test_booths_of_unknown_places_count_at_the_nearest_known_branch() -> None:
    tree = roll_up(
        [Place("vn", "Việt Nam"), Place("vn/hue", "Huế")],
        [("vn/hue/nowhere/at-all", Counts(booths=1)), ("xx/yy", Counts(booths=2))],
    )
    assert tree["vn/hue"].counts.booths == 1
    assert tree["vn"].counts.booths == 1
    assert tree[""].counts.booths == 2


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@settings(max_examples=100)
@given(st.lists(st.tuples(paths, st.integers(0, 50))), st.sets(paths))
def test_no_booth_is_lost_or_counted_twice(booths: list[tuple[str, int]], named: set[str]) -> None:
    closed = {path.rsplit("/", n)[0] for path in named for n in range(path.count("/") + 1)}
    tree = roll_up(
        [Place(path, path) for path in closed], [(path, Counts(booths=n)) for path, n in booths]
    )
    tops = [branch for path, branch in tree.items() if "/" not in path]
    assert sum(branch.counts.booths for branch in tops) == sum(n for _, n in booths)
    for path in closed:
        beneath = sum(n for where, n in booths if (where + "/").startswith(path + "/"))
        assert tree[path].counts.booths == beneath


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_no_text_is_read_as_anything_but_a_tree_or_named_mistakes(junk: str) -> None:
    named: tuple[Problem, ...] = ()
    places: tuple[Place, ...] = ()
    try:
        places = read_tree(HEAD + "vn,Việt Nam,,,,,\n" + junk).places
    except RowErrors as errors:
        named = errors.problems
    assert bool(named) != bool(places)
    assert all(place.path and place.name for place in places)
