"""Real refusals of the system: a thread that may not make some system calls.

seccomp(2) filters are a thread's own, so a test has one of its own and the others do not notice.
The filter is what systemd's ``ProtectClock=`` installs: it answers EPERM.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

_NUMBERS = {
    "x86_64": {"adjtimex": 159, "clock_adjtime": 305},
    "aarch64": {"adjtimex": 171, "clock_adjtime": 266},
}
"""Of the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic."""
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def without(calls: tuple[str, ...], work: Callable[[], T]) -> T:
    """``work()`` on a thread to which the kernel answers EPERM to ``calls``."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_refuse, calls).result()
        return thread.submit(work).result()


def _refuse(calls: tuple[str, ...]) -> None:
    steps = [struct.pack("HBBI", _LOAD, 0, 0, 0)]  # the call's number
    for call in calls:
        number = _NUMBERS[platform.machine()][call]
        steps.append(struct.pack("HBBI", _EQUAL, 0, 1, number))
        steps.append(struct.pack("HBBI", _RETURN, 0, 0, _ERRNO | errno.EPERM))
    steps.append(struct.pack("HBBI", _RETURN, 0, 0, _ALLOW))
    program = _Program(len(steps), b"".join(steps))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, *arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(option, *arguments):
            raise OSError(ctypes.get_errno(), "prctl")
