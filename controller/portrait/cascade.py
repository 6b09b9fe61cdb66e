"""A Haar cascade over a grey picture: Viola and Jones (CVPR 2001) with OpenCV's data files.

Reads the files of Debian's ``opencv-data`` (OpenCV's own, by Lienhart and Hameed) and finds what
OpenCV's ``CascadeClassifier`` finds: the same scales, steps, pruning and grouping, so that the
data do what they were trained and are known for. Without OpenCV, whose wheel is 160 MB.

A window is 20x20 pixels of a picture scaled down. Each stage of the cascade is a sum of votes, one
for each feature: the weighted sum of two or three rectangles, over the window's contrast, against
a threshold. Most windows fall in the first stages. A stage is evaluated for all windows of all
scales of all pictures at once: the corners of its rectangles are gathered from the integral image,
and one product with the stage's matrix makes them features.

Lienhart, Maydt: An extended set of Haar-like features for rapid object detection (ICIP 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from controller.portrait.grouping import Box, grouped
from controller.portrait.tower import Grey, Places, Tower, plan

Rectangles = list[list[float]]
"""x, y, width, height, weight; of one feature."""

STAGE_EPS = 1e-5
"""Taken from each stage's threshold, as OpenCV does, for sums that differ in the last digits."""
LEAST_CONTRAST = 10.0
"""Standard deviation of a window's grey levels from which it is looked at: walls are passed by."""
CHUNK = 4096
"""Windows evaluated at once: their corners stay in the processor's cache."""
MANY = 600
"""Windows from which gathering corner by corner is quicker than all at once."""


@dataclass(frozen=True)
class Stage:
    dx: Places
    dy: Places
    """Corners of the features' rectangles in the window; columns of ``weights``."""
    weights: NDArray[np.float32]
    """(features, corners)."""
    thresholds: NDArray[np.float32]
    below: NDArray[np.float32]
    """What a feature's vote is more when it is below its threshold."""
    least: float
    """Votes needed, less those of a window with no feature below its threshold."""


class Cascade:
    """A trained detector; ``side`` is its window's, in pixels."""

    def __init__(self, side: int, stages: Sequence[Stage]) -> None:
        self.side = side
        self._stages = stages

    @classmethod
    def read(cls, path: Path) -> Cascade:
        """From OpenCV's XML. OSError when it can't be read; ValueError when it is not a cascade
        of stumps over upright Haar features in a square window."""
        try:
            root = ElementTree.parse(path).getroot()[0]
            side = int(_text(root, "width"))
            if _text(root, "featureType") != "HAAR" or side != int(_text(root, "height")):
                raise ValueError("not a square Haar cascade")
            features = [
                [_numbers(r) for r in _child(node, "rects")] for node in _child(root, "features")
            ]
            return cls(side, [_stage(node, features) for node in _child(root, "stages")])
        except (ElementTree.ParseError, IndexError, ValueError) as error:
            raise ValueError(f"{path}: {error}") from error

    def find(
        self,
        pictures: Sequence[Grey],
        *,
        factor: float,
        smallest: int,
        largest: int | None = None,
        neighbours: int = 3,
    ) -> list[list[Box]]:
        """For each of ``pictures``, all of one size, the boxes in which the object was found.

        Boxes are square and grow by ``factor`` from ``smallest`` to ``largest`` (pixels; none: as
        the picture allows). An object counts when more than ``neighbours`` windows agree on it.
        """
        height, width = pictures[0].shape
        tower = plan(height, width, self.side, factor, smallest, largest)
        if not tower.layers:
            return [[] for _ in pictures]
        integral, which, at, contrast = _windows(np.stack(pictures), tower, self.side)
        for number, stage in enumerate(self._stages):
            passed = _passing(stage, tower.stride, integral, at, contrast)
            if number == 0:
                steps = tower.steps[which % tower.at.size]
                passed &= ~_stepped_over(at, passed, steps)
            which, at, contrast = which[passed], at[passed], contrast[passed]
        owners, places = np.divmod(which, tower.at.size)
        return [
            grouped(tower.boxes[places[owners == number]], neighbours)
            for number in range(len(pictures))
        ]


def _windows(
    pictures: NDArray[np.uint8], tower: Tower, side: int
) -> tuple[NDArray[np.float32], Places, Places, NDArray[np.float32]]:
    """The integral images of all ``pictures`` (n, h, w), flat; and of each window with contrast:
    its number, where in them it begins, and its contrast (standard deviation times pixels).

    Pictures are taken relative to their mean. Features are blind to it, and their sums stay whole
    numbers that float32 holds.
    """
    heights = tower.build(pictures)
    sums, squares = _integral(heights), _integral(heights * heights)
    at = (tower.at + np.arange(len(pictures))[:, None] * tower.size).ravel()
    inner = side - 2  # contrast is measured without the window's outermost pixels
    first, last = tower.stride + 1, (side - 1) * (tower.stride + 1)
    corners = (first, first + inner, last - inner, last)
    total, square = (
        (a - b - c + d).astype(np.float64)
        for a, b, c, d in (
            (s[corner:].take(at, mode="wrap") for corner in corners) for s in (sums, squares)
        )
    )
    spread = inner * inner * square - total * total
    (which,) = np.nonzero(spread > (LEAST_CONTRAST * inner * inner) ** 2)
    contrast = np.sqrt(spread[which]).astype(np.float32)
    return sums.astype(np.float32), which, at[which], contrast


def _integral(heights: NDArray[np.int32]) -> NDArray[np.int32]:
    """Of each picture of (n, rows, columns), flat. Sums may run over: their differences do not."""
    sums = np.cumsum(heights, axis=1, dtype=np.int32)
    return np.cumsum(sums, axis=2, dtype=np.int32, out=sums).ravel()


def _passing(
    stage: Stage,
    stride: int,
    integral: NDArray[np.float32],
    at: Places,
    contrast: NDArray[np.float32],
) -> NDArray[np.bool_]:
    corners = stage.dy * stride + stage.dx
    passed = np.empty(at.size, np.bool_)
    for first in range(0, at.size, CHUNK):
        here = slice(first, first + CHUNK)
        features = stage.weights @ _gathered(integral, at[here], corners)
        below = features < stage.thresholds[:, None] * contrast[here]
        passed[here] = stage.below @ below >= stage.least
    return passed


def _gathered(integral: NDArray[np.float32], at: Places, corners: Places) -> NDArray[np.float32]:
    """What the integral image has at each of ``corners`` from each window: (corners, windows)."""
    if at.size < MANY:
        return integral.take(at + corners[:, None])
    rows = np.empty((corners.size, at.size), np.float32)
    for row, corner in zip(rows, corners.tolist(), strict=True):
        # No place is outside; "wrap" is the quickest of the three ways to treat those that are.
        integral[corner:].take(at, out=row, mode="wrap")
    return rows


def _stepped_over(at: Places, passed: NDArray[np.bool_], steps: Places) -> NDArray[np.bool_]:
    """Which windows OpenCV leaves out: after one that fails the first stage, the next in its row.

    Of failed ones in a row it sees every second, so the one after them is left out when their
    number is odd. Fewer windows see each object for that, and ``neighbours`` counts on it.
    """
    follows = np.diff(at, prepend=-1) == steps  # the next row is farther off than a step
    number = np.arange(at.size)
    # The last window before the run of failed ones that ends here.
    before = np.maximum.accumulate(np.where(passed, number, np.where(follows, -1, number - 1)))
    odd = (number - before) % 2 == 1
    return np.asarray(follows & np.concatenate(([False], odd[:-1])), dtype=np.bool_)


def _stage(node: ElementTree.Element, features: Sequence[Rectangles]) -> Stage:
    weak = _child(node, "weakClassifiers")
    nodes = np.array([_numbers(_child(tree, "internalNodes")) for tree in weak])
    leaves = np.array([_numbers(_child(tree, "leafValues")) for tree in weak])
    if nodes.shape[1:] != (4,) or leaves.shape[1:] != (2,):
        raise ValueError("not a cascade of stumps")
    corners: dict[tuple[int, int], int] = {}
    entries: list[tuple[int, int, float]] = []
    for row, number in enumerate(nodes[:, 2]):
        for x, y, width, height, weight in features[int(number)]:
            for dx, dy, sign in ((0, 0, 1), (width, 0, -1), (0, height, -1), (width, height, 1)):
                corner = (int(x + dx), int(y + dy))
                entries.append((row, corners.setdefault(corner, len(corners)), sign * weight))
    weights = np.zeros((len(nodes), len(corners)), np.float32)
    for row, column, weight in entries:
        weights[row, column] += weight
    dx, dy = np.array(list(corners), np.intp).T
    return Stage(
        dx,
        dy,
        weights,
        nodes[:, 3].astype(np.float32),
        (leaves[:, 0] - leaves[:, 1]).astype(np.float32),
        float(_text(node, "stageThreshold")) - STAGE_EPS - float(leaves[:, 1].sum()),
    )


def _child(node: ElementTree.Element, name: str) -> ElementTree.Element:
    child = node.find(name)
    if child is None:
        raise ValueError(f"no {name} in {node.tag}")
    return child


def _text(node: ElementTree.Element, name: str) -> str:
    return (_child(node, name).text or "").strip()


def _numbers(node: ElementTree.Element) -> list[float]:
    return [float(word) for word in (node.text or "").split()]
