"""What the facts add up to is what the station's own books say: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulated_line import Line, Outage, Times
from controller.queue import TicketState
from controller.state import State, books
from edge.journal import events as e
from edge.journal.store import Row
from edge.journal.terms import Device, TicketKind
from edge.report.facts import DayClosed, DossierEnded
from edge.report.fold import Fold, Now
from tests.unit.report.station_days import STATION, ZONE, Diced, facts_of, folded, rows_of


def assert_the_books_agree(rows: list[Row], state: State) -> None:
    fold = Fold(STATION, ZONE)
    ended = [x.fact for _, x in folded(rows, fold) if isinstance(x.fact, DossierEnded)]
    kept = books(state)
    outcomes = Counter(fact.outcome for fact in ended)
    assert outcomes["sealed"] == kept.sealed
    assert outcomes["referred"] == kept.referred
    assert outcomes["refused"] == kept.refused
    assert outcomes["abandoned"] == kept.abandoned
    assert [(fact.dossier, fact.outcome) for fact in ended] == [
        (own.id, own.outcome) for own in state.ended
    ]
    assert [fact.without_ticket for fact in ended] == [not own.ticketed for own in state.ended]
    assert [sum(101 <= mark <= 104 for mark in fact.fingers) for fact in ended] == [
        own.missing_fingers for own in state.ended
    ]
    _, at, mono, boot = rows[-1][:4]
    figures = fold.figures(Now(at, mono, boot))
    assert figures["Line/Open dossiers"] == kept.open
    waiting = Counter(ticket.kind for ticket in state.queue.in_state(0, TicketState.WAITING))
    assert figures["Queue/Walk-in"] == waiting[TicketKind.WALK_IN]
    assert figures["Queue/Priority"] == waiting[TicketKind.PRIORITY]
    assert figures["Queue/Group"] == waiting[TicketKind.GROUP]


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 600))
def test_over_any_days_a_booth_may_have(seed: int, steps: int) -> None:
    booth = Diced(seed).run(steps)
    assert_the_books_agree(booth.rows, booth.state)


LINE_DEVICES = (Device.CAMERA, Device.FINGERPRINT)
LINES = [
    Line(1, 20),
    Line(2, 20, times=Times(portrait=50, spread=0.7)),
    Line(3, 20, outages=[Outage(Device.FINGERPRINT, 200, 420), Outage(Device.CAMERA, 0, 300)]),
    Line(4, 20, desks=3, times=Times(review=200)),
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"seed {line.seed}")
def test_over_a_shift_of_the_simulated_line(line: Line) -> None:
    line.run()
    rows = rows_of(line.events)
    assert_the_books_agree(rows, line.state)
    fold = Fold(STATION, ZONE)
    folded(rows, fold)
    at, mono, boot = rows[-1][1:4]
    idle_ms = sum(line.state.idle_ms[device] for device in LINE_DEVICES)
    assert idle_ms > 0 or not line.outages
    assert fold.figures(Now(at, mono, boot))["Line/Idle while waiting"] == idle_ms // 1000


def test_over_a_shift_times_at_the_devices_are_the_lines_own() -> None:
    line = Line(5, 20).run()
    ended = [x for x in facts_of(rows_of(line.events)) if isinstance(x, DossierEnded)]
    busy_s = {device: line.state.busy_ms[device] / 1000 for device in LINE_DEVICES}
    assert abs(sum(x.portrait_s for x in ended) - busy_s[Device.CAMERA]) <= 0.5 * len(ended)
    assert abs(sum(x.fingers_s for x in ended) - busy_s[Device.FINGERPRINT]) <= 0.5 * len(ended)
    for fact, own in zip(ended, line.state.ended, strict=True):
        assert abs(fact.total_s - own.durations_s["total"]) <= 0.5
        assert abs(fact.identify_s - own.durations_s["identify"]) <= 0.5
        assert abs(fact.papers_s - own.durations_s["papers"]) <= 0.5


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 600))
def test_a_closed_day_counts_exactly_the_facts_since_the_day_before(seed: int, steps: int) -> None:
    rows = Diced(seed).run(steps).rows
    since: list[object] = []
    rows_before = 0
    for _, entry in folded(rows):
        fact = entry.fact
        if not isinstance(fact, DayClosed):
            since.append(fact)
            continue
        outcomes = Counter(x.outcome for x in since if isinstance(x, DossierEnded))
        assert fact.facts == len(since)
        assert (fact.sealed, fact.referred, fact.refused, fact.abandoned) == tuple(
            outcomes[name] for name in ("sealed", "referred", "refused", "abandoned")
        )
        kinds = Counter(row[5] for row in rows[rows_before : fact.rows])
        assert fact.tickets == kinds["ticket_issued"]
        assert 0 <= fact.no_shows <= kinds["ticket_no_show"]
        assert fact.rows == entry.last - 1
        assert fact.journal == rows[fact.rows - 1][8][:16]
        since, rows_before = [], fact.rows


def test_a_no_show_who_comes_the_same_day_is_none() -> None:
    booth = Diced(0)
    booth.clock.is_trusted = True
    day = booth.today
    for number in (901, 902, 903):
        booth.ticket(number, day=day)
        booth.after(5, e.TicketNoShow(number, day))
    booth.after(5, e.TicketCalled(901, day, 1, True))
    booth.after(86_400, e.StationStarted("0.1.0"), e.TicketCalled(902, day, 1, True))
    booth.after(86_400, e.StationStarted("0.1.0"))
    closed = [fact for fact in booth.facts if isinstance(fact, DayClosed)]
    assert [fact.no_shows for fact in closed] == [2, 0]
