"""Days as numbers: over the ends of months and years, and as people write them."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground import day

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


@given(st.dates(date(1, 1, 2)))
def test_a_number_is_its_day_and_the_day_before_is_the_day_before(one: date) -> None:
    number = day.number_of(one)
    assert day.day_of(number) == one
    assert (one - day.day_of(day.before(number))).days == 1


@pytest.mark.parametrize("number", [20260230, 0, 20261301])
def test_what_is_no_day_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=r"."):
        day.day_of(number)


def test_a_day_is_written_as_people_write_it() -> None:
    assert (day.shown(20260301), day.short(20260301)) == ("01/03/2026", "01/03")
    assert day.iso(20260301) == "2026-03-01"


def test_midnight_is_the_zone_s() -> None:
    begins = day.start_ms(date(2026, 11, 29), VIETNAM)
    assert day.local_day(begins, VIETNAM) == date(2026, 11, 29)
    assert day.local_day(begins - 1, VIETNAM) == date(2026, 11, 28)
    assert begins % 86_400_000 == 17 * 3_600_000
