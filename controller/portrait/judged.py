"""What the checks of one frame came to: found by the camera's worker, shown by the station."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One portrait check: a number against a threshold.

    ``advice`` is a message id the operator can act on ("Move closer"); empty when it passed.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    passed: bool
    advice: str


@dataclass(frozen=True)
class Assessment:
    """All checks of one frame. ``quality`` is 0…100, the figure kept in the journal."""

    checks: Sequence[Check]
    quality: int
    face: tuple[int, int, int, int] | None = None
    """x, y, width, height in pixels of the preview frame."""

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)
