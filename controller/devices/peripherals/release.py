"""Which firmware belongs to this version of the station.

The same rule as ``firmware/identity.py``, which computes it on the Pico from its own files.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable


def firmware_hash(folder: Traversable | None = None) -> str:
    """First 16 hex digits of SHA-256 over name and content of each source file, in name order.

    ``folder`` is by default the installed ``firmware`` package.
    """
    root = folder if folder is not None else files("firmware")
    sources = [file for file in root.iterdir() if file.name.endswith(".py")]
    digest = hashlib.sha256()
    for file in sorted(sources, key=lambda file: file.name):
        if file.name != "__init__.py":
            digest.update(file.name.removesuffix(".py").encode() + b"\n")
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
