"""The vault as the line meets it: slow, full, and asked by several at once.

A capture is stored in a thread (encryption and two ``fsync``; an SD card takes up to a second for
one). Whoever waits for it may be cancelled, a thread may not: so the waiting goes on until the
thread has ended, and nothing is written behind the back of the one who comes next.

When the disk refuses, the operator is told once, the line's devices are given to nobody, and the
disk is tried again with as many bytes as it refused until it takes them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from controller.station.core import Core, log
from controller.vault import durable
from controller.vault.durable import StorageFailed
from edge.journal.error import DiskRefuses
from ground.backoff import Doubling
from ground.text import N_

PAUSE_S = 0.5
"""Until a disk that refused is tried."""
LONGEST_PAUSE_S = 8.0
FLAPPING_S = 10.0
"""A disk that refuses again this soon after a trial was not back: the next pause is longer."""
PROBE_BYTES = 1 << 20
"""More than any capture or packet: a disk with room for a few rows of the journal is still full."""
PAUSED = N_(
    "Portraits and fingerprints pause until the disk stores again. People keep their places; "
    "nothing that was taken is lost."
)

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``work`` in a thread. Cancelled, it raises CancelledError when the thread has ended."""
    loop = asyncio.get_running_loop()
    running = loop.run_in_executor(None, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({running})
        if not running.cancelled():
            running.exception()  # fetched: nobody is left to hear of it
        raise


class Storage:
    """Puts captures into the vault, and knows whether it takes any."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._storing: Counter[str] = Counter()
        self._refused = asyncio.Event()
        self._takes = asyncio.Event()
        self._takes.set()
        self._pause = Doubling(PAUSE_S, LONGEST_PAUSE_S)
        self._back_at_s = -FLAPPING_S

    @property
    def refuses(self) -> bool:
        """The disk refused, and has not taken anything since."""
        return self._refused.is_set()

    def storing(self, dossier: str) -> bool:
        """A capture of ``dossier`` is on its way to the disk: its folder is not to be removed."""
        return self._storing[dossier] > 0

    async def keep(
        self, dossier: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """``work``, which stores something of ``dossier``, in a thread. Raises StorageFailed."""
        self._storing[dossier] += 1
        try:
            with self._core.software(dossier):
                return await in_thread(work, *args, **kwargs)
        finally:
            self._storing[dossier] -= 1
            if not self._storing[dossier]:
                del self._storing[dossier]
            self._core.touch()

    def failed(self, error: StorageFailed | DiskRefuses) -> None:
        """The disk refused: said once, until it takes something again."""
        if self.refuses:
            return
        log.error("the disk refuses: %s", error)
        self._takes.clear()
        self._refused.set()
        if asyncio.get_running_loop().time() - self._back_at_s < FLAPPING_S:
            self._pause.longer()
            return
        self._pause.anew()
        self._core.notice(error.advice, **error.params)
        self._core.notice(PAUSED)

    async def returns(self) -> None:
        """Until the disk takes something again."""
        await self._takes.wait()

    async def run(self) -> None:
        """For ever: try a disk that refused."""
        loop = asyncio.get_running_loop()
        while True:
            await self._refused.wait()
            await asyncio.sleep(self._pause.wait)
            try:
                await in_thread(_probe, self._core.data / "vault")
            except StorageFailed:
                continue
            log.info("the disk stores again")
            self._back_at_s = loop.time()
            self._refused.clear()
            self._takes.set()
            self._core.touch()


def _probe(folder: Path) -> None:
    """Write and remove a file, where there seems to be room: the last bytes are the journal's.

    Raises StorageFailed. What a power cut leaves of it is swept away at the next start.
    """
    durable.need(folder, PROBE_BYTES)
    path = folder / f"probe{durable.SUFFIX}"
    durable.write(path, bytes(PROBE_BYTES))
    with suppress(OSError):
        path.unlink()
