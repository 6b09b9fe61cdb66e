"""Pixels are treated as OpenCV treats them, for which the limits were set."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from controller.portrait.pixels import Grey, blurred, grey, laplacian, resized
from hw.twins.camera_picture import Sitting, picture

FRAME = picture(Sitting())
SHADES: Grey = np.asarray(cv2.cvtColor(FRAME, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def test_grey_is_opencvs_grey_but_for_a_rounding() -> None:
    """OpenCV has its coefficients in 14 bits, Pillow in 16."""
    ours = grey(FRAME).astype(int)
    assert np.abs(ours - SHADES).max() <= 1
    assert (ours != SHADES).mean() < 0.001


@pytest.mark.parametrize(
    ("width", "height"), [(240, 180), (160, 160), (1279, 959), (94, 71)], ids=str
)
def test_a_shrunk_picture_has_opencvs_means(width: int, height: int) -> None:
    """But for means that lie, to float32's last digit, half way between two levels."""
    theirs = cv2.resize(SHADES, (width, height), interpolation=cv2.INTER_AREA)
    ours = resized(SHADES, width, height).astype(int)
    assert np.abs(ours - theirs).max() <= 1
    assert (ours != theirs).mean() < 0.002


@given(arrays(np.uint8, (25, 25)), st.integers(1, 40), st.integers(1, 40))
def test_any_size_can_be_brought_to_any_other(shades: Grey, width: int, height: int) -> None:
    """Wherever a picture is made smaller, as ours are, OpenCV has the same to a level."""
    ours = resized(shades, width, height)
    assert ours.shape == (height, width)
    if width <= 25 and height <= 25:
        theirs = cv2.resize(shades, (width, height), interpolation=cv2.INTER_AREA)
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_a_blur_is_opencvs_but_for_a_rounding() -> None:
    window = SHADES[400:429, 500:529]
    theirs = cv2.GaussianBlur(window, (0, 0), 3.2)
    ours = blurred(window, 3.2)
    assert np.abs(ours - theirs).max() <= 1
    assert (ours != theirs).mean() < 0.05


def test_details_are_opencvs() -> None:
    inner = SHADES[300:420, 500:620]
    assert np.array_equal(laplacian(inner), cv2.Laplacian(inner, cv2.CV_32F))
