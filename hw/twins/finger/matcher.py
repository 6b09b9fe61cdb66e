"""The sensor's own matcher: templates of what the glass saw, never of who touched it.

A template holds the ridge wave (band-passed, contrast evened, cut to the finger's area) on a
64×64 grid, turned by eleven small angles when it is the one that asks. Two fingers are compared by
the height of the best correlation peak over all shifts and those turns. Correlation of ridges is
an established matcher for small sensors (Bazen et al., "A correlation-based fingerprint
verification system", ProRISC 2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Wave = NDArray[np.float32]
Spectrum = NDArray[np.complex64]

GLASS_PX = 192
GRID = 64
PADDED = 96
"""Room for shifts up to 32 cells (a half of the glass) without wrap-around."""
TURNS = np.deg2rad(np.arange(-15, 16, 3)).astype(np.float32)
FULL_SCORE = 300
"""Score of an image compared with itself."""
LEAST_SCORE = {1: 108, 2: 115, 3: 122, 4: 135, 5: 150}
"""By security level (SetSysPara 5); 3 is the sensor's default."""
LEAST_AREA = 0.18
LEAST_COHERENCE = 0.3


class Unusable(Exception):
    """No template can be made; ``code`` is the confirmation code the sensor gives."""

    def __init__(self, code: int) -> None:
        super().__init__(f"image refused with code {code:#04x}")
        self.code = code


@dataclass(frozen=True)
class Template:
    """``asking`` (11, 96, 49): conjugate spectra at each turn; ``stored`` (96, 49): unturned."""

    asking: Spectrum
    stored: Spectrum


def template(levels: NDArray[np.uint8]) -> Template:
    """Template of an image of grey levels 0…15, (192, 192). Raises ``Unusable``."""
    wave, area, coherence = _ridge_wave(levels)
    if area < LEAST_AREA:
        raise Unusable(0x07)  # too few features
    if coherence < LEAST_COHERENCE:
        raise Unusable(0x06)  # too messy
    turned = wave.ravel().take(_turned_grids())
    turned /= np.sqrt((turned**2).sum(axis=(1, 2), keepdims=True))
    spectra = np.fft.rfft2(turned, s=(PADDED, PADDED)).astype(np.complex64)
    return Template(np.conj(spectra), spectra[len(TURNS) // 2])


def merged(first: Template, second: Template) -> Template | None:
    """RegModel: the model of two images of one finger, or None when they do not match."""
    return first if score(first, second) >= LEAST_SCORE[3] else None


def score(asking: Template, stored: Template) -> int:
    """0…300, the sensor's "match score"."""
    peaks = np.fft.irfft2(asking.asking * stored.stored, s=(PADDED, PADDED))
    return int(FULL_SCORE * max(0.0, float(peaks.max())))


def _ridge_wave(levels: NDArray[np.uint8]) -> tuple[Wave, float, float]:
    """Ridge wave, finger's share of the glass, and how much of its contrast is ridges, 0…1."""
    dark = (15 - levels).astype(np.float32) / 15
    spectrum = np.fft.rfft2(dark)
    band, blur = _filters()
    wave = np.fft.irfft2(spectrum * band, s=dark.shape).astype(np.float32)
    local = np.fft.irfft2(np.fft.rfft2(np.stack([dark, wave**2])) * blur, s=dark.shape)
    ridge_power = np.maximum(local[1], 1e-6)
    mask = np.clip((local[0] - 0.12) * 10, 0, 1) * np.clip(ridge_power / 0.004, 0, 1)
    area = float((mask > 0.5).mean())
    even = wave / np.sqrt(ridge_power + 0.002) * mask
    everything = np.fft.irfft2(np.fft.rfft2((dark - local[0]) ** 2) * blur, s=dark.shape)
    inside = mask > 0.5
    share = ridge_power[inside] / np.maximum(everything[inside], 1e-3)
    return even.astype(np.float32), area, float(share.mean()) if area else 0.0


@cache
def _filters() -> tuple[Wave, Wave]:
    """The ridge band (periods of 7 to 12 pixels) and a blur over about two ridges."""
    fy = np.fft.fftfreq(GLASS_PX)[:, None]
    fx = np.fft.rfftfreq(GLASS_PX)[None, :]
    radius = np.hypot(fx, fy)
    band = np.exp(-0.5 * ((radius - 0.11) / 0.03) ** 2).astype(np.float32)
    blur = np.exp(-0.5 * (radius * 2 * np.pi * 8) ** 2).astype(np.float32)
    return band, blur


@cache
def _turned_grids() -> NDArray[np.intp]:
    """For each turn, which pixels of the glass the 64×64 grid takes, (11, 64, 64)."""
    step = GLASS_PX / GRID
    grid = (np.arange(GRID) - (GRID - 1) / 2) * step
    cos, sin = np.cos(TURNS)[:, None, None], np.sin(TURNS)[:, None, None]
    x = cos * grid[None, None, :] - sin * grid[None, :, None]
    y = sin * grid[None, None, :] + cos * grid[None, :, None]
    middle = (GLASS_PX - 1) / 2
    column = np.clip(np.rint(x + middle), 0, GLASS_PX - 1).astype(np.intp)
    row = np.clip(np.rint(y + middle), 0, GLASS_PX - 1).astype(np.intp)
    return np.asarray(row * GLASS_PX + column, np.intp)
