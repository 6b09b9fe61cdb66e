"""The 35x45 mm picture cut out of a frame.

Circular 60/2021/TT-BCA asks for 35x45 mm, bare head, both ears, white background; ICAO Doc 9303
part 3 for a head of 70 to 80 % of the height (chin to crown), level eyes, and ISO/IEC 19794-5 for
the eye line between 50 % and 70 % of the height from the bottom. Head heights differ and hair
hides the crown, eyes do not: the rule is built on the eye line. With an eye distance of 63 mm and
a head of 228 mm in adults, 0.26 of the width between the eyes makes the head
0.26 * 35/45 * 228/63 = 73 % of the height, and an eye line at 45 % from the top leaves 4 mm above
it. The cut is turned so that the eyes are level.
"""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from controller.portrait.assess import CROP_EYE_DISTANCE
from controller.portrait.faces import Face
from controller.portrait.pixels import Picture

WIDTH_PX, HEIGHT_PX = 413, 531
"""35x45 mm at 300 dpi."""
EYE_LINE = 0.45
DOTS_PER_INCH = 300
MARGIN_PX = 3
"""Around what the picture shows: interpolation reaches so far."""
HUFFMAN_ONLY = 2
"""zlib's strategy: searching for repeats in a camera's noise takes long and gains nothing."""


def crop(frame: Picture, face: Face | None) -> bytes:
    """PNG, RGB, 413x531, of ``frame`` (RGB uint8); without a face its middle, full height.

    It says 300 dpi, so that it prints 35x45 mm. What lies outside the frame is filled with the
    nearest pixels: the background's colour.
    """
    height, width = frame.shape[:2]
    if face is None:
        scale, turn_deg, (cx, cy) = HEIGHT_PX / height, 0.0, (width / 2, height * EYE_LINE)
    else:
        scale = WIDTH_PX * CROP_EYE_DISTANCE / face.eye_distance_px
        turn_deg, (cx, cy) = face.tilt_deg, face.eye_middle
    # From a pixel of the picture to where it comes from in the frame: both from the eyes' middle.
    along, across = (f(np.radians(turn_deg)) / scale for f in (np.cos, np.sin))
    turn = np.array([[along, -across], [across, along]])
    origin = np.array([cx, cy]) - turn @ (WIDTH_PX / 2, HEIGHT_PX * EYE_LINE)
    corners = np.array([(x, y) for x in (0, WIDTH_PX) for y in (0, HEIGHT_PX)]) @ turn.T + origin
    left, top = np.floor(corners.min(axis=0)).astype(int) - MARGIN_PX
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + MARGIN_PX
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    columns = np.clip(np.arange(left, right), 0, width - 1)
    # Pillow counts from pixels' corners, we from their centres.
    x, y = origin - (left, top) + 0.5 - turn @ (0.5, 0.5)
    picture = Image.fromarray(frame[rows[:, None], columns]).transform(
        (WIDTH_PX, HEIGHT_PX),
        Image.Transform.AFFINE,
        (along, -across, x, across, along, y),
        Image.Resampling.BILINEAR if scale < 1 else Image.Resampling.BICUBIC,
    )
    png = BytesIO()
    dpi = (DOTS_PER_INCH, DOTS_PER_INCH)
    picture.save(png, "PNG", dpi=dpi, compress_level=1, compress_type=HUFFMAN_ONLY)
    return png.getvalue()
