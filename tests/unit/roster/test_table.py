from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.birth import BirthDate
from controller.identity.names import fold
from controller.identity.person import Person, Sex
from controller.roster.table import Roster
from ground.error import InputError


def person(name: str, number: str = "", **more: object) -> Person:
    return Person(name=name, number=number, **more)  # type: ignore[arg-type]


HOA = person(
    "Nguyễn Thị Hòa",
    "026190004321",
    old_number="012345678",
    birth=BirthDate(1990, 9, 2),
    sex=Sex.FEMALE,
    residence="Thôn Thượng, Hải Lựu",
    hamlet="Thượng, Hải Lựu",
    enrolled_on="2021-03-11",
)
PEOPLE = [
    HOA,
    person("Nguyễn Văn Hoan", "026090004322", birth=BirthDate(1990)),
    person("Hoàng Thị Nguyên", "026190004323", birth=BirthDate(1990, 9, 2)),
    person("Trần Đức Duy", "001088000001", birth=BirthDate(1988, 1, 31)),
    person("Nguyễn Thị Hòa Bình", "026192000009", birth=BirthDate(1992, 9, 2)),
    person("Lê Không Ngày", "", old_number="135000001"),
    person("Lê Trùng Số", "026070000001", old_number="135000002"),
    person("Lê Trùng Hai", "026070000002", old_number="135000002"),
]
ROSTER = Roster.of(PEOPLE)


def names(found: list[Person]) -> list[str]:
    return [p.name for p in found]


def test_everybody_comes_out_as_they_went_in() -> None:
    assert list(ROSTER) == PEOPLE
    assert len(ROSTER) == len(PEOPLE)


@pytest.mark.parametrize("number", ["026190004321", "012345678"])
def test_a_person_is_found_by_the_new_and_by_the_old_number(number: str) -> None:
    assert ROSTER.by_number(number) == HOA


@pytest.mark.parametrize("number", ["", "026190004320", "000000000", "999999999999"])
def test_a_number_of_nobody_finds_nobody(number: str) -> None:
    assert ROSTER.by_number(number) is None


def test_leading_zeros_tell_numbers_apart() -> None:
    roster = Roster.of([person("A", "000012345678"), person("B", "012345678")])
    assert names([p for n in ("000012345678", "012345678") if (p := roster.by_number(n))]) == [
        "A",
        "B",
    ]


def test_an_old_number_of_two_people_asks_for_a_search_by_name() -> None:
    with pytest.raises(InputError) as error:
        ROSTER.by_number("135000002")
    assert error.value.params == {"count": 2}


def test_the_holder_of_a_twelve_digit_number_comes_before_who_had_it() -> None:
    had, has = (
        person("Had", "026070000003", old_number="026070000009"),
        person("Has", "026070000009"),
    )
    assert Roster.of([had, has]).by_number("026070000009") == has


@pytest.mark.parametrize("typed", ["nguyen thi hoa", "HOA NGUYEN", "Hòa", "ng th ho", "hoà  thị"])
def test_search_needs_no_accents_no_order_and_no_whole_words(typed: str) -> None:
    assert HOA in ROSTER.search(typed)


def test_search_finds_d_for_đ() -> None:
    assert names(ROSTER.search("tran duc")) == ["Trần Đức Duy"]


def test_whole_names_come_first() -> None:
    assert names(ROSTER.search("nguyen thi hoa")) == [
        "Nguyễn Thị Hòa",
        "Nguyễn Thị Hòa Bình",
        "Hoàng Thị Nguyên",
    ]


def test_a_year_leaves_those_of_the_year_and_those_without_one() -> None:
    assert names(ROSTER.search("", BirthDate(1988))) == [
        "Trần Đức Duy",
        "Lê Không Ngày",
        "Lê Trùng Số",
        "Lê Trùng Hai",
    ]


def test_a_date_puts_its_people_first_and_keeps_the_incomplete() -> None:
    found = names(ROSTER.search("nguyen", BirthDate(1990, 9, 2)))
    assert found == ["Nguyễn Thị Hòa", "Hoàng Thị Nguyên", "Nguyễn Văn Hoan"]


def test_no_more_than_the_limit_is_given() -> None:
    assert len(ROSTER.search("nguyen", limit=2)) == 2


@pytest.mark.parametrize("typed", ["", " ?! ", "xyz", "nguyen xyz", "nguyễnn"])
def test_what_fits_nobody_finds_nobody(typed: str) -> None:
    assert ROSTER.search(typed) == []


def test_an_empty_roster_finds_nobody() -> None:
    empty = Roster.of([])
    assert (len(empty), list(empty), empty.hamlets) == (0, [], [])
    assert empty.by_number("026190004321") is None
    assert empty.search("nguyen", BirthDate(1990, 9, 2)) == []


def test_hamlets_are_listed_once() -> None:
    assert Roster.of([HOA, HOA, person("X")]).hamlets == ["Thượng, Hải Lựu"]


def test_a_roster_tells_its_size_and_nothing_else() -> None:
    assert repr(ROSTER) == str(ROSTER) == "Roster(8 people)"
    assert "Hòa" not in repr(ROSTER.columns)


_WORDS = st.sampled_from(
    ("an", "ân", "Anh", "bình", "Đỗ", "đồ", "Hòa", "hoà", "lE", "Thị", "thi", "Ỷ")
)
_NAMES = st.lists(_WORDS, max_size=10).map(" ".join)
_PEOPLE = st.builds(
    Person,
    number=st.from_regex(r"([0-9]{9}|[0-9]{12})?", fullmatch=True),
    old_number=st.from_regex(r"([0-9]{9}|[0-9]{12})?", fullmatch=True),
    name=_NAMES | st.text(max_size=20),
    birth=st.builds(BirthDate, st.integers(0, 9999), st.integers(0, 99), st.integers(0, 99)),
    sex=st.none() | st.sampled_from(Sex),
    residence=st.text(max_size=10),
    hamlet=st.text(max_size=3),
    enrolled_on=st.just("") | st.dates().map(lambda day: day.isoformat()),
)


@given(people=st.lists(_PEOPLE, max_size=12), typed=_NAMES, year=st.sampled_from([0, 0, 5, 1990]))
def test_search_agrees_with_reading_the_whole_list(
    people: list[Person], typed: str, year: int
) -> None:
    roster = Roster.of(people)
    assert list(roster) == people
    wanted = fold(typed).split()[:8]

    def fits(p: Person) -> bool:
        words = fold(p.name).split()[:8]
        return all(any(word.startswith(w) for word in words) for w in wanted) and (
            p.birth.year in (0, year) if year else True
        )

    found = roster.search(typed, BirthDate(year), limit=100)
    expected = [p for p in people if fits(p)] if wanted or year else []
    assert sorted(map(hash, found)) == sorted(map(hash, expected))
