"""The twin of pigpiod, and the hand at its pins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hw.twins.booth import Booth
from hw.twins.control import Hand

MAINS, LOW, BUTTON, RUN = 17, 27, 22, 23
"""GPIO of each line in these tests: mains-fail is high, the others are low when they say yes."""


class Daemon:
    """Started at once, and again by whatever is asked of it after ``end``."""

    def __init__(self, folder: Path) -> None:
        self._booth = Booth(folder, 1.0, 0)
        self.address = Path(self._booth.port("pigpiod")).read_text()
        self._hand: Hand | None = None

    def do(self, op: str, **arguments: object) -> dict[str, Any]:
        if self._hand is None:
            self._booth.port("pigpiod")
            self._hand = Hand(self._booth.control("pigpiod"))
        return self._hand.do(op, **arguments)

    def drive(self, gpio: int, level: int | None) -> None:
        self.do("drive", gpio=gpio, level=level)

    def end(self) -> None:
        if self._hand:
            self._hand.close()
            self._hand = None
        self._booth.end("pigpiod")
