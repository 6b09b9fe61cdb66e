"""The cut-out is 35x45 mm at 300 dpi, the head straight and where the rule puts it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from controller.portrait import PortraitLimits
from controller.portrait.assess import CROP_EYE_DISTANCE, examine
from controller.portrait.crop import EYE_LINE, HEIGHT_PX, WIDTH_PX, crop
from hw.twins.camera_picture import Sitting, picture


def cut(**how: Any) -> bytes:
    frame = picture(Sitting(**how))
    _, seen = examine(frame, PortraitLimits())
    return crop(frame, seen.face if seen else None)


def opened(png: bytes) -> NDArray[np.uint8]:
    return np.asarray(Pillow.open(BytesIO(png)).convert("RGB"))


def test_it_is_35_by_45_mm_at_300_dpi_and_says_so() -> None:
    image = Pillow.open(BytesIO(cut()))
    image.verify()  # all checksums, the added chunk's too
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (413, 531))
    width_mm, height_mm = (
        px / dpi * 25.4 for px, dpi in zip(image.size, image.info["dpi"], strict=True)
    )
    assert width_mm == pytest.approx(35, abs=0.05)
    assert height_mm == pytest.approx(45, abs=0.05)


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"person": 3},
        {"tilt_deg": 7},
        {"tilt_deg": -12},
        {"distance": 1.5},
        {"distance": 0.7},
        {"x": 0.12, "y": 0.08},
    ],
    ids=str,
)
def test_the_eyes_are_level_and_where_the_rule_puts_them(how: dict[str, Any]) -> None:
    _, seen = examine(opened(cut(**how)), PortraitLimits())
    assert seen
    x, y = seen.face.eye_middle
    assert x / WIDTH_PX == pytest.approx(0.5, abs=0.02)
    assert y / HEIGHT_PX == pytest.approx(EYE_LINE, abs=0.02)
    assert seen.face.eye_distance_px / WIDTH_PX == pytest.approx(CROP_EYE_DISTANCE, abs=0.025)
    assert abs(seen.face.tilt_deg) < 3


@pytest.mark.parametrize(
    "how", [{}, {"tilt_deg": -12}, {"distance": 1.5}, {"distance": 0.7}, {"x": -0.37}], ids=str
)
def test_the_cut_shows_what_opencv_cuts(how: dict[str, Any]) -> None:
    """To less than a grey level on average: a shift by half a pixel would be two and more."""
    frame = picture(Sitting(**how))
    _, seen = examine(frame, PortraitLimits())
    assert seen
    scale = WIDTH_PX * CROP_EYE_DISTANCE / seen.face.eye_distance_px
    (x, y), turn_deg = seen.face.eye_middle, seen.face.tilt_deg
    move = np.asarray(cv2.getRotationMatrix2D((x, y), turn_deg, scale), dtype=np.float64)
    move[:, 2] += WIDTH_PX / 2 - x, HEIGHT_PX * EYE_LINE - y
    theirs = cv2.warpAffine(
        frame,
        move,
        (WIDTH_PX, HEIGHT_PX),
        flags=cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    assert np.abs(opened(crop(frame, seen.face)).astype(int) - theirs).mean() < 1


def test_the_colours_are_not_swapped() -> None:
    red, _, blue = np.median(opened(cut())[300:330, 180:230].reshape(-1, 3), axis=0)
    assert red > blue + 20, "skin is warmer than it is blue"


def test_what_lies_outside_the_frame_is_filled_with_background() -> None:
    side = opened(cut(x=-0.37))[:240, :20]
    assert side.mean() > 180
    assert float(side.std()) < 20


def test_a_forced_picture_without_a_face_is_the_middle_of_the_frame() -> None:
    frame = picture(Sitting(faces=0))
    frame[:, 620:660] = 0
    image = opened(crop(frame, None))
    assert image.shape == (531, 413, 3)
    assert image[:, 206].mean() < 40, "the dark stripe in the frame's middle is in the middle"
    assert image[:, :150].mean() > 150
