"""The paper in the printer twin: rows leave the head, PNG files leave the cutter."""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image

SLIPS = "slip-[0-9]*.png"


class Roll:
    """Dots burnt since the last cut. ``slips`` counts the cut slips in ``folder``, those of a
    printer before this one too: nothing that was printed is overwritten. ``rows``: all ever fed."""

    def __init__(self, folder: Path, width_px: int) -> None:
        self.folder = folder
        self.width_bytes = width_px // 8
        self.rows = 0
        self.last: Path | None = None
        self._strip = bytearray()
        folder.mkdir(parents=True, exist_ok=True)
        self.slips = max((int(p.stem.removeprefix("slip-")) for p in folder.glob(SLIPS)), default=0)

    @property
    def uncut_rows(self) -> int:
        return len(self._strip) // self.width_bytes

    def burn(self, row: bytes) -> None:
        """One row of dots; what lies beyond the head's width is lost, as on real paper."""
        self._strip += row[: self.width_bytes].ljust(self.width_bytes, b"\0")
        self.rows += 1

    def cut(self) -> None:
        """Write the strip to ``slip-NNNN.png`` (black on white, 1 bit). An empty strip is none."""
        if not self._strip:
            return
        size = (self.width_bytes * 8, self.uncut_rows)
        picture = Image.frombytes("1", size, bytes(self._strip), "raw", "1;I")
        path = self.folder / f"slip-{self.slips + 1:04d}.png"
        fresh = path.with_suffix(".part")
        picture.save(fresh, "PNG")
        os.replace(fresh, path)
        self._strip.clear()
        self.last = path
        self.slips += 1
