"""Booths of a province do not come back at once, and a good session begins anew."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ground.backoff import STABLE_S, BackOff, Doubling


@given(st.integers(), st.lists(st.floats(0, STABLE_S - 1), min_size=1, max_size=60))
def test_a_delay_is_between_nothing_and_a_limit_that_doubles(seed: int, lives: list[float]) -> None:
    back_off = BackOff(1.0, 300.0, Random(seed))
    for tries, lived_s in enumerate(lives):
        assert 0 <= back_off.failed(lived_s) <= min(300.0, 2.0**tries)


def test_delays_fill_the_whole_range() -> None:
    delays = []
    for seed in range(400):
        back_off = BackOff(1.0, 300.0, Random(seed))
        delays.append([back_off.failed() for _ in range(12)][-1])
    assert min(delays) < 15
    assert max(delays) > 285
    assert 130 < sum(delays) / len(delays) < 170


def test_a_session_that_lived_begins_the_row_anew() -> None:
    back_off = BackOff(1.0, 300.0, Random(1))
    for _ in range(12):
        back_off.failed()
    assert back_off.failed(STABLE_S) <= 1.0


def test_what_is_alone_doubles_to_the_longest_and_begins_anew() -> None:
    wait = Doubling(200, 1_500)
    assert [wait.longer() for _ in range(5)] == [200, 400, 800, 1_500, 1_500]
    wait.anew()
    assert wait.wait == wait.longer() == 200
