from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.birth import BirthDate
from controller.identity.number import PROVINCES, NumberError, check, parse_number
from controller.identity.person import Sex
from edge.journal.events import Contradiction


def test_there_are_63_provinces_from_001_to_096() -> None:
    assert len(PROVINCES) == 63
    assert (min(PROVINCES), max(PROVINCES)) == ("001", "096")
    assert PROVINCES["038"] == "Thanh Hóa"


@pytest.mark.parametrize("written", ["026090004321", "026 090 004 321", "026.090-004321"])
def test_separators_do_not_matter(written: str) -> None:
    assert parse_number(written) == "026090004321"


def test_an_old_number_has_nine_digits() -> None:
    assert parse_number("135 123 456") == "135123456"


@pytest.mark.parametrize(
    ("written", "repaired"), [("26090004321", "026090004321"), ("12345678", "012345678")]
)
def test_a_lost_leading_zero_is_offered_back(written: str, repaired: str) -> None:
    with pytest.raises(NumberError) as error:
        parse_number(written)
    assert error.value.repaired == repaired
    assert error.value.params["repaired"] == repaired
    assert written not in str(error.value)


@pytest.mark.parametrize("written", ["", "12", "0260900043210", "02609000432x", "٠٢٦٠٩٠٠٠٤٣٢١"])
def test_anything_else_is_refused_with_advice(written: str) -> None:
    with pytest.raises(NumberError) as error:
        parse_number(written)
    assert error.value.repaired == ""
    assert "12 or 9 digits" in error.value.advice


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_number_error(written: str) -> None:
    try:
        number = parse_number(written)
    except NumberError:
        return
    assert len(number) in (9, 12)
    assert number.isascii()
    assert number.isdigit()


@pytest.mark.parametrize(
    ("digit", "sex", "year"),
    [(0, Sex.MALE, 1990), (1, Sex.FEMALE, 1990), (2, Sex.MALE, 2005), (3, Sex.FEMALE, 2005)],
)
def test_the_century_digit_agrees_with_sex_and_year(digit: int, sex: Sex, year: int) -> None:
    assert check(f"026{digit}{year % 100:02d}004321", sex, BirthDate(year, 1, 1)) == ()


def test_each_contradiction_is_named() -> None:
    number = "003190004321"  # no province 003; a woman of 1990
    assert check(number, Sex.MALE, BirthDate(1991)) == (
        Contradiction.NUMBER_SEX,
        Contradiction.NUMBER_YEAR,
        Contradiction.NUMBER_PROVINCE,
    )


def test_people_born_abroad_have_a_country_code() -> None:
    assert check("240190004321", Sex.FEMALE, BirthDate(1990)) == ()


def test_nothing_is_read_into_what_is_not_known() -> None:
    assert check("026190004321", None, BirthDate()) == ()
    assert check("135123456", Sex.MALE, BirthDate(1990)) == ()
    assert check("", Sex.MALE, BirthDate(1990)) == ()
