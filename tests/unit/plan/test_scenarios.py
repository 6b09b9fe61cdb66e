"""The field's figures, each by a scenario of ours, within the tolerance the scenario states."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from plan import campaign
from plan.campaign import Outlook, outlook, with_sets_and_hours
from plan.scenario import Scenario, built_in, load, parse

TOLD = (Path(__file__).parents[3] / "docs" / "plan.md").read_text("utf-8")
_found: dict[str, Outlook] = {}


def found(name: str) -> tuple[Scenario, Outlook]:
    """The scenario and its outlook, simulated once."""
    scenario = load(name)
    if name not in _found:
        _found[name] = outlook(scenario)
    return scenario, _found[name]


REPORTED = [name for name in built_in() if load(name).expected is not None]


@pytest.mark.parametrize("name", REPORTED)
def test_a_scenario_gives_the_figure_that_the_field_reported(name: str) -> None:
    scenario, out = found(name)
    expected = scenario.expected
    assert expected is not None
    for figure in ("per_day", "per_set_day", "takt_min", "through_min"):
        reported = getattr(expected, figure)
        if reported is not None:
            assert getattr(out, figure) == pytest.approx(reported, rel=expected.tolerance), figure
    if expected.finish_by is not None:
        assert out.finish is not None
        assert out.finish.day is not None
        assert out.finish.day <= expected.finish_by
    if expected.not_by is not None:
        assert out.finish is not None
        assert out.finish.day is None or out.finish.day > expected.not_by


def test_every_place_of_the_fields_table_has_a_scenario_with_a_figure() -> None:
    told = {load(name).name.split(",")[0].split("'")[0].split(" before")[0] for name in REPORTED}
    for place in ("Sông Lô", "Quảng Trị", "Bỉm Sơn", "Thanh Hoá", "Huế", "Aadhaar", "PhilSys"):
        assert any(place in name for name in told), place


def test_people_in_flight_alone_bring_five_minutes_to_three() -> None:
    """Sông Lô before and after: the same stages, the same desk; only the organisation differs."""
    before, after = load("song-lo-before"), load("song-lo")
    assert before.line.stages == after.line.stages
    assert before.line.places == after.line.places
    assert found("song-lo-before")[1].takt_min == pytest.approx(5.0, abs=0.15)
    assert found("song-lo")[1].takt_min == pytest.approx(3.0, abs=0.15)


def test_at_the_record_pace_the_deadline_is_met_and_at_that_of_six_weeks_it_is_not() -> None:
    record, slow = found("quang-tri")[1].finish, found("quang-tri-six-weeks")[1].finish
    assert record is not None
    assert slow is not None
    assert record.in_time is not None
    assert record.in_time > 0.95
    assert record.needed_per_day == pytest.approx((21_566 - 3_300) / 47, abs=0.1)
    assert slow.in_time == 0
    assert slow.day is not None
    assert slow.day > date(2021, 10, 1)


def test_a_target_met_by_six_hundred_a_day_is_met_weeks_before_it_was() -> None:
    every_day, as_it_was = found("bim-son")[1].finish, found("bim-son-as-it-was")[1].finish
    assert every_day is not None
    assert as_it_was is not None
    assert every_day.day is not None
    assert as_it_was.day is not None
    assert date(2021, 6, 17) - every_day.day > timedelta(weeks=3)
    assert abs(as_it_was.day - date(2021, 6, 17)) < timedelta(days=8)


def test_our_line_in_quang_tris_hours_does_several_times_its_record() -> None:
    """2 sets of 2 desks, 17.5 hours. docs/plan.md tells both numbers."""
    brisk = outlook(with_sets_and_hours(load("booth"), 2, 17.5), days=1)
    cautious = outlook(with_sets_and_hours(load("booth-cautious"), 2, 17.5), days=2)
    assert brisk.per_day > 5 * 463
    assert cautious.per_day > 2 * 463
    for name, out in (("booth", brisk), ("booth-cautious", cautious)):
        row = re.search(rf"\(`{name}`\) \| ([0-9,]+) \|", TOLD)
        assert row is not None, name
        assert out.per_day == pytest.approx(int(row[1].replace(",", "")), rel=0.02)


@pytest.mark.parametrize("name", [name for name in REPORTED if load(name).campaign is not None])
def test_the_finishing_date_that_the_page_tells_is_the_one_that_comes_out(name: str) -> None:
    finish = found(name)[1].finish
    assert finish is not None
    assert finish.day is not None
    near = [finish.day + timedelta(days=n) for n in (-1, 0, 1)]
    assert any(f"{day.day} {day:%B}" in TOLD for day in near), finish.day


def test_the_scenario_on_the_page_can_be_used() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TOLD, re.DOTALL)
    out = outlook(parse(example), days=1)
    assert out.per_day > 200
    assert out.finish is not None
    assert out.finish.day is not None


def test_what_if_names_every_combination_and_more_brings_more() -> None:
    table = campaign.what_if(load("quang-tri"), (1, 2, 3), (8, 17.5))
    assert set(table) == {(n, h) for n in (1, 2, 3) for h in (8, 17.5)}
    for hours in (8, 17.5):
        paces = [table[n, hours].per_day for n in (1, 2, 3)]
        assert paces == sorted(paces)
    for n in (1, 2, 3):
        assert table[n, 8].per_day < table[n, 17.5].per_day
        slow, fast = table[n, 8].finish, table[n, 17.5].finish
        assert slow is not None
        assert fast is not None
        assert slow.day is not None
        assert fast.day is not None
        assert slow.day > fast.day
