"""The time service's twin: the file that systemd-timesyncd touches when it has set the clock.

A machine without a time service (a container, a CI runner) has a clock that nobody vouches for, and
what a booth does there is never dated. So the booths of demo, tests and benchmarks name this file
as ``station.clock_flag``, and their trust comes the way it comes in the field.
https://www.freedesktop.org/software/systemd/man/latest/systemd-timesyncd.service.html
"""

from __future__ import annotations

from pathlib import Path


class TimeService:
    """``flag`` is in ``folder``, which is made with it."""

    def __init__(self, folder: Path) -> None:
        self.flag = folder / "synchronized"

    def synchronise(self) -> Path:
        """The network answered and the clock is set. Returns the flag."""
        self.flag.parent.mkdir(parents=True, exist_ok=True)
        self.flag.touch()
        return self.flag

    def stop(self) -> None:
        """The service ends, and its folder in /run with it."""
        self.flag.unlink(missing_ok=True)
