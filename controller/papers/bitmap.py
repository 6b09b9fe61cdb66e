"""A paper as the printer gets it: one bit a pixel."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Bitmap:
    """A rendered paper: 1 bit a pixel, packed rows, most significant bit left, 1 = black.

    ``width_px`` is a multiple of 8; ``rows`` has ``height_px * width_px // 8`` bytes.
    """

    width_px: int
    height_px: int
    rows: bytes = field(repr=False)
