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

import struct
import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from controller.portrait.assess import CROP_EYE_DISTANCE
from controller.portrait.faces import Face

WIDTH_PX, HEIGHT_PX = 413, 531
"""35x45 mm at 300 dpi."""
EYE_LINE = 0.45
DOTS_PER_METRE = 11811


def crop(frame: NDArray[np.uint8], face: Face | None) -> bytes:
    """PNG, RGB, 413x531, of ``frame`` (RGB uint8); without a face its middle, full height.

    What lies outside the frame is filled with the nearest pixels: the background's colour.
    """
    height, width = frame.shape[:2]
    if face is None:
        scale, turn_deg, (cx, cy) = HEIGHT_PX / height, 0.0, (width / 2, height * EYE_LINE)
    else:
        scale = WIDTH_PX * CROP_EYE_DISTANCE / face.eye_distance_px
        turn_deg, (cx, cy) = face.tilt_deg, face.eye_middle
    move = cv2.getRotationMatrix2D((cx, cy), turn_deg, scale)
    move[:, 2] += WIDTH_PX / 2 - cx, HEIGHT_PX * EYE_LINE - cy
    picture = cv2.warpAffine(
        frame,
        move,
        (WIDTH_PX, HEIGHT_PX),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # Huffman only: searching for repeats in a camera's noise doubles the time and gains nothing.
    flags = [cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY]
    done, data = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), flags)
    if not done:
        raise ValueError("portrait not encodable")
    return with_resolution(data.tobytes())


def with_resolution(png: bytes) -> bytes:
    """``png`` with a pHYs chunk saying 300 dpi, so that it prints 35x45 mm (PNG 11.3.5.3)."""
    body = b"pHYs" + struct.pack(">IIB", DOTS_PER_METRE, DOTS_PER_METRE, 1)
    end_of_header = 8 + 25  # signature and IHDR chunk
    chunk = struct.pack(">I", 9) + body + struct.pack(">I", zlib.crc32(body))
    return png[:end_of_header] + chunk + png[end_of_header:]
