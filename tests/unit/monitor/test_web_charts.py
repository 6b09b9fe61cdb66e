"""Scales of the region's drawings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.charts import scale


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (57, [0, 10, 20, 30, 40, 50]),
        (21_200, [0, 5_000, 10_000, 15_000, 20_000]),
        (2_106_000, [0, 500_000, 1_000_000, 1_500_000, 2_000_000]),
    ],
)
def test_a_scale_has_numbers_that_people_say(most: float, marks: list[float]) -> None:
    assert scale(most) == marks


@given(st.floats(4, 1e8))
def test_a_scale_is_even_and_neither_bare_nor_crowded(most: float) -> None:
    marks = scale(most)
    steps = {round(after - before, 6) for before, after in pairwise(marks)}
    assert len(steps) == 1
    assert 5 <= len(marks) <= 10
    assert marks[-1] <= most
