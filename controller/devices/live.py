"""A live picture with what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from controller.portrait.judged import Assessment


@dataclass(frozen=True)
class Preview:
    jpeg: bytes
    assessment: Assessment
