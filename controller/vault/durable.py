"""Files that are either whole or not there, whatever moment the power fails.

A file is written beside its place as ``*.tmp``, flushed, renamed, and the rename flushed (POSIX
rename is atomic; both ``fsync`` are needed for it to survive a power cut). Two ``fsync`` a file.
Each write has a temporary name of its own: of two that put the same file, one is there whole.
"""

from __future__ import annotations

import errno
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from ground.error import TramError
from ground.text import N_

SUFFIX = ".tmp"
FULL = N_(
    "The station's disk is full: nothing more can be stored. What was stored before is safe. Call "
    "a technician to free space."
)
REFUSED = N_(
    "The station's disk refused to store a file ({reason}). What was stored before is safe. Call "
    "a technician."
)


class StorageFailed(TramError):
    """The disk refused a write: full, read-only or broken. What was there before still is."""


def write(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` (mode 0600), replacing what was there. Raises StorageFailed."""
    temporary = None
    try:
        make_folder(path.parent)
        descriptor, name = tempfile.mkstemp(SUFFIX, f"{path.name}.", path.parent)
        temporary = Path(name)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
        flush_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        raise _failed(path, error) from error


def need(folder: Path, size: int) -> None:
    """Raises StorageFailed where the file system of ``folder`` has no ``size`` bytes for us."""
    try:
        make_folder(folder)
        there = os.statvfs(folder)
        if there.f_bavail * there.f_frsize < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise _failed(folder, error) from error


def _failed(path: Path, error: OSError) -> StorageFailed:
    log_text = f"cannot write {path.name}: {error.strerror}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFailed(log_text, FULL)
    return StorageFailed(log_text, REFUSED, reason=error.strerror)


def make_folder(path: Path) -> None:
    """Create ``path`` and its missing parents (mode 0700), each durably."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    flush_folder(path.parent)


def flush_folder(path: Path) -> None:
    """Make renames, creations and removals in ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(data: Path) -> int:
    """Remove what interrupted writes left in ``data`` and its sealed folders; gives how many.

    For the start of the station, before anything is written.
    """
    leftovers = list(data.glob("*" + SUFFIX))
    for folder in ("keys", "vault", "outbox"):
        leftovers.extend((data / folder).rglob("*" + SUFFIX))
    for leftover in leftovers:
        leftover.unlink()
    return len(leftovers)
