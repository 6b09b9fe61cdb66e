"""Wall time, monotonic time, boot id, and whether the wall clock can be trusted.

A Pi has no battery-backed clock: after a power cut its wall time is wrong until the network sets
it. Everything that is journaled therefore carries both clocks and whether the wall clock was set.

Two can say so, and one word is enough:

* systemd-timesyncd, by a file that it touches at every synchronisation and that goes with the
  boot (systemd-timesyncd.service(8): ``/run/systemd/timesync/synchronized``);
* the kernel, which chrony and ntpd tell as well (adjtimex(2)): it takes its word back after hours
  without the network, though the clock was set in this boot and drifts by seconds a day.

Asking needs no privilege, but a sandbox may refuse it: systemd's ``ProtectClock=`` answers EPERM
to the question as well as to setting the clock. A refusal is not an
answer: it raises ``ClockRefused``.
"""

from __future__ import annotations

import ctypes
import os
import time
from functools import cache
from pathlib import Path
from typing import Protocol

from ground.error import TramError
from ground.text import N_

SET_FLAG = Path("/run/systemd/timesync/synchronized")
"""Of systemd-timesyncd, the time service of Debian and Raspberry Pi OS."""
_TIME_ERROR = 5
"""adjtimex(2): clock not synchronised."""
_TIMEX_BYTES = 256
"""More than sizeof(struct timex); all zero means "read only"."""


KERNEL_REFUSES = N_(
    "The system does not tell this program whether the clock is set ({reason}). In the unit that "
    "starts it, remove the line ProtectClock=yes, or let SystemCallFilter= include adjtimex and "
    "clock_adjtime (provisioning/units/ shows how); then: systemctl daemon-reload, and start again."
)
FLAG_REFUSES = N_(
    "The time service's file {path} cannot be looked at ({reason}), so nobody can tell whether the "
    "clock is set. Let this program's user read its folder, or correct station.clock_flag in the "
    "configuration; then start again."
)


class ClockRefused(TramError):
    """The system does not say whether the clock is set."""

    about = "clock"


class Clock(Protocol):
    boot: str

    def now_ms(self) -> int:
        """Wall time, ms since 1970 UTC."""
        ...

    def mono_ms(self) -> int:
        """Ms since the machine booted, never set back."""
        ...

    def trusted(self) -> bool:
        """True when the wall clock was set by somebody who knows the time."""
        ...


class SystemClock:
    """The machine's clocks.

    ``kept``: a battery vouches for the wall clock, whatever kernel and time service know.
    ``flag``: the file that the time service makes when it has set the clock.
    """

    def __init__(self, *, kept: bool = False, flag: Path = SET_FLAG) -> None:
        """Raises ``ClockRefused`` at once where the system would refuse the question later."""
        self._kept = kept
        self._flag = flag
        boot_id = Path("/proc/sys/kernel/random/boot_id").read_text()
        self.boot = boot_id.replace("-", "")[:8]
        if not kept:
            flag_is_there(flag)
            kernel_synchronised()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def trusted(self) -> bool:
        """Raises ``ClockRefused``."""
        return self._kept or flag_is_there(self._flag) or kernel_synchronised()


def flag_is_there(flag: Path) -> bool:
    """Whether the time service says that it has set the clock. Raises ``ClockRefused``."""
    try:
        os.stat(flag)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ClockRefused(f"{flag}: {reason}", FLAG_REFUSES, path=flag, reason=reason) from None
    return True


def kernel_synchronised() -> bool:
    """Whether the kernel says that the clock is synchronised. Raises ``ClockRefused``."""
    state, _ = read_timex()
    return state != _TIME_ERROR


def read_timex() -> tuple[int, ctypes.Array[ctypes.c_char]]:
    """(clock state, ``struct timex``) of adjtimex(2), nothing changed. Raises ``ClockRefused``."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    state = int(_libc().adjtimex(timex))
    if state < 0:
        reason = os.strerror(ctypes.get_errno())
        raise ClockRefused(f"adjtimex: {reason}", KERNEL_REFUSES, reason=reason)
    return state, timex


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
