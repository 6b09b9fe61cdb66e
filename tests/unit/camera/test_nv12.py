"""Frames of a camera that has no RGB to give."""

from __future__ import annotations

import numpy as np
import pytest

from controller.devices.camera.sources import rgb_of_nv12

# JFIF 1.02: R = Y+1.402(Cr-128), G = Y-0.344(Cb-128)-0.714(Cr-128), B = Y+1.772(Cb-128).
COLOURS = {(76, 85, 255): (254, 0, 0), (150, 44, 21): (0, 255, 1), (255, 128, 128): (255, 255, 255)}


@pytest.mark.parametrize(("coded", "colour"), COLOURS.items())
def test_a_colour_comes_out_as_it_went_in(
    coded: tuple[int, int, int], colour: tuple[int, int, int]
) -> None:
    luma = np.full((4, 6), coded[0], np.uint8)
    chroma = np.tile(np.array(coded[1:], np.uint8), (2, 3))
    seen = rgb_of_nv12(np.vstack([luma, chroma]))
    assert seen.shape == (4, 6, 3)
    assert np.abs(seen.astype(int) - colour).max() <= 2


def test_each_pair_of_colour_goes_to_its_own_four_pixels() -> None:
    frame = np.full((6, 4), 128, np.uint8)
    frame[4, 2:] = (128, 255)  # the pair of the upper right four pixels is red
    red = rgb_of_nv12(frame)[:, :, 0] > 200
    assert red.tolist() == [[False, False, True, True]] * 2 + [[False] * 4] * 2
