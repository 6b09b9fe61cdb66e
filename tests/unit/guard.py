"""The rule of ``tests/unit``: no process but this one, no connection and no open port.

What needs them is tested in ``tests/system``. Python tells an audit hook of each such call before
it is made (https://docs.python.org/3/library/audit_events.html), whatever library makes it; a hook
stays for good, so it is put there once and asks whether a unit test is running.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager

FORBIDDEN = frozenset(
    {
        "subprocess.Popen",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
    }
)


class NotAlone(BaseException):
    """A unit test did what only a test of whole programs may. No ``except Exception`` hides it."""


class _Watch:
    """``caught``: calls since the test began, also those whose error was swallowed."""

    def __init__(self) -> None:
        self.on = False
        self.caught: list[str] = []
        sys.addaudithook(self._told)

    def _told(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.on and event in FORBIDDEN:
            call = f"{event}{arguments[:2]!r}"
            self.caught.append(call)
            raise NotAlone(_advice(call))


_watch = _Watch()


@contextmanager
def alone() -> Iterator[None]:
    """Raises ``NotAlone`` at the call, and again at the end if the code within swallowed it.

    ``multiprocessing`` starts its processes untold; such a one is found when it has ended.
    """
    ended = _ended()
    _watch.caught.clear()
    _watch.on = True
    try:
        yield
    finally:
        _watch.on = False
    if _watch.caught:
        raise NotAlone(_advice(_watch.caught[0]))
    if _ended() != ended:
        raise NotAlone(_advice("a process ended"))


def _ended() -> int:
    """Grows with each child that was waited for: every process touches some pages."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt


def _advice(call: str) -> str:
    return f"{call}: a unit test starts no process and opens no connection. Move it to tests/system"
