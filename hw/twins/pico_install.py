"""What the Pico's twin needs before it starts: the interpreter, and what to put into its flash."""

from __future__ import annotations

import hashlib
import os
import shutil

from hw.twins.pico_board import ROOT, Options

FLASH_BYTES = 352 * 4096
FILES = (".py", ".mpy", ".hash")


def find_micropython() -> str:
    """The interpreter: TRAM_MICROPYTHON, else .cache/bin/micropython of the repo, else PATH."""
    cached = ROOT / ".cache" / "bin" / "micropython"
    found = os.environ.get("TRAM_MICROPYTHON") or (
        str(cached) if cached.exists() else shutil.which("micropython")
    )
    if not found:
        raise SystemExit("no MicroPython found: run setup/micropython first")
    return found


def to_install(options: Options) -> tuple[str, str] | None:
    """The firmware's folder and program, unless they are on the flash already."""
    folder, flash = options.firmware, options.flash
    digest = hashlib.sha256(options.program.encode())
    for path in sorted(folder.iterdir()):
        if path.suffix in FILES:
            digest.update(path.name.encode() + path.read_bytes())
    note, image = flash / "installed", flash / "fs.bin"
    if image.exists() and note.exists() and note.read_text() == digest.hexdigest():
        return None
    if not image.exists():
        image.write_bytes(b"\xff" * FLASH_BYTES)
    note.write_text(digest.hexdigest())
    return str(folder.resolve()), options.program
