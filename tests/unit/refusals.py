"""Real refusals of the system, each to one thread and those that it starts.

To the kernel, seccomp(2) filters, user ids and capabilities are a thread's own (the C library's
calls change them for the whole process; the bare system calls do not). So a test is refused
something, and the others do not notice.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

T = TypeVar("T")

_NUMBERS = {
    "x86_64": {"adjtimex": 159, "clock_adjtime": 305, "openat": 257, "setresuid": 117},
    "aarch64": {"adjtimex": 171, "clock_adjtime": 266, "openat": 56, "setresuid": 147},
}
"""Of the kernel's tables: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic."""
NOBODY = 65_534
_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_THIRD_ARGUMENT = 32
"""Offset in ``struct seccomp_data``."""
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def without(calls: tuple[str, ...], work: Callable[[], T]) -> T:
    """``work()`` on a thread to which the kernel answers EPERM to ``calls``, as under systemd's
    ``ProtectClock=``."""
    steps = []
    for call in calls:
        steps.append(_step(_EQUAL, _number(call), otherwise=1))
        steps.append(_step(_RETURN, _ERRNO | errno.EPERM))
    return _on_a_thread(lambda: _filter(steps), work)


def without_terminals(work: Callable[[], T]) -> T:
    """``work()`` on a thread that may open no terminal: EPERM, as under systemd's
    ``DevicePolicy=closed``. A terminal is what a program opens with O_NOCTTY."""
    steps = [
        _step(_EQUAL, _number("openat"), otherwise=3),
        _step(_LOAD, _THIRD_ARGUMENT),
        _step(_ANY_BIT, os.O_NOCTTY, otherwise=1),
        _step(_RETURN, _ERRNO | errno.EPERM),
    ]
    return _on_a_thread(lambda: _filter(steps), work)


def as_nobody(work: Callable[[], T]) -> T:
    """``work()`` on a thread without root's privileges; the same user when we are not root."""
    return _on_a_thread(_become_nobody, work)


def owned_by_nobody(path: str) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)


def _on_a_thread(prepare: Callable[[], None], work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(prepare).result()
        return thread.submit(work).result()


def _number(call: str) -> int:
    return _NUMBERS[platform.machine()][call]


def _step(code: int, value: int, otherwise: int = 0) -> bytes:
    """A BPF instruction; a condition that fails skips ``otherwise`` instructions."""
    return struct.pack("HBBI", code, 0, otherwise, value)


def _filter(steps: list[bytes]) -> None:
    steps = [_step(_LOAD, 0), *steps, _step(_RETURN, _ALLOW)]  # 0: the call's number
    program = _Program(len(steps), b"".join(steps))
    for option, *arguments in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if _LIBC.prctl(option, *arguments):
            number = ctypes.get_errno()
            if number == errno.EINVAL and os.environ.get("TRAM_RUNG") == "arm64":
                pytest.skip("QEMU translates system calls, and has no seccomp(2) to refuse them")
            raise OSError(number, "prctl")


def _become_nobody() -> None:
    if os.geteuid() == 0 and _LIBC.syscall(_number("setresuid"), NOBODY, NOBODY, NOBODY):
        raise OSError(ctypes.get_errno(), "setresuid")
