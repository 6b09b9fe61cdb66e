"""Numbers of one frame against the limits, with the advice an operator can act on.

Checks come in the order in which they should be mended: who is in the picture, where, how, and
how good the picture is. When no face is found the other checks are not made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.portrait import measures
from controller.portrait.faces import Face, face_patch, find_eyes, find_faces
from controller.portrait.judged import Assessment, Check
from controller.portrait.limits import PortraitLimits
from controller.portrait.pixels import Grey, Picture, grey
from ground.text import N_

CROP_EYE_DISTANCE = 0.26
"""Eye distance over the width of the 35x45 mm picture: see ``crop.py``."""

WEIGHTS = {
    "sharpness": 30,
    "eyes_open": 25,
    "face_light": 15,
    "eye_distance": 10,
    "eyes_level": 10,
    "centred_x": 5,
    "background_spread": 5,
}


def assess(frame: Picture, limits: PortraitLimits) -> Assessment:
    """All checks of ``frame``, RGB uint8 (h, w, 3). ``face`` is in pixels of ``frame``."""
    return examine(frame, limits)[0]


@dataclass(frozen=True)
class Sighting:
    """Who was seen in a frame: for the crop, and to find them faster in the next frame."""

    face: Face
    others: int


def examine(
    frame: Picture, limits: PortraitLimits, before: Sighting | None = None
) -> tuple[Assessment, Sighting | None]:
    """``assess`` and whom it saw. ``before`` is the frame just before, of the same burst: the face
    is looked for around it, and how many others there were is not counted again."""
    shades = grey(frame)
    boxes = find_faces(shades, before.face.box)[:1] if before else []
    if not boxes:
        before, boxes = None, find_faces(shades)
    if not boxes:
        check = Check(
            "face", 0, 1, None, False, N_("Ask the person to face the camera with open eyes")
        )
        return Assessment([check], 0), None
    patch = face_patch(shades, boxes[0])
    face = find_eyes(patch, boxes[0])
    others = (
        before.others
        if before
        else sum(box[2] >= limits.other_face * boxes[0][2] for box in boxes[1:])
    )
    checks = _checks(shades, patch, face, others, limits)
    return Assessment(checks, quality(checks), face.box), Sighting(face, others)


def _checks(
    shades: Grey, patch: Grey, face: Face, others: int, limits: PortraitLimits
) -> Sequence[Check]:
    height, width = shades.shape
    (eyes_x, eyes_y), distance = face.eye_middle, face.eye_distance_px
    spread, back = measures.background(shades, face, distance / CROP_EYE_DISTANCE)
    side = limits.off_centre_x
    # The picture is not mirrored: who is too far right in it has to move to their own right.
    return [
        Check("face", 1, 1, None, True, ""),
        _check("single", 1 + others, None, 1, "", N_("Only one person may be in the picture")),
        _check(
            "centred_x",
            eyes_x / width - 0.5,
            -side,
            side,
            N_("Ask the person to move to their left"),
            N_("Ask the person to move to their right"),
        ),
        _check(
            "centred_y",
            eyes_y / height,
            limits.eye_line_high,
            limits.eye_line_low,
            N_("Raise the camera or lower the seat"),
            N_("Lower the camera or raise the seat"),
        ),
        _check(
            "eye_distance",
            distance / height,
            limits.eye_distance_min,
            limits.eye_distance_max,
            N_("Move closer"),
            N_("Move back"),
        ),
        _check(
            "eyes_level",
            abs(face.tilt_deg),
            None,
            limits.tilt_max_deg,
            "",
            N_("Ask the person to hold the head straight"),
        ),
        _check(
            "eyes_open",
            measures.eye_opening(patch, face),
            limits.eye_open_min,
            None,
            N_("Look up at the camera with both eyes open, without glasses"),
            "",
        ),
        _check(
            "sharpness",
            measures.sharpness(patch),
            limits.sharpness_min,
            None,
            N_("Ask the person to keep still and wipe the camera's glass"),
            "",
        ),
        _check(
            "face_light",
            measures.face_light(patch),
            limits.face_light_min,
            limits.face_light_max,
            N_("More light on the face"),
            N_("Less light on the face"),
        ),
        _check(
            "background_spread",
            spread,
            None,
            limits.background_spread_max,
            "",
            N_("Pull the white screen straight behind the person"),
        ),
        _check(
            "background_light",
            back,
            limits.background_light_min,
            None,
            N_("Light the white screen behind the person"),
            "",
        ),
    ]


def _check(
    name: str, value: float, low: float | None, high: float | None, below: str, above: str
) -> Check:
    advice = ""
    if low is not None and value < low:
        advice = below
    elif high is not None and value > high:
        advice = above
    return Check(name, round(float(value), 3), low, high, not advice, advice)


def quality(checks: Sequence[Check]) -> int:
    """0…100: weighted mean of how far each check is inside its limits.

    A value at its limit gives half its weight, one well inside (1.5 times a lower limit, half of
    an upper one, the middle between two) all of it. An own measure for choosing the best frame
    and for watching a station over time; not comparable with ISO 29794-5 scores.
    """
    total = sum(WEIGHTS[c.name] * _inside(c) for c in checks if c.name in WEIGHTS)
    return round(100 * total / sum(WEIGHTS.values()))


def _inside(check: Check) -> float:
    """0 far outside, 0.5 at the limit, 1 well inside."""
    low, high, value = check.low, check.high, check.value
    if low is not None and high is not None:
        middle, half = (low + high) / 2, (high - low) / 2
        score = 1.5 - abs(value - middle) / half
    elif low is not None:
        score = value / low - 0.5
    else:
        assert high is not None
        score = 1.5 - value / high
    return min(max(score, 0.0), 1.0)
