"""A small disk that gets full, and free again.

Where we may mount, a file system of its own with ballast in it; elsewhere the kernel refuses this
process every file longer than a limit. Both refuse a capture while the journal still has room.
"""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

DISK_BYTES = 16 << 20
ROOM_BYTES = 900 << 10
"""Enough for the journal of a test, too little for a capture of a megabyte."""
_MNT_DETACH = 2


class SmallDisk(Protocol):
    folder: Path

    def fill(self, left: int = ROOM_BYTES) -> None: ...

    def free(self) -> None: ...


class Mounted:
    """A tmpfs with ballast."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self, left: int = ROOM_BYTES) -> None:
        there = os.statvfs(self.folder)
        with self._ballast.open("ab") as file:
            file.write(bytes(there.f_bavail * there.f_frsize - left))

    def free(self) -> None:
        self._ballast.unlink()


class Limited:
    """RLIMIT_FSIZE: the kernel refuses this process what would make a file longer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, left: int = ROOM_BYTES) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (left, self._before[1]))

    def free(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


@contextmanager
def mounted(folder: Path) -> Iterator[SmallDisk]:
    """A disk of its own at ``folder``, where the kernel lets us mount one; else as ``limited``."""
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    place, kind = os.fsencode(folder), b"tmpfs"
    if libc.mount(kind, place, kind, 0, f"size={DISK_BYTES}".encode()) != 0:
        with limited(folder) as disk:
            yield disk
        return
    try:
        yield Mounted(folder)
    finally:
        libc.umount2(place, _MNT_DETACH)


@contextmanager
def limited(folder: Path) -> Iterator[SmallDisk]:
    """The disk of ``folder`` takes short files only, once it is filled."""
    folder.mkdir(exist_ok=True)
    disk = Limited(folder)
    try:
        yield disk
    finally:
        disk.free()
