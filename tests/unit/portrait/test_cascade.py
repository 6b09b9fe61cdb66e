"""What our cascade finds is what OpenCV's finds, on real photographs; OpenCV is the judge."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import cv2.data
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from controller.fault import DeviceFault
from controller.portrait import faces
from controller.portrait.cascade import Cascade
from controller.portrait.grouping import Box, grouped
from controller.portrait.pixels import Grey, grey, resized
from edge.journal.events import Device
from hw.twins.camera_picture import Image, Sitting, photograph, picture

FACE, EYE = "frontalface_alt", "eye"
TOLERANCE_PX = 1
"""Of pictures 240 px wide. Same data, same steps: only the last digits of sums may differ."""


@cache
def judge(name: str) -> cv2.CascadeClassifier:
    """OpenCV's own detector with its own wheel's data."""
    return cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_{name}.xml")


def judged(name: str, shades: Grey, factor: float, smallest: int, largest: int = 0) -> list[Box]:
    found = judge(name).detectMultiScale(
        shades, factor, minNeighbors=3, minSize=(smallest, smallest), maxSize=(largest, largest)
    )
    return sorted(tuple(map(int, box)) for box in found)  # type: ignore[misc]


def small(frame: Image) -> Grey:
    """As wide as faces are looked for in."""
    height, width = frame.shape[:2]
    return resized(grey(frame), 240, round(height * 240 / width))


def same(ours: list[Box], theirs: list[Box]) -> None:
    assert len(ours) == len(theirs)
    for mine, other in zip(sorted(ours), theirs, strict=True):
        assert mine == pytest.approx(other, abs=TOLERANCE_PX)


def turned(frame: Image, degrees: float) -> Image:
    height, width = frame.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(frame, turn, (width, height)), dtype=np.uint8)


SCENES: dict[str, Any] = {
    **{f"person {n}": lambda n=n: picture(Sitting(person=n)) for n in range(4)},
    "nobody": lambda: picture(Sitting(faces=0)),
    "two people": lambda: picture(Sitting(faces=2)),
    "before the flag": lambda: picture(Sitting(background="busy")),
    "leaning": lambda: picture(Sitting(tilt_deg=14)),
    "far": lambda: picture(Sitting(distance=1.6)),
    "near": lambda: picture(Sitting(distance=0.54)),
    "dark": lambda: picture(Sitting(complexion=0.2)),
    "eyes shut": lambda: picture(Sitting(eyes="closed")),
    "out of focus": lambda: picture(Sitting(blur_px=3)),
    "the whole photograph": photograph,
    "the photograph, leaning": lambda: turned(photograph(), 10),
    "the photograph, on its side": lambda: turned(photograph(), 90),
    "no person but a cat": data.cat,
    "a cup": data.coffee,
}


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_faces_are_found_and_no_others(scene: str) -> None:
    shades = small(np.ascontiguousarray(SCENES[scene]()))
    (ours,) = faces.cascade(FACE).find([shades], factor=1.1, smallest=20)
    same(ours, judged(FACE, shades, 1.1, 20))


def test_the_scenes_have_faces_and_have_none() -> None:
    """So that the test above compares something."""
    counts = [len(judged(FACE, small(np.ascontiguousarray(s())), 1.1, 20)) for s in SCENES.values()]
    assert {0, 1, 2} <= set(counts)


@pytest.mark.parametrize("scene", [s for s in SCENES if s.startswith("person")])
def test_the_same_eyes_are_found_in_both_halves_at_once(scene: str) -> None:
    shades = grey(SCENES[scene]())
    patch = faces.face_patch(shades, faces.find_faces(shades)[0])
    halves = [patch[29:96, :80], patch[29:96, 80:]]
    ours = faces.cascade(EYE).find(halves, factor=1.15, smallest=26, largest=64)
    theirs = [judged(EYE, np.ascontiguousarray(half), 1.15, 26, 64) for half in halves]
    assert all(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        same(mine, other)


@given(st.integers(0, 400), st.integers(0, 400), st.integers(20, 112), st.integers(20, 112))
def test_any_part_of_a_photograph_is_judged_alike(x: int, y: int, width: int, height: int) -> None:
    shades = np.ascontiguousarray(grey(photograph())[y : y + height, x : x + width])
    (ours,) = faces.cascade(EYE).find([shades], factor=1.2, smallest=20)
    same(ours, judged(EYE, shades, 1.2, 20))


boxes = st.tuples(*[st.integers(0, 80)] * 2, st.integers(20, 60)).map(lambda b: (*b, b[2]))


@given(st.lists(boxes, max_size=25), st.integers(1, 4))
def test_boxes_are_grouped_as_opencv_groups_them(found: list[Box], neighbours: int) -> None:
    theirs, _ = cv2.groupRectangles([list(box) for box in found], neighbours, 0.2)
    ours = sorted(grouped(np.array(found, np.int32).reshape(-1, 4), neighbours))
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, sorted(tuple(map(int, box)) for box in theirs), strict=True):
        assert mine == pytest.approx(other, abs=1), "halves are rounded from another last digit"


def test_a_picture_smaller_than_a_window_has_nothing_in_it() -> None:
    assert faces.cascade(FACE).find([np.zeros((19, 300), np.uint8)], factor=1.1, smallest=20) == [
        []
    ]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "<opencv_storage/>",
        "<opencv_storage><cascade><width>20</width></cascade></opencv_storage>",
    ],
    ids=["empty", "no cascade", "cut short"],
)
def test_a_damaged_file_is_told_by_its_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "haarcascade_eye.xml"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"haarcascade_eye\.xml"):
        Cascade.read(path)


def test_data_that_are_not_installed_are_the_cameras_fault_and_say_what_to_install() -> None:
    with pytest.raises(DeviceFault) as caught:
        faces.cascade("none_of_opencv")
    assert caught.value.device is Device.CAMERA
    assert "haarcascade_none_of_opencv.xml is missing" in caught.value.detail
    assert "apt install" in caught.value.detail
    assert "opencv-data" in caught.value.detail


def test_a_cascade_of_trees_is_refused() -> None:
    with pytest.raises(ValueError, match="stumps"):
        Cascade.read(faces.DATA / "haarcascade_frontalface_alt2.xml")
