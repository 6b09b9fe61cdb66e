"""One number per portrait check, each independent of the camera's resolution.

No thresholds here: those are policy (``limits.py``). All take grey pictures, uint8 (h, w).
"""

from __future__ import annotations

import numpy as np

from controller.portrait.faces import FACE_PX, Face
from controller.portrait.pixels import Grey, laplacian

IRIS = 0.186
"""Iris over eye distance: 11.7 mm of 63 mm, nearly the same in all adults."""


def eye_opening(patch: Grey, face: Face) -> float:
    """Height of the dark of the eye over the iris' diameter; the more closed eye of both.

    About 0.8 wide open, 0.5 in narrow eyes, below 0.25 when only the lashes are dark.
    ``patch`` is the ``face_patch`` of the face.
    """
    x, y, width, _ = face.box
    scale = FACE_PX / width
    iris_px = face.eye_distance_px * scale * IRIS
    reach = round(iris_px * 1.2)
    openings = []
    for eye in (face.left_eye, face.right_eye):
        cx, cy = round((eye[0] - x) * scale), round((eye[1] - y) * scale)
        window = patch[max(cy - reach, 0) : cy + reach + 1, max(cx - reach, 0) : cx + reach + 1]
        skin, dark = float(np.percentile(window, 75)), float(np.percentile(window, 1))
        if skin - dark < 0.3 * skin:
            openings.append(0.0)
            continue
        # Per column dark rows are counted, not one run (the light's reflection in the pupil would
        # cut it in two), and the tallest columns decide: the pupil is not found to the pixel.
        columns = slice(max(cx - round(iris_px / 2), 0), cx + round(iris_px / 2) + 1)
        shade = patch[max(cy - reach, 0) : cy + reach + 1, columns]
        heights = (shade < (skin + dark) / 2).sum(axis=0)
        openings.append(float(np.percentile(heights, 75)) / iris_px)
    return min(openings)


def sharpness(patch: Grey) -> float:
    """Energy of fine detail over contrast, in percent; the face at its fixed size.

    Variance of the Laplacian (Pech-Pacheco et al., ICPR 2000) over the variance of grey levels, so
    that neither light nor the colour of skin counts as sharpness.
    """
    inner = patch[FACE_PX // 8 : -FACE_PX // 8, FACE_PX // 8 : -FACE_PX // 8]
    detail = float(laplacian(inner).var())
    return 100 * detail / max(float(inner.var()), 1.0)


def face_light(patch: Grey) -> float:
    """Median grey level of cheeks, nose and mouth: hair and background left out."""
    q = FACE_PX // 4
    return float(np.median(patch[q + q // 2 : -q // 2, q:-q]))


def background(grey: Grey, face: Face, crop_width_px: float) -> tuple[float, float]:
    """Spread and median of the grey levels beside the head, just outside the crop (hair reaches
    nearly to its edge), from above the head to the eye line.

    Spread: 10th to 90th percentile over 2.56, which is sigma for noise; a lock of hair or a
    shoulder in a corner does not raise it.
    """
    (cx, cy), half = face.eye_middle, crop_width_px / 2
    height, width = grey.shape
    top, bottom = max(round(cy - crop_width_px * 0.57), 0), max(min(round(cy), height), 0)
    strips = []
    for inner, outer in ((-1.05, -1.6), (1.05, 1.6)):
        left, right = sorted((round(cx + inner * half), round(cx + outer * half)))
        strips.append(grey[top:bottom:2, max(left, 0) : max(min(right, width), 0) : 2].ravel())
    levels = np.concatenate(strips)
    if not levels.size:
        return 0.0, 255.0
    low, middle, high = np.percentile(levels, (10, 50, 90))
    return float(high - low) / 2.56, float(middle)
