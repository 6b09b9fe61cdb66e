"""What people knew when the power failed: the witness that no disk can contradict."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.crash.life import Shown

STATION = "TH0417"
SPEED = 200.0


@dataclass
class Told:
    """Each with a length the disk's log had when they knew it, in its order."""

    screens: list[tuple[int, Shown]] = field(default_factory=list)
    papers: list[tuple[int, str]] = field(default_factory=list)
    """Codes on the papers that lie on the table."""
