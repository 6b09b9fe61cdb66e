"""How the Pi itself is: temperature, disk, memory, clock. Read from the kernel, no library.

https://docs.kernel.org/driver-api/thermal/sysfs-api.html (thermal_zone*/temp, m°C),
proc(5) (meminfo, locks), adjtimex(2).
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import msgspec

from edge.report import metrics
from edge.report.figures import Value
from ground.clock import Clock, ClockRefused, read_timex

_THERMAL = Path("/sys/class/thermal")
_STA_NANO = 0x2000
_MB = 1_000_000


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """One look at the machine. ``offset_ms``: what the clock still has to be set by, None when the
    kernel does not know; ``temperature_c`` None where there is no sensor.
    """

    boot: str
    mono: int
    at: int
    trusted: bool
    temperature_c: float | None
    disk_free_mb: int | None
    memory_free_mb: int | None
    offset_ms: int | None

    def figures(self) -> dict[str, Value]:
        """By their names on the wire (``edge/report/metrics.py``)."""
        return {
            metrics.CLOCK_TRUSTED: self.trusted,
            metrics.CLOCK_OFFSET: self.offset_ms,
            metrics.HOST_TEMPERATURE: self.temperature_c,
            metrics.HOST_DISK_FREE: self.disk_free_mb,
            metrics.HOST_MEMORY_FREE: self.memory_free_mb,
        }


def sample(clock: Clock, folder: Path) -> Sample:
    """The machine now; ``folder`` is on the disk that is looked at."""
    trusted = clock.trusted()
    return Sample(
        clock.boot,
        clock.mono_ms(),
        clock.now_ms(),
        trusted,
        temperature_c(),
        disk_free_mb(folder),
        memory_free_mb(),
        clock_offset_ms() if trusted else None,
    )


def temperature_c(root: Path = _THERMAL) -> float | None:
    """The hottest zone in °C."""
    found = []
    for zone in root.glob("thermal_zone*/temp"):
        try:
            found.append(int(zone.read_text()) / 1000)
        except (OSError, ValueError):
            continue
    return max(found, default=None)


def disk_free_mb(folder: Path) -> int | None:
    """What a program without privileges may still write."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize // _MB


def memory_free_mb() -> int | None:
    """``MemAvailable``: what new programs can have without swapping."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        kb = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return kb * 1024 // _MB


def clock_offset_ms() -> int | None:
    """What the kernel still has to slew the clock by; None where it does not say (a kept clock
    under a sandbox)."""
    try:
        _, timex = read_timex()
    except ClockRefused:
        return None
    # struct timex begins: unsigned modes; long offset, freq, maxerror, esterror; int status.
    word = ctypes.sizeof(ctypes.c_long)
    offset = ctypes.c_long.from_buffer(timex, word).value
    status = ctypes.c_int.from_buffer(timex, 5 * word).value
    return round(offset / (1_000_000 if status & _STA_NANO else 1_000))


def station_runs(journal: Path) -> bool:
    """Whether a process holds the lock beside the journal (``edge/journal/store.py``).

    The kernel's list tells it by device and inode: the lock itself is never touched, so a station
    that starts in this moment finds it free.
    """
    try:
        lock = os.stat(f"{journal}.lock")
        device = f"{os.major(lock.st_dev):02x}:{os.minor(lock.st_dev):02x}:{lock.st_ino}"
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return False
    return any(" FLOCK " in line and f" {device} " in line and "->" not in line for line in lines)
