from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.identity.birth import BirthDate, parse_birth
from ground.error import InputError

TODAY = date(2021, 6, 8)


@pytest.mark.parametrize(
    "written",
    ["02/09/1945", "2/9/1945", "02-09-1945", "02.09.1945", "1945-09-02", "02091945", " 02091945 "],
)
def test_the_shapes_of_a_whole_date_mean_the_same_day(written: str) -> None:
    assert parse_birth(written) == BirthDate(year=1945, month=9, day=2)


@pytest.mark.parametrize(
    ("written", "birth"),
    [
        ("1945", BirthDate(1945)),
        ("09/1945", BirthDate(1945, 9)),
        ("091945", BirthDate(1945, 9)),
        ("00/00/1945", BirthDate(1945)),
        ("00091945", BirthDate(1945, 9)),
        ("", BirthDate()),
    ],
)
def test_an_incomplete_date_is_held_as_written(written: str, birth: BirthDate) -> None:
    assert parse_birth(written) == birth
    assert not birth.complete


@pytest.mark.parametrize("written", ["x", "1/2", "45", "1945/09/02/1", "²²/09/1945", "12345"])
def test_what_is_no_date_is_an_input_error_with_advice(written: str) -> None:
    with pytest.raises(InputError) as error:
        parse_birth(written)
    assert "day/month/year" in error.value.advice
    assert written not in str(error.value)


@pytest.mark.parametrize(
    "written",
    [
        "31/02/1990",
        "29/02/1900",
        "30/02/2000",
        "01/13/1990",
        "32/01/1990",
        "1899",
        "2022",
        "31/06/1990",
        "09/06/2021",
        "32/00/1990",
        "00/13/1990",
    ],
)
def test_days_that_never_were_are_impossible(written: str) -> None:
    assert parse_birth(written).impossible(TODAY)


@pytest.mark.parametrize(
    "written", ["29/02/2000", "29/02/1904", "31/12/1900", "08/06/2021", "1990", "02/1990", ""]
)
def test_real_and_incomplete_dates_are_not_impossible(written: str) -> None:
    assert not parse_birth(written).impossible(TODAY)


def test_a_birthday_of_29_february_is_reached_on_1_march_of_common_years() -> None:
    leap = BirthDate(2008, 2, 29)
    assert leap.birthday(14) == date(2022, 3, 1)
    assert leap.birthday(16) == date(2024, 2, 29)


@given(st.dates(date(1900, 1, 1), TODAY))
def test_every_calendar_day_survives_writing_and_reading(day: date) -> None:
    birth = BirthDate(day.year, day.month, day.day)
    assert parse_birth(birth.text()) == birth
    assert birth.complete
    assert not birth.impossible(TODAY)
    assert birth.calendar() == day


@given(st.text(max_size=12))
def test_any_text_is_a_birth_date_or_an_input_error(written: str) -> None:
    try:
        birth = parse_birth(written)
    except InputError:
        return
    assert birth.impossible(TODAY) in (True, False)
