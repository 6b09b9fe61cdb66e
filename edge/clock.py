"""Wall time, monotonic time, boot id, and whether the wall clock can be trusted.

A Pi has no battery-backed clock: after a power cut its wall time is wrong until the network sets
it. Everything that is journaled therefore carries both clocks and the kernel's own word on
whether the clock is synchronised.
"""

from __future__ import annotations

import ctypes
import time
from functools import cache
from pathlib import Path
from typing import Protocol

_TIME_ERROR = 5
"""adjtimex(2): clock not synchronised."""
_TIMEX_BYTES = 256
"""More than sizeof(struct timex); all zero means "read only"."""


class Clock(Protocol):
    boot: str

    def now_ms(self) -> int:
        """Wall time, ms since 1970 UTC."""
        ...

    def mono_ms(self) -> int:
        """Ms since the machine booted, never set back."""
        ...

    def trusted(self) -> bool:
        """True when the kernel says the wall clock is synchronised."""
        ...


class SystemClock:
    """The machine's clocks.

    ``kept``: somebody other than the kernel vouches for the wall clock, a battery-backed clock or
    the host of a virtual machine. The kernel does not know then, and says "not synchronised".
    """

    def __init__(self, *, kept: bool = False) -> None:
        self._kept = kept
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text()
        self.boot = boot_id.replace("-", "")[:8]

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def trusted(self) -> bool:
        if self._kept:
            return True
        state = int(_libc().adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
        return state not in (-1, _TIME_ERROR)


class SteppedClock:
    """A clock moved by hand, for pure tests and simulations."""

    def __init__(self, now_ms: int = 1_760_000_000_000, boot: str = "00000001") -> None:
        self.boot = boot
        self._now_ms = now_ms
        self._mono_ms = 1_000
        self.is_trusted = True

    def now_ms(self) -> int:
        return self._now_ms

    def mono_ms(self) -> int:
        return self._mono_ms

    def trusted(self) -> bool:
        return self.is_trusted

    def advance(self, seconds: float) -> None:
        self._now_ms += round(seconds * 1000)
        self._mono_ms += round(seconds * 1000)

    def step(self, seconds: float) -> None:
        """Somebody, or the network, sets the wall clock; no time goes by."""
        self._now_ms += round(seconds * 1000)

    def reboot(self, boot: str) -> None:
        """The machine starts anew: monotonic time begins again."""
        self.boot, self._mono_ms = boot, 1_000


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
