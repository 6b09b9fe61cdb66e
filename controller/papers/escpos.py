"""A paper as ESC/POS commands, small enough for a frame of the Pico link.

Cheap printers cannot print Vietnamese letters, so a paper is sent as raster graphics. White rows
are paper feeds: they cost three bytes instead of 48 a row. Commands used, from Epson's "ESC/POS
Command Reference" (https://download4.epson.biz/sec_pubs/pos/reference_en/escpos/):

* ``ESC @``                       initialise: empties the printer's line buffer, resets modes
* ``GS v 0 m xL xH yL yH d…``     raster bit image, m = 0: one dot per pixel
* ``ESC J n``                     feed n vertical motion units; one unit is one dot at 203 dpi
* ``GS V 66 n``                   feed to the cutting position + n units and cut, leaving a point
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from controller.papers.bitmap import Bitmap

ESC, GS = b"\x1b", b"\x1d"
INITIALISE = ESC + b"@"
FEED_AND_CUT = GS + b"V\x42\x00"
RASTER = GS + b"v0\x00"
RASTER_HEADER_BYTES = 8
MAX_FEED_ROWS = 255
MIN_WHITE_ROWS = 2
"""A single white row inside a band costs less as raster than a feed and a new raster header."""


def commands(paper: Bitmap, max_bytes: int) -> list[bytes]:
    """``paper`` as chunks of at most ``max_bytes``, each of one or more whole commands.

    Sent one after the other they print the bitmap dot for dot and cut it off. The first chunk
    resets the printer, so a new job never continues what a broken one left in its line buffer.
    Same bitmap, same chunks: a job interrupted after chunk n goes on with chunk n + 1.

    ValueError when one row of the paper does not fit ``max_bytes``.
    """
    if paper.width_px % 8 or len(paper.rows) * 8 != paper.height_px * paper.width_px:
        raise ValueError("bitmap size does not match its rows")
    if paper.width_px // 8 + RASTER_HEADER_BYTES > max_bytes:
        raise ValueError(f"a row of {paper.width_px} px does not fit {max_bytes} bytes")
    chunks = [b""]
    for command in (INITIALISE, *_body(paper, max_bytes), FEED_AND_CUT):
        if len(chunks[-1]) + len(command) > max_bytes:
            chunks.append(b"")
        chunks[-1] += command
    return chunks


def digest(chunks: list[bytes], key: bytes = b"") -> str:
    """16 hex digits that identify a job's content, to resume it and nothing else.

    The Pico keeps it in flash. ``key`` (at most 64 bytes) makes it useless to whoever would guess
    what was printed.
    """
    return hashlib.blake2b(b"".join(chunks), digest_size=8, key=key).hexdigest()


def _body(paper: Bitmap, max_bytes: int) -> Iterator[bytes]:
    stride = paper.width_px // 8
    rows = [paper.rows[at : at + stride] for at in range(0, len(paper.rows), stride)]
    y = 0
    while y < len(rows):
        white = _white_run(rows, y)
        if white >= MIN_WHITE_ROWS or y + white == len(rows):
            yield from _feeds(white)
            y += white
            continue
        band, width = _band(rows, y, max_bytes)
        y += len(band)
        size = width.to_bytes(2, "little") + len(band).to_bytes(2, "little")
        yield RASTER + size + b"".join(row[:width] for row in band)


def _white_run(rows: list[bytes], start: int) -> int:
    end = start
    while end < len(rows) and not any(rows[end]):
        end += 1
    return end - start


def _feeds(count: int) -> Iterator[bytes]:
    for done in range(0, count, MAX_FEED_ROWS):
        yield ESC + b"J" + bytes([min(MAX_FEED_ROWS, count - done)])


def _band(rows: list[bytes], start: int, max_bytes: int) -> tuple[list[bytes], int]:
    """As many rows from ``start`` as fit one command, and their inked width in bytes.

    White paper on the right is not sent; a longer white run ends the band.
    """
    width, end = 1, start
    while end < len(rows) and _white_run(rows, end) < MIN_WHITE_ROWS:
        inked = max(width, len(rows[end].rstrip(b"\0")))
        if RASTER_HEADER_BYTES + inked * (end + 1 - start) > max_bytes:
            break
        width, end = inked, end + 1
    return rows[start:end], width
