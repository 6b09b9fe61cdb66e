"""Files that are either whole or not there, whatever moment the power fails.

A file is written beside its place as ``*.tmp``, flushed, renamed, and the rename flushed (POSIX
rename is atomic; both ``fsync`` are needed for it to survive a power cut). Two ``fsync`` a file.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from controller.errors import TramError
from controller.texts import N_

SUFFIX = ".tmp"


class StorageFailed(TramError):
    """The disk refused a write: full, read-only or broken. What was there before still is."""


def write(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` (mode 0600), replacing what was there. Raises StorageFailed."""
    temporary = path.with_name(path.name + SUFFIX)
    try:
        make_folder(path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
        flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StorageFailed(
            f"cannot write {path.name}: {error.strerror}",
            N_("The disk refused to store a file ({reason}). Call the technician."),
            reason=error.strerror,
        ) from error


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
