"""The few operations on pixels that the checks are made of, as OpenCV defines them.

Thresholds were set with OpenCV's; where a rule says how borders and sizes are treated, it is its.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
"""RGB, (h, w, 3)."""
Grey = NDArray[np.uint8]
"""(h, w); 0 is black."""
Weights = NDArray[np.float32]
"""(target, source): each row sums to 1."""

BAND = 16
"""Lines averaged at once."""


def grey(picture: Picture) -> Grey:
    """Luma of ITU-R BT.601, rounded."""
    return np.asarray(Image.fromarray(picture).convert("L"), dtype=np.uint8)


def resized(picture: Grey, width: int, height: int) -> Grey:
    """``picture`` with each pixel the mean of the area it covers, as INTER_AREA makes it."""
    tall = _averaged(picture.astype(np.float32), height)
    return np.rint(_averaged(tall.T, width).T).astype(np.uint8)


def _averaged(lines: NDArray[np.float32], target: int) -> NDArray[np.float32]:
    """(source, n) to (target, n). A target line has few sources: it is done band by band."""
    weights = _areas(len(lines), target)
    ratio = len(lines) / target
    means = np.empty((target, lines.shape[1]), np.float32)
    for first in range(0, target, BAND):
        here = slice(first, first + BAND)
        there = slice(int(first * ratio), ceil((first + BAND) * ratio))
        np.matmul(weights[here, there], lines[there], out=means[here])
    return means


@lru_cache(maxsize=16)
def _areas(source: int, target: int) -> Weights:
    """How much of each target pixel each source pixel is; float32 (target, source)."""
    edges = np.arange(target + 1) * (source / target)
    pixels = np.arange(source)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return np.asarray(np.clip(overlap, 0, None) * (target / source), dtype=np.float32)


def blurred(window: Grey, sigma_px: float) -> NDArray[np.float32]:
    """Gaussian blur, mirrored at the borders, rounded to whole grey levels."""
    rows, columns = (_gaussian(size, sigma_px) for size in window.shape)
    return np.asarray(np.rint(rows @ window.astype(np.float32) @ columns.T), dtype=np.float32)


@lru_cache(maxsize=16)
def _gaussian(size: int, sigma_px: float) -> Weights:
    """The blur of a line of pixels as a matrix; three sigma to each side."""
    reach = (round(6 * sigma_px + 1) | 1) // 2
    taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * sigma_px**2))
    weights = np.zeros((size, size), np.float32)
    for row in range(size):
        mirrored = np.abs(np.arange(row - reach, row + reach + 1))
        mirrored = size - 1 - np.abs(size - 1 - mirrored)
        np.add.at(weights[row], mirrored, taps / taps.sum())
    return weights


def laplacian(picture: Grey) -> NDArray[np.float32]:
    """Sum of the four neighbours less four times the pixel, mirrored at the borders."""
    p = np.pad(picture, 1, mode="reflect").astype(np.float32)
    neighbours = p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]
    return np.asarray(neighbours - 4 * p[1:-1, 1:-1], dtype=np.float32)
