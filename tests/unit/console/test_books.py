"""The shift page's equations, and which notices are still to be read."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.console.shift import balanced
from controller.console.trouble import unread
from controller.views import Message, ShiftView

TICKETS = ("issued", "waiting", "called", "no_shows", "expired")
DOSSIERS = ("without_ticket", "open", "sealed", "referred", "refused", "abandoned")


def day(**counts: int) -> ShiftView:
    nothing = {f.name: () if f.type.startswith("tuple") else 0 for f in fields(ShiftView)}
    return ShiftView(**{**nothing, **counts})  # type: ignore[arg-type]


DAY = day(
    issued=21,
    served=14,
    no_shows=2,
    expired=1,
    waiting=3,
    called=1,
    without_ticket=2,
    sealed=10,
    referred=2,
    refused=1,
    abandoned=1,
    open=2,
)


def test_a_day_whose_every_ticket_and_dossier_is_known_balances() -> None:
    assert balanced(DAY) == (True, True)


@pytest.mark.parametrize("count", [*TICKETS, *DOSSIERS])
def test_one_too_many_of_anything_breaks_its_own_equation(count: str) -> None:
    wrong = replace(DAY, **{count: getattr(DAY, count) + 1})
    assert balanced(wrong) == (count not in TICKETS, count not in DOSSIERS)


def test_a_served_ticket_without_a_dossier_breaks_both() -> None:
    assert balanced(replace(DAY, served=15)) == (False, False)


KEPT = 5
told = st.lists(st.integers(0, 10_000), unique=True, max_size=12)


@given(told, st.integers(0, 12))
def test_unread_is_what_came_after_the_last_one_understood(all_told: list[int], seen: int) -> None:
    """Also when the station has forgotten the oldest meanwhile."""
    notices = [Message(str(n)) for n in all_told]
    read, now = tuple(notices[:seen][-KEPT:]), tuple(notices[-KEPT:])
    assert unread(now, read) == tuple(reversed(notices[seen:][-KEPT:]))


def test_the_same_notice_a_second_time_is_new() -> None:
    lid = Message("The booth's lid was opened.")
    assert unread((lid, lid), (lid,)) == (lid,)
