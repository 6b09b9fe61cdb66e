"""A ridge measure of our own for small 4-bit sensors, and the lossless image for the packet.

NFIQ 2 is calibrated for 500 dpi, 8-bit optical scanners and says nothing about 16 grey levels on
9.6 mm, so this has a name of its own, ``tram-ridge-1``, and must never be sold as NFIQ. Its parts
are the ones quality measures share (ISO/IEC TR 29794-4: area, orientation certainty, ridge
spacing, contrast, darkness): each is a factor 0…1, the product times 100 is the quality.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from controller.devices.ports import FingerImage
from ground.text import N_

Blocks = NDArray[np.float32]

_BLOCK_MM = 0.6
"""A little more than one ridge and one valley: flow is nearly straight in it."""
_SKIN_DARKNESS = 0.15
_MIN_AREA = 0.03
_GOOD = 65
"""From here on there is nothing to tell the citizen."""


@dataclass(frozen=True)
class RidgeQuality:
    """What was measured, and what the citizen should do about the worst of it.

    value       0…100
    area        share of the glass that skin covers, 0…1
    coherence   how surely the ridges have a direction, 0…1, mean over the skin
    period_mm   mean distance from ridge to ridge
    contrast    spread of grey within a block, 0…0.5, mean over the skin
    darkness    mean darkness of the skin, 0 (glass) … 1 (black)
    offset_mm   how far the skin's middle lies from the glass's middle
    advice      message id for the operator; empty when nothing is to be done better
    """

    value: int
    area: float
    coherence: float
    period_mm: float
    contrast: float
    darkness: float
    offset_mm: float
    advice: str


def ridge_quality(image: FingerImage) -> RidgeQuality:
    """Measure an image of at least 5×5 blocks of 0.6 mm; about a millisecond at 192×192."""
    side = max(4, round(_BLOCK_MM * image.dpi / 25.4))
    px_mm = 25.4 / image.dpi
    dark = 1.0 - image.pixels.astype(np.float32) / 255.0
    mean = _blocks(dark, side)
    skin = mean > _SKIN_DARKNESS
    area = float(skin.mean())
    if area < _MIN_AREA:
        return RidgeQuality(0, area, 0, 0, 0, 0, 0, N_("Put the finger on the glass"))
    variance = np.maximum(_blocks(dark * dark, side) - mean * mean, 1e-6)
    slope_x = np.zeros_like(dark)
    slope_y = np.zeros_like(dark)
    slope_x[:, 1:-1] = dark[:, 2:] - dark[:, :-2]
    slope_y[1:-1] = dark[2:] - dark[:-2]
    xx, yy = _blocks(slope_x * slope_x, side), _blocks(slope_y * slope_y, side)
    xy = _blocks(slope_x * slope_y, side)
    energy = np.maximum(xx + yy, 1e-6)
    coherence = float((np.hypot(xx - yy, 2 * xy) / energy)[skin].mean())
    contrast = float(np.sqrt(variance[skin]).mean())
    # Rice: of a wave, slope power over power is (2π/period)²; the difference spans two pixels.
    period_px = 2 * np.pi * np.sqrt(4 * variance[skin].sum() / energy[skin].sum())
    darkness = float(mean[skin].mean())
    offset_mm = _offset(skin) * side * px_mm
    value = 100.0
    value *= _ramp(area, 0.15, 0.6)
    value *= _ramp(coherence, 0.2, 0.88)
    value *= np.sqrt(_ramp(contrast, 0.05, 0.4))
    value *= _ramp(0.95 - darkness, 0.05, 0.35)
    value *= _ramp(4.0 - offset_mm, 0.0, 2.5)
    advice = "" if value >= _GOOD else _advice(area, darkness, offset_mm)
    return RidgeQuality(
        round(value),
        area,
        coherence,
        float(period_px) * px_mm,
        contrast,
        darkness,
        offset_mm,
        advice,
    )


def encode_png(image: FingerImage) -> bytes:
    """Lossless 8-bit grey PNG with the resolution in it (pHYs)."""
    file = io.BytesIO()
    Image.fromarray(image.pixels).save(file, "PNG", compress_level=3, dpi=(image.dpi, image.dpi))
    return file.getvalue()


def _blocks(values: NDArray[Any], side: int) -> Blocks:
    """Mean of every whole block of ``side``×``side`` pixels."""
    rows, columns = values.shape[0] // side, values.shape[1] // side
    whole = values[: rows * side, : columns * side]
    return np.asarray(whole.reshape(rows, side, columns, side).mean((1, 3)), np.float32)


def _offset(skin: NDArray[np.bool_]) -> float:
    """Distance of the skin's middle from the glass's middle, in blocks."""
    rows, columns = np.nonzero(skin)
    middle_row, middle_column = (skin.shape[0] - 1) / 2, (skin.shape[1] - 1) / 2
    return float(np.hypot(rows.mean() - middle_row, columns.mean() - middle_column))


def _ramp(value: float, nothing: float, full: float) -> float:
    return float(np.clip((value - nothing) / (full - nothing), 0.0, 1.0))


def _advice(area: float, darkness: float, offset_mm: float) -> str:
    """The likeliest cause, the one that hides the others first."""
    if offset_mm > 1.6:
        return N_("Put the finger in the middle of the glass")
    if darkness > 0.58:
        return N_("Dry the finger")
    if darkness < 0.36 or area < 0.45:
        return N_("Press a little harder")
    return N_("Clean the finger and the glass")
