"""The ridge measure follows what spoils a finger, and says what to do about it."""

from __future__ import annotations

import io
from statistics import mean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from controller.devices.ports import FingerImage
from controller.stages.fingers.quality import encode_png, ridge_quality
from hw.twins.finger import skin

QUALITIES = (1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1)
CROWD = [(person, position) for person in ("an", "binh") for position in skin.POSITIONS[:5]]


def image(
    person: str, position: str, quality: float = 0.95, condition: str = "dry", x_mm: float = 0.0
) -> FingerImage:
    touch = skin.Touch(person, position, quality, condition, (x_mm, 0.0), 1)
    return FingerImage(skin.pressed(touch) * np.uint8(17), skin.DPI)


def worst_advice(condition: str, quality: float) -> set[str]:
    return {ridge_quality(image(*finger, quality, condition)).advice for finger in CROWD}


@pytest.mark.parametrize("condition", skin.CONDITIONS)
def test_the_measure_falls_with_every_step_of_the_fingers_quality(condition: str) -> None:
    for finger in CROWD:
        values = [ridge_quality(image(*finger, quality, condition)).value for quality in QUALITIES]
        assert values == sorted(values, reverse=True), (finger, values)
        assert values[0] > 85
        assert values[-1] < 25


def test_a_clean_finger_needs_no_advice() -> None:
    assert worst_advice("dry", 0.95) == {""}


def test_a_dry_finger_is_pressed_harder() -> None:
    assert worst_advice("dry", 0.4) == {"Press a little harder"}


def test_a_wet_finger_is_dried() -> None:
    assert worst_advice("wet", 0.3) == {"Dry the finger"}


def test_a_worn_finger_is_cleaned() -> None:
    assert worst_advice("worn", 0.55) == {"Clean the finger and the glass"}


def test_a_misplaced_finger_is_moved_to_the_middle() -> None:
    straight = mean(ridge_quality(image(*finger)).value for finger in CROWD)
    beside = [ridge_quality(image(*finger, x_mm=4.0)) for finger in CROWD]
    assert mean(result.value for result in beside) < straight / 2
    assert {result.advice for result in beside} == {"Put the finger in the middle of the glass"}


def test_an_empty_glass_is_worth_nothing() -> None:
    result = ridge_quality(FingerImage(np.full((192, 192), 255, np.uint8), 508))
    assert (result.value, result.advice) == (0, "Put the finger on the glass")


def test_the_ridge_period_of_a_grating_is_measured() -> None:
    """A sine of nine pixels: 9 · 25.4 / 508 = 0.45 mm."""
    wave = 127.5 - 127.5 * np.cos(2 * np.pi * np.arange(192) / 9)
    grating = np.tile(wave.astype(np.uint8), (192, 1))
    result = ridge_quality(FingerImage(grating, 508))
    assert result.period_mm == pytest.approx(0.45, rel=0.1)
    assert result.coherence > 0.99


@settings(max_examples=50)
@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, min_side=60, max_side=200)))
def test_any_image_gets_a_value_between_0_and_100(pixels: np.ndarray) -> None:
    assert 0 <= ridge_quality(FingerImage(pixels, 508)).value <= 100


@settings(max_examples=30)
@given(arrays(np.uint8, (40, 30), elements=st.integers(0, 255)))
def test_the_png_holds_every_pixel_and_the_resolution(pixels: np.ndarray) -> None:
    with Image.open(io.BytesIO(encode_png(FingerImage(pixels, 508)))) as png:
        assert np.array_equal(np.asarray(png), pixels)
        assert png.info["dpi"] == pytest.approx((508, 508))
