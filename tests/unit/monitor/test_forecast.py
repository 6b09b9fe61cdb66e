"""The forecast: its band holds what it promises, and the field's figures come out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from monitor.watch.forecast import DayTotal, Forecast, forecast

MONDAY = date(2026, 2, 2)
WEEK = (1.1, 1.0, 0.95, 1.0, 1.05, 0.8, 0.6)
Noise = Callable[[np.random.Generator, int], list[float]]


def steady(dice: np.random.Generator, days: int) -> list[float]:
    """Each day for itself."""
    return [float(value) for value in dice.normal(0, 0.2, days)]


def stretches(dice: np.random.Generator, days: int) -> list[float]:
    """Good and bad stretches of some days."""
    found, now = [], 0.0
    for _ in range(days):
        now = 0.6 * now + float(dice.normal(0, 0.2))
        found.append(now)
    return found


def breakdowns(dice: np.random.Generator, days: int) -> list[float]:
    """Every seventh day or so only two fifths are done."""
    return [
        float(np.log(0.4) if dice.random() < 0.15 else dice.normal(0, 0.1)) for _ in range(days)
    ]


def series(noise: Noise, seed: int, days: int, shut_on: int | None = None) -> list[DayTotal]:
    dice = np.random.default_rng(seed)
    found = []
    for n, luck in enumerate(noise(dice, days)):
        day = MONDAY + timedelta(days=n)
        shut = day.weekday() == shut_on
        mean = 0.0 if shut else 400 * WEEK[day.weekday()] * float(np.exp(luck))
        found.append(DayTotal(day, int(dice.poisson(mean)), 0.0 if shut else 10.0))
    return found


def finished(coming: list[DayTotal], left: int) -> date:
    done = 0
    for day in coming:
        done += day.done
        if done >= left:
            return day.day
    raise AssertionError("the series is too short")


def known(found: Forecast | None) -> Forecast:
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("noise", "shut_on"),
    [(steady, None), (steady, 6), (stretches, None), (breakdowns, None)],
    ids=["steady", "shut on Sundays", "stretches", "breakdowns"],
)
def test_the_band_of_four_fifths_holds_about_four_fifths_of_the_finishing_dates(
    noise: Noise, shut_on: int | None
) -> None:
    """120 seeded series of 28 known days and 20,000 dossiers to come, some 55 days."""
    hits = early = 0
    runs = 120
    for seed in range(runs):
        days = series(noise, seed, 200, shut_on)
        past, coming = days[:28], days[28:]
        done = sum(day.done for day in past)
        found = known(forecast(past, done + 20_000, coming[0].day, seed=seed))
        end = finished(coming, 20_000)
        assert found.early is not None
        assert found.late is not None
        hits += found.early <= end <= found.late
        early += end < found.early
    assert 0.72 <= hits / runs <= 0.92
    assert early <= (runs - hits) * 0.85 + 1  # it misses on either side


def test_the_chance_to_be_in_time_is_as_often_true_as_it_says() -> None:
    """Brier score of "in time" well below that of always saying one half."""
    score = []
    for seed in range(60):
        days = series(steady, seed, 120)
        past, coming = days[:28], days[28:]
        due = coming[26 + seed % 9].day  # about when they will be done
        done = sum(day.done for day in past)
        found = known(forecast(past, done + 11_400, coming[0].day, due, seed=seed))
        assert found.in_time is not None
        score.append((found.in_time - (finished(coming, 11_400) <= due)) ** 2)
    assert np.mean(score) < 0.18


def test_the_weekday_pattern_is_found_and_a_shut_day_is_no_bad_day() -> None:
    found = known(forecast(series(steady, 1, 28, shut_on=6), 60_000, MONDAY + timedelta(days=28)))
    assert found.weekday[6] == 0
    assert found.weekday[0] > 1 > found.weekday[5] > 0.7
    assert found.pace == pytest.approx(400 * sum(WEEK[:6]) / 7, rel=0.15)
    assert found.pace_hour == pytest.approx(40, rel=0.15)


def test_days_that_are_not_named_were_shut() -> None:
    named = [day for day in series(steady, 1, 28, shut_on=6) if day.hours]
    today = MONDAY + timedelta(days=28)
    assert known(forecast(named, 60_000, today)).weekday[6] == 0


def test_the_same_past_gives_the_same_forecast() -> None:
    past = series(stretches, 3, 40)
    today = past[-1].day + timedelta(days=1)
    assert forecast(past, 50_000, today, today) == forecast(past, 50_000, today, today)


def test_too_few_days_say_nothing_and_a_target_that_is_met_is_met() -> None:
    past = series(steady, 1, 10)
    today = MONDAY + timedelta(days=10)
    assert forecast(past[:3], 9_000, MONDAY + timedelta(days=3)) is None
    assert forecast([DayTotal(day.day, 0) for day in past], 9_000, today) is None
    met = known(forecast(past, 100, today, today))
    assert (met.left, met.finish, met.in_time) == (0, today, 1.0)
    assert (met.more_sets, met.more_hours) == (0, 0.0)


def test_what_is_needed_is_enough_and_less_is_not() -> None:
    """With the sets or hours that it names a forecast says it will be in time; with fewer not."""
    past = series(steady, 5, 28)
    today = MONDAY + timedelta(days=28)
    done = sum(day.done for day in past)
    due = today + timedelta(days=39)
    found = known(forecast(past, done + 30_000, today, due, sets=2))
    assert found.in_time is not None
    assert found.in_time < 0.1
    assert found.more_sets is not None
    assert found.more_hours is not None

    def with_factor(factor: float) -> float:
        faster = [DayTotal(day.day, round(day.done * factor), day.hours) for day in past]
        total = sum(day.done for day in faster)
        return known(forecast(faster, total + 30_000, today, due)).in_time or 0.0

    assert with_factor((2 + found.more_sets) / 2) >= 0.8
    assert with_factor((2 + found.more_sets - 1) / 2) < 0.8
    assert with_factor((10 + found.more_hours) / 10) >= 0.79
    assert with_factor((10 + found.more_hours - 1) / 10) < 0.8


def test_hours_that_no_day_has_are_not_named() -> None:
    past = series(steady, 5, 28)
    today = MONDAY + timedelta(days=28)
    found = known(forecast(past, 10**6, today, today + timedelta(days=30)))
    assert found.more_hours is None
    assert found.more_sets is not None
    assert found.more_sets > 50


def test_a_due_date_that_is_over_is_not_met() -> None:
    past = series(steady, 5, 28)
    today = MONDAY + timedelta(days=28)
    found = known(forecast(past, 60_000, today, today - timedelta(days=1)))
    assert (found.in_time, found.more_sets, found.more_hours) == (0.0, None, None)


# ---- the field -----------------------------------------------------------------------------------


def about(first: date, days: int, total: int, hours: float) -> list[DayTotal]:
    """Days that come to ``total``, with the scatter of real ones; the field told sums only."""
    dice = np.random.default_rng(1)
    weights = np.exp(dice.normal(0, 0.2, days))
    parts = np.diff(np.concatenate([[0], np.rint(np.cumsum(weights) / weights.sum() * total)]))
    return [DayTotal(first + timedelta(days=n), int(p), hours) for n, p in enumerate(parts)]


def test_song_lo_keeps_its_date_only_at_the_quicker_pace() -> None:
    """60,120 of 75,368 by 8 June 2021, all planned for 25 June: 897 a day.

    One every 3 min on two sets day and night is 940; at 5 min it is 564, and three sets too few.
    """
    today, due = date(2021, 6, 9), date(2021, 6, 25)
    quick = about(date(2021, 5, 18), 22, 22 * 960, 24)
    slow = about(date(2021, 5, 18), 22, 22 * 574, 24)
    at_3_min = known(forecast(quick, 75_368, today, due, done_before=60_120 - 22 * 960, sets=2))
    at_5_min = known(forecast(slow, 75_368, today, due, done_before=60_120 - 22 * 574, sets=2))
    assert at_3_min.left == at_5_min.left == 15_248
    assert at_3_min.in_time is not None
    assert at_3_min.in_time > 0.75
    assert at_3_min.finish is not None
    assert date(2021, 6, 23) <= at_3_min.finish <= due
    assert at_5_min.in_time == 0
    assert at_5_min.more_sets == 2
    assert at_5_min.more_hours is None


def test_quang_tri_after_six_weeks_needs_five_times_its_pace() -> None:
    """3,300 in six weeks from 1 Feb, target 21,566 by the end of April."""
    past = about(date(2021, 2, 1), 42, 3_300, 10)
    today, due = date(2021, 3, 15), date(2021, 4, 30)
    found = known(forecast(past, 21_566, today, due, sets=1))
    assert found.in_time == 0
    assert found.finish is not None
    assert date(2021, 10, 1) < found.finish < date(2021, 12, 15)
    assert found.more_sets in (4, 5)
    assert found.more_hours is None


def test_bim_son_at_its_average_is_done_when_it_was() -> None:
    """Over 3,000 by 11 March, over 44,000 by 17 June: seen from the middle of May."""
    past = about(date(2021, 3, 12), 65, 65 * 418, 17)
    today = date(2021, 5, 16)
    found = known(forecast(past, 44_000, today, date(2021, 7, 1), done_before=3_000))
    assert found.early is not None
    assert found.late is not None
    assert found.early <= date(2021, 6, 17) <= found.late
    assert found.in_time is not None
    assert found.in_time > 0.9
