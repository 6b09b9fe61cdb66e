"""Recording a busy line's disk, and starting a station on each cut of what was recorded."""

from __future__ import annotations

import multiprocessing as mp
import os
import shutil
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hw.twins.booth import Booth
from tests.crash.life import grown_ups
from tests.hil.premises import Keyring
from tests.vm_cuts import disk
from tests.vm_cuts.line import Line
from tests.vm_cuts.starting import check
from tests.vm_cuts.stream import Cut, Request, requests, written_by
from tests.vm_cuts.told import SPEED, Told

IMAGE_MB = 64
SLICE = 50
"""Cuts that one worker takes at a time: it moves a platter of its own up to the first of them."""
_forks = mp.get_context("forkserver")


@dataclass(frozen=True)
class Recording:
    """``image`` is what the disk held when the line began, ``log`` all that was asked of it since.

    ``first``: the first request of the line; those before it mount the disk.
    """

    image: Path
    log: Path
    first: int
    told: Told
    keyring: Keyring

    def stream(self) -> list[Request]:
        return list(requests(self.log))


def record(
    folder: Path, twins: Path, keyring: Keyring, visitors: int, kills: int, seed: int
) -> Recording:
    """A busy line on a recorded disk in ``folder``; everything else lies in ``twins``."""
    image, began, log = folder / "image", folder / "began", folder / "log"
    disk.make(image, IMAGE_MB)
    with disk.mounted(image, folder / "mount") as mount:
        keyring.furnish(mount / "data", grown_ups())
    shutil.copyfile(image, began)
    booth = Booth(twins, SPEED, seed=seed)
    try:
        booth.start_all()
        with disk.recorded(image, log, folder / "mount") as mount:
            line = Line(mount / "data", log, booth, keyring)
            length = log.stat().st_size
            line.serve(visitors, kills, Random(seed))
    finally:
        booth.end_all()
    image.unlink()
    return Recording(began, log, written_by(list(requests(log)), length), line.told, keyring)


def replayed(recording: Recording, cuts: Sequence[Cut], folder: Path) -> Iterator[tuple[Cut, str]]:
    """Each of ``cuts`` and what was wrong behind it, "" for nothing; several at a time."""
    slices = [(recording, cuts[i : i + SLICE], folder) for i in range(0, len(cuts), SLICE)]
    with _forks.Pool(min(os.cpu_count() or 1, len(slices))) as workers:
        for found in workers.imap(_slice, slices):
            yield from found


def _slice(work: tuple[Recording, Sequence[Cut], Path]) -> list[tuple[Cut, str]]:
    recording, cuts, shared = work
    folder = shared / f"worker-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    stream = recording.stream()
    base = folder / "platter"
    shutil.copyfile(recording.image, base)
    platter = disk.Platter(base, recording.log, stream)
    found = []
    for cut in cuts:
        image = platter.after(cut, folder / "image")
        try:
            with disk.mounted(image, folder / "mount") as mount:
                check(mount / "data", stream, cut, recording.told, recording.keyring)
            found.append((cut, ""))
        except Exception:
            found.append((cut, traceback.format_exc()))
    platter.close()
    return found
