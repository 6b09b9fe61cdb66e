"""Each check fails for its own reason, passes on a good picture, and says what to do."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.portrait import PortraitLimits
from controller.portrait.assess import WEIGHTS, assess, examine, quality
from controller.portrait.judged import Check
from hw.twins.camera_picture import Image, Sitting, picture

LIMITS = PortraitLimits()


@lru_cache(maxsize=64)
def sat(**how: Any) -> Image:
    return picture(Sitting(**how))


def failed(frame: Image, limits: PortraitLimits = LIMITS) -> dict[str, str]:
    """Names and advice of the checks that failed."""
    return {c.name: c.advice for c in assess(frame, limits).checks if not c.passed}


@pytest.mark.parametrize("person", range(8))
def test_a_person_who_sits_well_passes_every_check(person: int) -> None:
    assessment = assess(sat(person=person), LIMITS)
    assert [c.name for c in assessment.checks if not c.passed] == []
    assert assessment.passed
    assert assessment.quality >= 90


@pytest.mark.parametrize(
    ("how", "check", "advice"),
    [
        ({"faces": 0}, "face", "Ask the person to face the camera with open eyes"),
        ({"faces": 2}, "single", "Only one person may be in the picture"),
        ({"x": 0.2}, "centred_x", "Ask the person to move to their right"),
        ({"x": -0.2}, "centred_x", "Ask the person to move to their left"),
        ({"y": -0.25}, "centred_y", "Raise the camera or lower the seat"),
        ({"y": 0.25}, "centred_y", "Lower the camera or raise the seat"),
        ({"distance": 1.6}, "eye_distance", "Move closer"),
        ({"distance": 0.54}, "eye_distance", "Move back"),
        ({"tilt_deg": 14}, "eyes_level", "Ask the person to hold the head straight"),
        ({"tilt_deg": -14}, "eyes_level", "Ask the person to hold the head straight"),
        (
            {"eyes": "closed"},
            "eyes_open",
            "Look up at the camera with both eyes open, without glasses",
        ),
        (
            {"blur_px": 3},
            "sharpness",
            "Ask the person to keep still and wipe the camera's glass",
        ),
        ({"complexion": 0.2}, "face_light", "More light on the face"),
        ({"complexion": 1.6}, "face_light", "Less light on the face"),
        (
            {"background": "busy"},
            "background_spread",
            "Pull the white screen straight behind the person",
        ),
        (
            {"light": 0.5},
            "background_light",
            "Light the white screen behind the person",
        ),
    ],
    ids=str,
)
def test_what_is_wrong_fails_its_own_check_with_its_own_advice(
    how: dict[str, Any], check: str, advice: str
) -> None:
    wrong = failed(sat(**how))
    assert wrong[check] == advice
    # The second person pushes the first aside; nothing else goes along with anything.
    assert set(wrong) <= {check} | ({"centred_x"} if check == "single" else set())


@pytest.mark.parametrize("person", range(4))
@pytest.mark.parametrize(
    "how", [{"eyes": "narrow"}, {"complexion": 0.4}, {"tilt_deg": 4}, {"blur_px": 0.8}], ids=str
)
def test_what_nobody_can_mend_does_not_fail(how: dict[str, Any], person: int) -> None:
    assert failed(sat(person=person, **how)) == {}


def test_without_a_face_no_number_is_made_up() -> None:
    assessment = assess(sat(faces=0), LIMITS)
    assert [c.name for c in assessment.checks] == ["face"]
    assert (assessment.face, assessment.quality, assessment.passed) == (None, 0, False)


def test_the_face_is_given_in_pixels_of_the_frame() -> None:
    assessment = assess(sat(), LIMITS)
    assert assessment.face
    x, y, width, height = assessment.face
    assert x < 640 < x + width, "the sitter is in the middle"
    assert y < 0.42 * 960 < y + height, "and the eyes are there"


def test_thresholds_are_policy() -> None:
    strict = replace(LIMITS, eye_open_min=1.5, tilt_max_deg=0.1, sharpness_min=90.0)
    assert set(failed(sat(), strict)) == {"eyes_open", "eyes_level", "sharpness"}


def test_the_verdict_does_not_depend_on_the_resolution() -> None:
    half = cv2.resize(sat(), (800, 600), interpolation=cv2.INTER_AREA)
    assert failed(half) == {}  # type: ignore[arg-type]
    whole = {c.name: c.value for c in assess(sat(), LIMITS).checks}
    for check in assess(half, LIMITS).checks:  # type: ignore[arg-type]
        if check.name in ("centred_x", "centred_y", "eye_distance", "face_light"):
            assert check.value == pytest.approx(whole[check.name], rel=0.08, abs=0.02)


def test_quality_falls_as_the_picture_gets_worse() -> None:
    by_blur = [assess(sat(blur_px=blur), LIMITS).quality for blur in (0.0, 1.2, 1.8, 3.0)]
    assert by_blur == sorted(by_blur, reverse=True)
    assert by_blur[0] - by_blur[-1] >= 25
    shut = assess(sat(eyes="closed"), LIMITS).quality
    assert shut <= by_blur[0] - 15, "a blink never wins a burst"


def test_a_face_tracked_through_a_burst_gets_the_same_verdict() -> None:
    _, before = examine(sat(), LIMITS)
    moved = sat(x=0.03, y=0.02)
    tracked, _ = examine(moved, LIMITS, before)
    alone, _ = examine(moved, LIMITS)
    assert tracked.face
    assert alone.face
    assert tracked.face == pytest.approx(alone.face, abs=30)
    assert tracked.passed == alone.passed


def test_a_face_that_jumped_away_during_a_burst_is_found_again() -> None:
    _, before = examine(sat(x=-0.25), LIMITS)
    assessment, _ = examine(sat(x=0.25), LIMITS, before)
    assert assessment.face
    assert assessment.face[0] > 640


def test_a_second_person_is_still_counted_in_the_frames_after_the_first() -> None:
    _, before = examine(sat(faces=2), LIMITS)
    assessment, _ = examine(sat(faces=2), LIMITS, before)
    assert "single" in {c.name for c in assessment.checks if not c.passed}


numbers = st.floats(-1e6, 1e6)


@given(
    st.lists(
        st.builds(
            lambda name, value, low, high: Check(name, value, low, high, True, ""),
            st.sampled_from([*WEIGHTS, "single"]),
            numbers,
            st.floats(0.01, 100),
            st.none() | st.floats(100.01, 1000),
        )
    )
)
def test_quality_is_a_percentage_whatever_the_numbers(checks: list[Check]) -> None:
    unique = {check.name: check for check in checks}
    assert 0 <= quality(list(unique.values())) <= 100
