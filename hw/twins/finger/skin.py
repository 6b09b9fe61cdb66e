"""Synthetic fingerprints: one finger has one ridge pattern, each touch of the glass differs.

Orientation follows Sherlock and Monro's zero-pole model ("A model for interpreting fingerprint
topology", Pattern Recognition 26(7), 1993): cores are zeros, deltas are poles. Ridges grow out of
noise by filtering it again and again along that orientation, as in SFinGe (Cappelli, Maio,
Maltoni, 2000); the minutiae come by themselves where the waves do not fit together. All filters
work in the frequency domain at half resolution, so that a finger takes milliseconds.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float32]

SENSOR_PX = 192
DPI = 508
PX_PER_MM = DPI / 25.4
MASTER_PX = 224
"""The skin that is modelled, 11.2 mm: the glass's 9.6 mm and something to shift."""
GROWN_PX = MASTER_PX // 2
BANDS = 12
GROWTH_ROUNDS = 5
POSITIONS = tuple(
    f"{hand}_{finger}"
    for hand in ("right", "left")
    for finger in ("thumb", "index", "middle", "ring", "little")
)
CONDITIONS = ("dry", "wet", "worn")


@dataclass(frozen=True)
class Touch:
    """One presentation of a finger.

    quality     0…1, 1 = a clean, well-pressed finger
    condition   what spoils it when quality is below 1
    offset_mm   how far the finger's middle lies from the glass's middle, x right, y down
    number      distinguishes touches of the same finger (shift, rotation, pressure, noise)
    """

    person: str
    position: str
    quality: float = 1.0
    condition: str = "dry"
    offset_mm: tuple[float, float] = (0.0, 0.0)
    number: int = 0


def random_of(*words: object) -> np.random.Generator:
    """A generator that depends on ``words`` alone, on every machine and in every run."""
    digest = hashlib.sha256("\0".join(map(str, words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


@lru_cache(maxsize=32)
def ridges(person: str, position: str) -> Grey:
    """The finger's ridge pattern, (224, 224), -1 = valley … 1 = ridge."""
    rng = random_of("skin", person, position)
    theta = _orientation(rng, position)
    period_px = float(rng.uniform(8.2, 9.8)) * (1.08 if position.endswith("thumb") else 1.0) / 2
    bank = _filter_bank(round(1 / period_px, 3))
    low, weight = _nearest_bands(theta)
    rows, columns = np.ogrid[:GROWN_PX, :GROWN_PX]
    wave = rng.standard_normal((GROWN_PX, GROWN_PX)).astype(np.float32)
    for _ in range(GROWTH_ROUNDS):
        spectrum = np.fft.rfft2(wave).astype(np.complex64)
        along = np.fft.irfft2(bank * spectrum, s=wave.shape)
        mixed = (1 - weight) * along[low, rows, columns]
        mixed += weight * along[(low + 1) % BANDS, rows, columns]
        wave = np.tanh(mixed * np.float32(2.5 / mixed.std())).astype(np.float32)
    grown = np.clip(_enlarged(wave, MASTER_PX), -1, 1)
    return _sampled(grown, *_drawn_wider_and_narrower(rng))


def pressed(touch: Touch) -> NDArray[np.uint8]:
    """What the glass sees: (192, 192), grey levels 0 (ridge) … 15 (free glass)."""
    rng = random_of("touch", touch.person, touch.position, touch.number)
    lack = 1.0 - min(max(touch.quality, 0.0), 1.0)
    x, y = _where_skin_lies(rng, touch.offset_mm)
    wave = _sampled(ridges(touch.person, touch.position), x, y)
    bias = float(rng.uniform(-0.12, 0.12))
    contrast = 1.0
    if touch.condition == "dry":
        wave += np.float32(1.5 * lack) * _blotches(rng, 64) - np.float32(0.5 * lack)
        contrast -= 0.45 * lack
    elif touch.condition == "wet":
        wave *= np.float32(1 - 0.65 * lack)
        wave += np.float32(lack) * (np.float32(0.75) + np.float32(0.5) * _blotches(rng, 24))
    else:
        keep = np.clip(1.0 - lack * (1.0 + 0.7 * _blotches(rng, 16)), 0.05, 1.0)
        wave = wave * keep.astype(np.float32) + np.float32(0.8 * lack) * _blotches(rng, 96)
        contrast -= 0.3 * lack
    darkness = contrast * (0.5 + 0.5 * np.tanh(1.8 * (wave + bias)))
    darkness *= _contact(rng, x, y, lack if touch.condition == "dry" else lack / 3)
    noise = rng.standard_normal((SENSOR_PX, SENSOR_PX), dtype=np.float32)
    darkness += (0.03 + 0.05 * lack) * noise
    return np.asarray(np.rint(15 * np.clip(1 - darkness, 0, 1)), np.uint8)


# ---- growing -------------------------------------------------------------------------------


def _orientation(rng: np.random.Generator, position: str) -> Grey:
    """Ridge direction in radians, 0…π, at (112, 112) points; y of the maths points up."""
    across = np.linspace(-1, 1, GROWN_PX, dtype=np.float32)
    z = across[None, :] - 1j * across[:, None]
    side = 1 if position.startswith("right") else -1
    kind = rng.choice(["loop", "loop_other", "whorl", "arch"], p=[0.58, 0.07, 0.28, 0.07])
    jitter = rng.uniform(-0.14, 0.14, size=8)
    if kind == "arch":
        bow = np.clip(1.1 + jitter[0] * 3 - 1.2 * np.abs(z.imag - 0.1), 0, None)
        theta = -np.arctan(bow * np.sin(1.3 * z.real * np.pi / 2))
    elif kind == "whorl":
        cores = [jitter[0] + 0.28j + 1j * jitter[1], jitter[2] - 0.02j + 1j * jitter[3]]
        deltas = [-0.8 + jitter[4] - 0.75j, 0.8 + jitter[5] - 0.75j]
        theta = _zero_pole(z, cores, deltas)
    else:
        lean = side if kind == "loop" else -side
        core = jitter[0] + 0.12j + 1j * jitter[1]
        theta = _zero_pole(z, [core], [lean * (0.75 + jitter[2]) - 0.7j + 1j * jitter[3]])
    swirl = 0.12 * np.sin(2 * z.real + 9 * jitter[6]) * np.cos(2 * z.imag + 9 * jitter[7])
    return np.asarray(np.mod(theta + swirl + 0.6 * jitter[6], np.pi), np.float32)


def _zero_pole(
    z: NDArray[np.complex64], cores: list[complex], deltas: list[complex]
) -> NDArray[np.float32]:
    turn = sum((np.angle(z - core) for core in cores), np.zeros(z.shape, np.float32))
    turn = turn - sum((np.angle(z - delta) for delta in deltas), np.zeros(z.shape, np.float32))
    return np.asarray(turn / 2, np.float32)


@cache
def _plane(size: int) -> tuple[Grey, Grey]:
    """Radius (cycles per pixel) and direction (radians, y up) of every rfft2 coefficient."""
    fy = -np.fft.fftfreq(size)[:, None]
    fx = np.fft.rfftfreq(size)[None, :]
    return np.hypot(fx, fy).astype(np.float32), np.arctan2(fy, fx + 0 * fy).astype(np.float32)


@lru_cache(maxsize=8)
def _directions(size: int) -> Grey:
    """(BANDS, size, size//2+1): pass waves whose ridges run in direction k·π/BANDS."""
    _, direction = _plane(size)
    ridge = np.arange(BANDS, dtype=np.float32)[:, None, None] * np.float32(np.pi / BANDS)
    off = np.abs(np.mod(direction - ridge, np.pi) - np.pi / 2)
    gain: Grey = np.exp(-0.5 * (off / 0.22) ** 2).astype(np.float32)
    return gain


def _filter_bank(frequency: float) -> Grey:
    radius, _ = _plane(GROWN_PX)
    ring = np.exp(-0.5 * ((radius - frequency) / 0.03) ** 2)
    return np.asarray(_directions(GROWN_PX) * ring, np.float32)


def _nearest_bands(theta: Grey) -> tuple[NDArray[np.intp], Grey]:
    place = theta * np.float32(BANDS / np.pi)
    low = np.floor(place).astype(np.intp) % BANDS
    return low, (place - np.floor(place)).astype(np.float32)


def _enlarged(small: Grey, size: int) -> Grey:
    """Band-limited enlargement (zero padding of the spectrum)."""
    n = small.shape[0]
    spectrum = np.fft.rfft2(small)
    wide = np.zeros((size, size // 2 + 1), spectrum.dtype)
    half = n // 2
    wide[:half, : half + 1] = spectrum[:half]
    wide[-half:, : half + 1] = spectrum[half:]
    return np.asarray(np.fft.irfft2(wide, s=(size, size)) * (size / n) ** 2, np.float32)


def _drawn_wider_and_narrower(rng: np.random.Generator) -> tuple[Grey, Grey]:
    """Where each pixel of the finished skin comes from: ridges are not equally wide everywhere,
    and no two fingers vary alike."""
    grid = np.arange(MASTER_PX, dtype=np.float32) - np.float32(MASTER_PX / 2 - 0.5)
    x, y = np.meshgrid(grid, grid)
    unit = np.float32(2 * np.pi / MASTER_PX)
    pull_x, pull_y = np.zeros_like(x), np.zeros_like(y)
    for _ in range(3):
        along = unit * np.float32(rng.uniform(0.6, 1.8))
        phase = rng.uniform(0, 2 * np.pi, size=2).astype(np.float32)
        heading = np.float32(rng.uniform(0, 2 * np.pi))
        way = (x * np.cos(heading) + y * np.sin(heading)) * along
        pull_x += np.float32(2.5) * np.sin(way + phase[0])
        pull_y += np.float32(2.5) * np.sin(way + phase[1])
    return x + pull_x, y + pull_y


# ---- touching ------------------------------------------------------------------------------


def _where_skin_lies(rng: np.random.Generator, offset_mm: tuple[float, float]) -> tuple[Grey, Grey]:
    """For each pixel of the glass, the point of the skin on it, in pixels from its middle."""
    turn = float(np.clip(rng.normal(0, 0.06), -0.14, 0.14))
    shift = rng.normal(0, 0.3, size=2) + np.asarray(offset_mm)
    grid = np.arange(SENSOR_PX, dtype=np.float32) - np.float32(SENSOR_PX / 2 - 0.5)
    right = grid[None, :] - np.float32(shift[0] * PX_PER_MM)
    down = grid[:, None] - np.float32(shift[1] * PX_PER_MM)
    x = np.float32(np.cos(turn)) * right + np.float32(np.sin(turn)) * down
    y = np.float32(np.cos(turn)) * down - np.float32(np.sin(turn)) * right
    pull = np.clip(rng.normal(0, 0.8, size=2), -1.6, 1.6)
    phase = rng.uniform(0, 2 * np.pi, size=2)
    wide = np.float32(np.pi / SENSOR_PX)
    stretched_x = x + np.float32(pull[0]) * np.sin(y * wide + np.float32(phase[0]))
    stretched_y = y + np.float32(pull[1]) * np.sin(x * wide + np.float32(phase[1]))
    return stretched_x.astype(np.float32), stretched_y.astype(np.float32)


def _sampled(master: Grey, x: Grey, y: Grey) -> Grey:
    """Bilinear samples of ``master`` at (x, y) pixels from its middle, clamped to its edge."""
    top = MASTER_PX - 1.001
    u = np.clip(x + MASTER_PX / 2 - 0.5, 0, top)
    v = np.clip(y + MASTER_PX / 2 - 0.5, 0, top)
    i, j = u.astype(np.intp), v.astype(np.intp)
    du, dv = u - i, v - j
    at = j * MASTER_PX + i
    flat = master.ravel()
    upper = flat.take(at) * (1 - du) + flat.take(at + 1) * du
    lower = flat.take(at + MASTER_PX) * (1 - du) + flat.take(at + MASTER_PX + 1) * du
    return np.asarray(upper * (1 - dv) + lower * dv, np.float32)


def _blotches(rng: np.random.Generator, cells: int) -> Grey:
    """Smooth noise of unit spread with about ``cells`` cells across the glass, (192, 192)."""
    noise = rng.standard_normal((cells, cells), dtype=np.float32)
    wide = np.linspace(0, cells - 1.001, SENSOR_PX, dtype=np.float32)
    i = wide.astype(np.intp)
    part = wide - i
    rows = noise[i] * (1 - part)[:, None] + noise[i + 1] * part[:, None]
    return np.asarray(rows[:, i] * (1 - part) + rows[:, i + 1] * part, np.float32)


def _contact(rng: np.random.Generator, x: Grey, y: Grey, lightness: float) -> Grey:
    """1 where skin touches the glass, 0 where it does not: an oval with a ragged edge."""
    wide, high = rng.uniform(84, 94), rng.uniform(100, 112)
    shrink = 1 - 0.25 * lightness
    radius = np.hypot(x / (wide * shrink), y / (high * shrink)) + 0.04 * _blotches(rng, 20)
    return np.asarray(np.clip((1.0 - radius) * 12, 0, 1), np.float32)
