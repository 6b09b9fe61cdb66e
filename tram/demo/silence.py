"""Why nothing is acknowledged: the last warning of uplinks and region since something last was."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

QUIET_S = 5.0
"""So long without an acknowledgement is worth a word, if somebody complains."""
TAIL_BYTES = 65_536
_COMPLAINT = re.compile(r"^\S+ \S+ (?:WARNING|ERROR|CRITICAL) \S+ (.+)$", re.MULTILINE)
"""Of the programs' logs: date, time, level, logger, message."""


class Silence:
    """``held``: how many facts the region has. ``logs``: whose they are, and where; the first one
    that complains is believed."""

    def __init__(
        self,
        held: Callable[[], int],
        logs: Mapping[str, Path],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._held, self._logs, self._now = held, logs, now
        self._count = held()
        self._told = ""
        self._begin()

    def _begin(self) -> None:
        self._since = self._now()
        self._from = {name: _size(path) for name, path in self._logs.items()}

    def look(self) -> str | None:
        """A line for the screen when there is a reason that was not told yet."""
        if (count := self._held()) != self._count:
            self._count, self._told = count, ""
            self._begin()
        silent_s = self._now() - self._since
        reason = self.reason
        if silent_s < QUIET_S or not reason or reason == self._told:
            return None
        self._told = reason
        return f"Nothing has been acknowledged for {silent_s:.0f} s. {reason}"

    @property
    def reason(self) -> str:
        """The newest complaint since the last acknowledgement; "" when nobody complains."""
        for name, path in self._logs.items():
            if complaints := _COMPLAINT.findall(_tail(path, self._from[name])):
                return f"{name}: {complaints[-1]}"
        return ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _tail(path: Path, start: int) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        file.seek(max(start, _size(path) - TAIL_BYTES))
        return file.read(TAIL_BYTES).decode("utf-8", "replace")
