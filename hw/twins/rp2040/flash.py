"""The Pico's file system as a block of bytes: littlefs, laid out as MicroPython's rp2 port has it.

Source: ports/rp2/rp2_flash.c (blocks of 4096, programs of 256) and modules/_boot.py (VfsLfs2 with
``progsize=256``), boards/RPI_PICO (1408 kB at the end of 2 MB).
"""

from __future__ import annotations

from collections.abc import Mapping

from littlefs import LittleFS

FLASH_BYTES = 2 * 1024 * 1024
BLOCK_BYTES = 4096
BLOCKS = 1408 * 1024 // BLOCK_BYTES
OFFSET = FLASH_BYTES - BLOCKS * BLOCK_BYTES


def littlefs_of(files: Mapping[str, bytes]) -> bytes:
    """A new file system that holds ``files``; a name may have folders, which are made."""
    fs = _new()
    fs.format()
    fs.mount()
    for name, data in files.items():
        folder = name.rpartition("/")[0]
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(name, "wb") as file:
            file.write(data)
    return bytes(fs.context.buffer)


def files_in(filesystem: bytes) -> dict[str, bytes]:
    """Every file by its path; LittleFSError when it cannot be mounted."""
    fs = _new()
    fs.context.buffer[:] = filesystem
    fs.mount()
    found = {}
    for folder, _, names in fs.walk("/"):
        for name in names:
            path = f"{folder.rstrip('/')}/{name}"
            with fs.open(path, "rb") as file:
                found[path.lstrip("/")] = file.read()
    return found


def _new() -> LittleFS:
    return LittleFS(
        block_size=BLOCK_BYTES,
        block_count=BLOCKS,
        prog_size=256,
        read_size=32,
        lookahead_size=32,
        cache_size=1024,
        mount=False,
    )
