"""Keep what a program holds in memory off the disk and away from other programs.

The station has the roster and the keys in memory while an operator is unlocked. When it crashes, a
core file would hold them all: so none is written, and no other program of the same user reads its
memory. The swap is the system's: see the unit in docs/technician.md (``MemorySwapMax=0``).

Source: Linux prctl(2) PR_SET_DUMPABLE (also covers cores piped to a collector), getrlimit(2).
"""

from __future__ import annotations

import ctypes
import resource

PR_SET_DUMPABLE = 4


def keep_to_itself() -> None:
    """No core files of this process and those it starts. Raises OSError if the kernel refuses.

    The limit passes on to programs that are started; "not dumpable" is this process's alone.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, "the kernel does not protect the memory of this program")
