"""The demo's people: who holds which ticket, today, tomorrow and after a restart."""

from __future__ import annotations

from datetime import date

from hw.twins.citizen import crowd_of, holder

DAY = date(2026, 11, 22)


def test_the_same_seed_and_day_bring_the_same_people_and_another_day_others() -> None:
    assert crowd_of(30, 7, DAY) == crowd_of(30, 7, DAY)
    assert crowd_of(30, 7, DAY) != crowd_of(30, 8, DAY)
    others = crowd_of(30, 7, DAY.replace(day=23))
    assert [c.row for c in others] != [c.row for c in crowd_of(30, 7, DAY)]


def test_the_order_of_tickets_says_who_somebody_is_whatever_number_they_hold() -> None:
    citizens = crowd_of(4, 7, DAY)
    evening = {"day": 20261122, "number": 2, "nth": 2}
    morning = {"day": 20261123, "number": 1, "nth": 3}
    assert holder(citizens, evening) is citizens[1]
    assert holder(citizens, morning) is citizens[2]


def test_who_was_brought_by_others_is_nobody_of_the_crowd() -> None:
    citizens = crowd_of(4, 7, DAY)
    assert holder(citizens, {"nth": 5}) is None
    assert holder(citizens, {"nth": None}) is None, "a dossier without a ticket"
