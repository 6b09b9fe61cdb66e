"""Thresholds of the portrait checks: policy data, not code.

Sources: ICAO Doc 9303 part 3 and ISO/IEC 19794-5 / 39794-5 (full frontal image), and Circular
60/2021/TT-BCA: bare head, both ears visible, no glasses, white background. The defaults are wider
than a passport office's on purpose. A booth photographs everybody: narrow eyes, scars, dark and
pale skin, people who cannot sit straight. What the operator can't mend must not stop the line;
what is left over is taken with ``forced`` and a reason, and is flagged. Bare head, ears and
glasses are left to the operator's eye: a program that takes hair for a scarf turns people away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PortraitLimits:
    """Units are in the names or below; "fraction" is of the frame's width or height."""

    other_face: float = 0.35
    """A second face counts from this fraction of the first one's width: a person behind the
    chair counts, a pattern on a shirt does not."""
    off_centre_x: float = 0.16
    """Eyes' middle from the frame's middle, fraction of the width, either side."""
    eye_line_high: float = 0.24
    """Highest eye line, fraction of the height from the top."""
    eye_line_low: float = 0.62
    """Lowest eye line. Between both the 35x45 mm crop lies inside the frame at normal distance."""
    eye_distance_min: float = 0.094
    """Distance between the eyes' centres, fraction of the height: 90 px (ICAO's minimum) of 960."""
    eye_distance_max: float = 0.19
    """Nearer than this and the 35x45 mm crop is higher than the frame."""
    tilt_max_deg: float = 8.0
    """Eye line against the horizon (ISO 19794-5: roll within 8°). The crop levels the rest."""
    eye_open_min: float = 0.28
    """Height of the dark of the eye over the iris' diameter, the more closed eye; 1 = wide open.
    Low, because narrow eyes are open eyes."""
    sharpness_min: float = 6.0
    """Detail of the face at a fixed size, in percent of its contrast."""
    face_light_min: float = 45.0
    """Median grey level (0…255) of the face. Low, because dark skin is not underexposure."""
    face_light_max: float = 225.0
    background_spread_max: float = 18.0
    """Spread of the grey levels beside the head, 10th to 90th percentile, as sigma."""
    background_light_min: float = 120.0
    """Median grey level of the background. White screens come out light grey in the booth."""
