"""A picture at many scales, one below the other, so that all are searched at once.

``plan`` lays a tower out for pictures of one size, once; ``Tower.build`` fills it with a picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
"""(h, w); 0 is black."""
Places = NDArray[np.intp]
Shares = NDArray[np.uint16]
"""In 256ths."""

FINE_SCALE = 2.0
"""From here on a window starts at every pixel of the scaled picture; before, at every second."""


@dataclass(frozen=True)
class Line:
    """For each target pixel of a line the two source pixels beside it, and the second's share."""

    first: Places
    second: Places
    share: Shares


@dataclass(frozen=True)
class Layer:
    """The picture at one scale. Its rows follow on ``row``, its columns on 0: both are empty."""

    row: int
    rows: slice
    """Its rows among those of all layers."""
    columns: Line


@dataclass(frozen=True)
class Tower:
    layers: tuple[Layer, ...]
    lines: Line
    """Rows of all layers."""
    height: int
    stride: int
    at: Places
    """Where each window begins, in the tower laid out flat."""
    steps: Places
    """How far each is from the next in its row."""
    boxes: NDArray[np.int32]
    """What each covers in the picture: x, y, width, height; (windows, 4)."""

    @property
    def size(self) -> int:
        return self.height * self.stride

    def build(self, pictures: NDArray[np.uint8]) -> NDArray[np.int32]:
        """The tower of each of ``pictures`` (n, h, w): grey levels less their mean, and 0 where
        there is no picture; (n, height, stride).

        Pixels are mixed of the nearest four in 8-bit fixed point and nothing is averaged, as
        OpenCV's INTER_LINEAR_EXACT does.
        """
        towers = np.zeros((len(pictures), self.height, self.stride), np.int32)
        share = self.lines.share[:, None]
        for tower, picture in zip(towers, pictures, strict=True):
            wide, mean = picture.astype(np.uint16), round(float(picture.mean()))
            tall = wide.take(self.lines.first, axis=0) * (256 - share)
            tall += wide.take(self.lines.second, axis=0) * share
            for layer in self.layers:
                rows, line = tall[layer.rows], layer.columns
                mixed = rows.take(line.first, axis=1) * (256 - line.share).astype(np.uint32)
                mixed += rows.take(line.second, axis=1) * line.share.astype(np.uint32)
                mixed += 0x8000
                mixed >>= 16
                height, width = mixed.shape
                place = tower[layer.row + 1 : layer.row + 1 + height, 1 : 1 + width]
                np.subtract(mixed, mean, out=place, casting="unsafe")
        return towers


@lru_cache(maxsize=8)
def plan(
    height: int, width: int, side: int, factor: float, smallest: int, largest: int | None
) -> Tower:
    """The tower for pictures of ``height`` x ``width`` and windows of ``side``, all in pixels.

    Windows cover squares from ``smallest`` to ``largest`` (none: as the picture allows), each
    scale ``factor`` times the one before, from ``side`` itself on.
    """
    layers: list[Layer] = []
    lines: list[Line] = []
    at: list[Places] = []
    steps: list[Places] = []
    boxes: list[NDArray[np.int32]] = []
    stride = width + 1
    scale, row, used = 1.0, 0, 0
    while (box := round(side * scale)) <= min(height, width, largest or height):
        if box >= smallest:
            tall, wide = round(height / scale), round(width / scale)
            layers.append(Layer(row, slice(used, used + tall), _line(width, wide)))
            lines.append(_line(height, tall))
            step = 1 if scale >= FINE_SCALE else 2
            y, x = np.mgrid[0 : tall - side + 1 : step, 0 : wide - side + 1 : step]
            at.append(((row + y) * stride + x).ravel())
            steps.append(np.full(y.size, step))
            sides = np.full(y.size, box)
            corners = (np.rint(v.ravel() * scale) for v in (x, y))
            boxes.append(np.stack((*corners, sides, sides), axis=1).astype(np.int32))
            row += tall + 1
            used += tall
        scale *= factor
    none = np.zeros(0, np.intp)
    of_all = Line(
        np.concatenate([none, *(line.first for line in lines)]),
        np.concatenate([none, *(line.second for line in lines)]),
        np.concatenate([none.astype(np.uint16), *(line.share for line in lines)]),
    )
    return Tower(
        tuple(layers),
        of_all,
        row,
        stride,
        np.concatenate([none, *at]),
        np.concatenate([none, *steps]),
        np.concatenate([np.zeros((0, 4), np.int32), *boxes]),
    )


def _line(source: int, target: int) -> Line:
    place = np.clip((np.arange(target) + 0.5) * (source / target) - 0.5, 0, source - 1)
    first = place.astype(np.intp)
    share = np.rint((place - first) * 256).astype(np.uint16)
    return Line(first, np.minimum(first + 1, source - 1), share)
