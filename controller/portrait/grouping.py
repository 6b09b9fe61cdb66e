"""Many windows see one object: their boxes become one, as OpenCV's groupRectangles does it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels."""

EPS = 0.2
"""Boxes of one object differ by up to this fraction of the smaller one's size, at every side."""
FEW = 3
"""A box inside another one goes when the other has more windows than it has, and than this."""


def grouped(boxes: NDArray[np.int32], neighbours: int) -> list[Box]:
    """The mean of each group of more than ``neighbours`` similar boxes, of (n, 4).

    Similar to similar is of the same group. A group within another, better seen one is left out.
    """
    if not len(boxes):
        return []
    means: list[tuple[Box, int]] = []
    labels = _labels(boxes)
    for label in np.unique(labels):
        members = boxes[labels == label]
        if len(members) > neighbours:
            x, y, width, height = (round(v) for v in members.mean(axis=0).tolist())
            means.append(((x, y, width, height), len(members)))
    return [box for box, count in means if not any(_within(box, count, *other) for other in means)]


def _labels(boxes: NDArray[np.int32]) -> NDArray[np.intp]:
    """For each box the first one of its group, by its number; ``boxes`` is (n, 4)."""
    left, top, width, height = boxes.T
    similar = np.ones((len(boxes), len(boxes)), np.bool_)
    reach = EPS * (np.minimum.outer(width, width) + np.minimum.outer(height, height)) / 2
    for side in (left, top, left + width, top + height):
        similar &= np.abs(np.subtract.outer(side, side)) <= reach
    labels = np.arange(len(boxes))
    while True:  # each takes the first label next to it, until nobody has a later one than that
        nearest = np.where(similar, labels[:, None], len(boxes)).min(axis=0)
        if np.array_equal(nearest, labels):
            return labels
        labels = nearest


def _within(box: Box, count: int, other: Box, others: int) -> bool:
    """Whether ``box``, seen by ``count`` windows, is left out for ``other``."""
    if box == other or not (others > max(FEW, count) or count < FEW):
        return False
    x, y, width, height = box
    left, top, wide, high = other
    dx, dy = round(wide * EPS), round(high * EPS)
    return (
        x >= left - dx
        and y >= top - dy
        and x + width <= left + wide + dx
        and y + height <= top + high + dy
    )
