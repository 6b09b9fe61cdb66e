"""Why a device file does not open: one mapping of errno to fault, for every device.

A cable, a missing group, a unit that keeps the program out and another program that holds the port
look alike from afar and are mended by different people in different places, so each is a fault of
its own. Errnos: open(2), flock(2), TIOCEXCL of ioctl_tty(2), connect(2); EPERM is how a control
group's device policy (systemd's ``DeviceAllow=``) refuses, EACCES how the file's rights do.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from edge.journal.events import FaultCode

SETTLE_S = 1.0
"""udev gives a new device file its group some milliseconds after it has appeared: until then it is
refused to us, and nothing is wrong."""

_FAULTS = {
    errno.ENOENT: FaultCode.NOT_FOUND,
    errno.ENOTDIR: FaultCode.NOT_FOUND,
    errno.ECONNREFUSED: FaultCode.NOT_FOUND,
    errno.ENODEV: FaultCode.DISCONNECTED,
    errno.ENXIO: FaultCode.DISCONNECTED,
    errno.EACCES: FaultCode.NO_RIGHTS,
    errno.EPERM: FaultCode.KEPT_OUT,
    errno.EBUSY: FaultCode.TAKEN,
    errno.EAGAIN: FaultCode.TAKEN,
    errno.EIO: FaultCode.NO_ANSWER,
}
"""EAGAIN: a lock that another program holds. EIO: the file is there, the device is silent."""
AT_THE_DOOR = frozenset(_FAULTS.values()) - {FaultCode.NO_ANSWER}
"""Faults of a port that is not open: nothing was heard of the device behind it."""
_OF_RIGHTS = (FaultCode.NO_RIGHTS, FaultCode.KEPT_OUT)


def number_of(error: BaseException | None) -> int | None:
    """Its errno. pyserial wraps errors of termios, which are no OSErrors, and drops the number."""
    while error is not None:
        number = getattr(error, "errno", None)
        if number is None and error.args and type(error).__name__ == "error":  # termios.error
            number = error.args[0]
        if isinstance(number, int):
            return number
        error = error.__cause__ or error.__context__
    return None


def refusal(error: BaseException) -> tuple[FaultCode, str]:
    """(fault, technical words) of a port that did not open."""
    number = number_of(error)
    if number is None:
        return FaultCode.NOT_FOUND, " ".join(str(error).split())
    return _FAULTS.get(number, FaultCode.NOT_FOUND), os.strerror(number)


class Door:
    """One port over many tries to open it, and what is to be told of them.

    ``path`` leads the words: of two adapters with the same name the technician sees which.
    """

    def __init__(self, path: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._now = now
        self._was_open = False
        self._refused_since: float | None = None

    def opened(self) -> None:
        self._was_open = True
        self._refused_since = None

    def refused(self, error: BaseException) -> tuple[FaultCode, str] | None:
        """What this try tells: fault and words; None while the system may still be about to give
        us the right. A port that was there before is disconnected, not unknown."""
        fault, words = refusal(error)
        return self.judged(fault, f"{self._path}: {words}")

    def judged(self, fault: FaultCode, words: str) -> tuple[FaultCode, str] | None:
        """The same of a fault that ``refusal`` has named already."""
        if fault not in _OF_RIGHTS:
            self._refused_since = None
        elif self._refused_since is None:
            self._refused_since = self._now()
            return None
        elif self._now() - self._refused_since < SETTLE_S:
            return None
        if fault is FaultCode.NOT_FOUND and self._was_open:
            fault = FaultCode.DISCONNECTED
        return fault, words


def kept_from(nodes: Iterable[Path]) -> OSError | None:
    """The first of these device files that the system refuses to us, if any."""
    for node in nodes:
        try:
            os.close(os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
        except PermissionError as error:
            return error
        except OSError:
            continue  # busy, or gone: somebody else's fault
    return None
