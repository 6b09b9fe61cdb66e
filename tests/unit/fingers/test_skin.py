"""The virtual finger: it is itself, nobody else's, and never touches the glass twice alike.

The matcher is judged by what it decides on images alone; it is given no identity.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hw.twins.finger import skin
from hw.twins.finger.matcher import LEAST_SCORE, Template, Unusable, score, template

PEOPLE = ("an", "binh", "chi")
FINGERS = [(person, position) for person in PEOPLE for position in skin.POSITIONS]
NEEDED = LEAST_SCORE[3]


def seen(person: str, position: str, number: int, quality: float = 0.9) -> Template:
    condition = skin.CONDITIONS[number % 3]
    touch = skin.Touch(person, position, quality, condition, number=number)
    return template(skin.pressed(touch))


@pytest.fixture(scope="module")
def stored() -> list[Template]:
    return [seen(person, position, 0) for person, position in FINGERS]


def test_the_same_finger_matches_itself_each_of_240_times(stored: list[Template]) -> None:
    scores = [
        score(seen(person, position, number, quality), stored[index])
        for index, (person, position) in enumerate(FINGERS)
        for number in range(1, 5)
        for quality in (0.95, 0.6)
    ]
    assert len(scores) == 240
    assert min(scores) >= NEEDED


def test_no_finger_matches_another_of_the_same_or_another_person(stored: list[Template]) -> None:
    asking = [seen(person, position, 7, 0.75) for person, position in FINGERS]
    scores = [
        score(asking[one], stored[other])
        for one, other in itertools.permutations(range(len(FINGERS)), 2)
    ]
    assert len(scores) == 870
    assert max(scores) < NEEDED


def test_a_touch_is_the_same_on_every_run_and_two_touches_differ() -> None:
    one = skin.Touch("an", "left_ring", number=1)
    skin.ridges.cache_clear()
    first = skin.pressed(one)
    skin.ridges.cache_clear()
    assert np.array_equal(skin.pressed(one), first)
    second = skin.pressed(skin.Touch("an", "left_ring", number=2))
    assert (second != first).mean() > 0.3


def test_an_image_has_the_sensors_size_and_sixteen_levels() -> None:
    image = skin.pressed(skin.Touch("an", "left_thumb"))
    assert image.shape == (192, 192)
    assert image.dtype == np.uint8
    assert set(np.unique(image)) == set(range(16))


@pytest.mark.parametrize(("condition", "code"), [("wet", 6), ("worn", 6)])
def test_a_finger_without_readable_ridges_gives_no_template(condition: str, code: int) -> None:
    touch = skin.Touch("an", "left_thumb", 0.0, condition)
    with pytest.raises(Unusable) as caught:
        template(skin.pressed(touch))
    assert caught.value.code == code


def test_a_finger_mostly_off_the_glass_gives_no_template() -> None:
    touch = skin.Touch("an", "left_thumb", offset_mm=(8.0, 0.0))
    with pytest.raises(Unusable) as caught:
        template(skin.pressed(touch))
    assert caught.value.code == 7
