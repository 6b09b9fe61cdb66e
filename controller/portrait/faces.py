"""Where the faces are, and the eyes of the largest one.

Haar cascades (``cascade``) with OpenCV's data files, which Debian's ``opencv-data`` installs: a few
milliseconds on a frame shrunk to 240 px, and the same result on a Pi.
https://docs.opencv.org/4.x/db/d28/tutorial_cascade_classifier.html
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from controller.fault import DeviceFault
from controller.portrait.cascade import Cascade
from controller.portrait.grouping import Box
from controller.portrait.pixels import Grey, blurred, resized
from edge.journal.events import Device, FaultCode

Point = tuple[float, float]

DATA = Path("/usr/share/opencv4/haarcascades")
"""Where Debian's opencv-data puts the trained cascades."""

SEARCH_WIDTH_PX = 240
SMALLEST_FACE = 0.11
"""Fraction of the frame's height; a face that small would be far below ICAO's resolution."""
FACE_PX = 160
"""The face box is brought to this size before eyes are searched and measured."""
EXPECTED_EYES = ((0.285, 0.40), (0.715, 0.40))
"""Where eyes lie in a Haar face box: stands in for one the cascade can't find (shut, glasses)."""


@dataclass(frozen=True)
class Face:
    """Pixels of the frame it was found in. ``left_eye`` is the one on the picture's left."""

    box: Box
    left_eye: Point
    right_eye: Point
    eyes_seen: int
    """How many of the two the cascade found; the others are where eyes usually are."""

    @property
    def eye_distance_px(self) -> float:
        (ax, ay), (bx, by) = self.left_eye, self.right_eye
        return float(np.hypot(bx - ax, by - ay))

    @property
    def eye_middle(self) -> Point:
        (ax, ay), (bx, by) = self.left_eye, self.right_eye
        return (ax + bx) / 2, (ay + by) / 2

    @property
    def tilt_deg(self) -> float:
        """Eye line against the horizon, clockwise in the picture positive."""
        (ax, ay), (bx, by) = self.left_eye, self.right_eye
        return float(np.degrees(np.arctan2(by - ay, bx - ax)))


@cache
def cascade(name: str) -> Cascade:
    """The trained detector of that name in OpenCV's data. Raises DeviceFault without them."""
    path = DATA / f"haarcascade_{name}.xml"
    try:
        return Cascade.read(path)
    except (OSError, ValueError) as error:
        detail = f"{path} is missing or damaged: apt install --reinstall opencv-data"
        raise DeviceFault(Device.CAMERA, FaultCode.NOT_FOUND, detail) from error


def prepare() -> None:
    """Read the data before the first frame comes. Raises DeviceFault without them."""
    for name in ("frontalface_alt", "eye"):
        cascade(name)


def find_faces(grey: Grey, near: Box | None = None) -> list[Box]:
    """Boxes of all faces in ``grey`` (h, w), largest first; square, inside the frame.

    With ``near``, the box in the frame before, only its surroundings are searched, for one face of
    about that size: a fifth of the work.
    """
    height, width = grey.shape
    scale = SEARCH_WIDTH_PX / width
    left, top, side = 0, 0, height * SMALLEST_FACE
    region = grey
    if near:
        x, y, w, h = near
        left, top, side = max(x - w // 2, 0), max(y - h // 2, 0), 0.75 * w
        region = grey[top : y + h + h // 2, left : x + w + w // 2]
    size = (round(region.shape[1] * scale), round(region.shape[0] * scale))
    (found,) = cascade("frontalface_alt").find(
        [resized(region, *size)], factor=1.1, smallest=round(side * scale)
    )
    boxes = []
    for x, y, w, _ in found:
        side_px = round(w / scale)
        x_px = min(left + round(x / scale), width - side_px)
        boxes.append((x_px, min(top + round(y / scale), height - side_px), side_px, side_px))
    return sorted(boxes, key=lambda box: -box[2])


def face_patch(grey: Grey, box: Box) -> Grey:
    """The face box, brought to (FACE_PX, FACE_PX)."""
    x, y, width, height = box
    return resized(grey[y : y + height, x : x + width], FACE_PX, FACE_PX)


def find_eyes(patch: Grey, box: Box) -> Face:
    """The face in ``box`` with its eyes, found in its ``face_patch``."""
    top, bottom = round(0.18 * FACE_PX), round(0.60 * FACE_PX)
    half = FACE_PX // 2
    halves = [patch[top:bottom, :half], patch[top:bottom, half:]]
    found = cascade("eye").find(halves, factor=1.15, smallest=26, largest=64)
    seen = 0
    eyes: list[Point] = []
    for side, (expected_x, expected_y) in enumerate(EXPECTED_EYES):
        left = side * half
        at = (expected_x * FACE_PX, expected_y * FACE_PX)
        centres = [(left + x + w / 2, top + y + h / 2) for x, y, w, h in found[side]]
        near = [c for c in centres if np.hypot(c[0] - at[0], c[1] - at[1]) < 0.17 * FACE_PX]
        if near:
            seen += 1
            at = _pupil(patch, min(near, key=lambda c: abs(c[0] - at[0]) + abs(c[1] - at[1])))
        eyes.append(at)
    x, y, width, _ = box
    scale = width / FACE_PX
    left_eye, right_eye = ((x + px * scale, y + py * scale) for px, py in eyes)
    return Face(box, left_eye, right_eye, seen)


def _pupil(patch: Grey, near: Point) -> Point:
    """Centre of the dark spot of about an iris' size around ``near``."""
    reach = round(0.085 * FACE_PX)
    x, y = round(near[0]), round(near[1])
    window = patch[y - reach : y + reach + 1, x - reach : x + reach + 1]
    smooth = blurred(window, 0.02 * FACE_PX)
    darkest, level = float(smooth.min()), float(np.median(smooth))
    weight = np.clip((darkest + level) / 2 - smooth, 0, None)
    total = float(weight.sum())
    if total <= 0:
        return near
    rows, columns = np.indices(weight.shape)
    dx, dy = float((columns * weight).sum()) / total, float((rows * weight).sum()) / total
    return x - reach + dx, y - reach + dy
