"""A booth at a glance: which state it is in, and which comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ground.hours import Hours, day_start_ms
from monitor.store.fleet import Booth
from monitor.store.reading import Alarm
from monitor.watch.rules import Kind
from monitor.web.markup import Markup, join, tag
from monitor.web.past import Past
from monitor.web.picture import Picture, State, picture

HOUR_MS = 3_600_000
MIDNIGHT = day_start_ms(date(2026, 11, 22))
NOON = MIDNIGHT + 12 * HOUR_MS
BOOTH = Booth(
    "TH0001",
    "vn/thanh-hoa/bim-son",
    "Bỉm Sơn",
    True,
    1,
    None,
    NOON,
    NOON,
    Hours(420, 1020),
    200,
    sealed=110,
)


def alarm(kind: Kind, severity: int = 1, **more: Any) -> Alarm:
    plain: dict[str, Any] = {
        "id": 1,
        "kind": kind,
        "place": "vn",
        "station": "TH0001",
        "device": "",
        "severity": severity,
        "raised_at": NOON - HOUR_MS,
        "cleared_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "note": None,
        "held": False,
        "detail": {},
    }
    return Alarm(**(plain | more))


@pytest.mark.parametrize(
    ("booth", "alarms", "at", "state", "why"),
    [
        (BOOTH, [], NOON, State.FINE, ""),
        (replace(BOOTH, sealed=84), [], NOON, State.BEHIND, Kind.BEHIND),
        (replace(BOOTH, sealed=86), [], NOON, State.FINE, ""),
        (replace(BOOTH, sealed=0), [], MIDNIGHT + 7 * HOUR_MS, State.FINE, ""),
        (BOOTH, [alarm(Kind.IDLE, 2)], NOON, State.IDLE, Kind.IDLE),
        (BOOTH, [alarm(Kind.PACKETS, 3)], NOON, State.FINE, ""),
        (BOOTH, [alarm(Kind.SUPPLY), alarm(Kind.IDLE, 2)], NOON, State.ALARM, Kind.SUPPLY),
        (replace(BOOTH, faults={"camera": "hung"}), [], NOON, State.ALARM, Kind.DEVICE),
        (replace(BOOTH, online=False), [], NOON, State.OFFLINE, Kind.OFFLINE),
        (
            replace(BOOTH, online=False),
            [alarm(Kind.OUTAGE, station=None)],
            NOON,
            State.OFFLINE,
            Kind.OUTAGE,
        ),
        (replace(BOOTH, online=False), [], MIDNIGHT + 18 * HOUR_MS, State.CLOSED, ""),
        (BOOTH, [alarm(Kind.OUTAGE, station=None)], NOON, State.FINE, ""),
    ],
)
def test_the_worst_that_is_known_is_the_state(
    booth: Booth, alarms: list[Alarm], at: int, state: State, why: str
) -> None:
    shown = picture(booth, alarms, at)
    assert (shown.state, shown.why) == (state, why)


def test_the_order_is_worst_first_and_within_a_state_longest_first() -> None:
    def one(code: str, state: State, since: int | None = None, **more: Any) -> Picture:
        return Picture(code, "", "", state, since=since, **more)

    wanted = [
        one("F", State.ALARM, 1),
        one("A", State.ALARM, 2),
        one("D", State.OFFLINE, 9),
        one("C", State.OFFLINE, 1, why=Kind.OUTAGE),
        one("E", State.BEHIND, share=0.2),
        one("B", State.BEHIND, share=0.5),
        one("A2", State.FINE),
        one("Z", State.FINE),
    ]
    assert sorted(reversed(wanted), key=lambda p: p.rank) == wanted


def test_past_days_sum_up_by_booth_and_branch() -> None:
    day = (date(2026, 11, 20) - date(1970, 1, 1)).days
    past = Past([("A", day, 5), ("A", day + 1, 7), ("B", day + 1, 1), ("C", day - 9, 100)])
    assert past.before(date(2026, 11, 21)) == {"A": 5, "B": 0, "C": 100}
    assert past.days(["A", "B", "unknown"], date(2026, 11, 22)) == [
        (date(2026, 11, 20), 5),
        (date(2026, 11, 21), 8),
    ]
    assert past.days(["A"], date(2026, 11, 21)) == [(date(2026, 11, 20), 5)]
    assert Past([]).days(["A"], date(2026, 11, 21)) == []


def test_markup_escapes_whatever_is_not_markup() -> None:
    made = tag("a", "<script>", tag("b", "&"), href='"x" onclick="y', hidden=False, open=True)
    assert made == ('<a href="&quot;x&quot; onclick=&quot;y" open>&lt;script&gt;<b>&amp;</b></a>')
    assert join(None, 3, Markup("<i>")) == "3<i>"
