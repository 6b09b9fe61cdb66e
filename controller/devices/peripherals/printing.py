"""One print job from its first chunk to the printer's word that it is printed, exactly once.

Every step asks the Pico where it stands and follows its answer. Three memories work together:
the Pico's (job, digest, next chunk), which survives the station; ours, which survives a
reset of the Pico; and the Pico's flash, where the jobs done survive both. Only when power fails
for both in mid job does the paper start anew, and then as a new paper.

The Pico takes chunks ahead of the printer's line. Those that wait with it die with it, so what we
remember is what it has *sent*.
"""

from __future__ import annotations

import asyncio
import base64
import zlib
from collections.abc import Awaitable, Callable

from controller.devices.peripherals.link import CommandRefused, Item, LinkLost
from edge.journal.events import FaultCode
from firmware import wire

FAULTS = {
    "paper_out": FaultCode.PAPER_OUT,
    "cover_open": FaultCode.COVER_OPEN,
    "error": FaultCode.HUNG,
    "silent": FaultCode.NO_ANSWER,
}
"""What is wrong in each of ``wire.PRINTER_STATES``."""
FIRST_PAUSE_S = 0.005
MAX_PAUSE_S = 0.1

Call = Callable[..., Awaitable[tuple[Item, ...]]]


class Jobs:
    """How far jobs have come, by (job, digest): chunks that have left the Pico for the printer."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, str], tuple[int, int]] = {}

    def place(self, job: int, digest: str) -> int:
        return self._places.get((job, digest), (0, 0))[0]

    def reached(self, job: int, digest: str, place: int, total: int) -> None:
        """Another job's half paper is cut off when this one starts: forget where it was."""
        self._places = {
            key: (at, of)
            for key, (at, of) in self._places.items()
            if at == of and key != (job, digest)
        }
        self._places[job, digest] = (place, total)

    def finished(self, job: int, digest: str) -> None:
        self._places.pop((job, digest), None)


async def print_job(
    job: int,
    chunks: list[bytes],
    digest: str,
    *,
    jobs: Jobs,
    call: Call,
    ready: Callable[[], Awaitable[None]],
) -> None:
    """Return when ``job`` is printed. ``ready`` waits for the link and an answering printer.

    A lost link or a reset of the Pico only pauses it. CommandRefused when the Pico finds the
    job's arguments wrong.
    """
    pause = FIRST_PAUSE_S
    while True:
        await ready()
        try:
            first = jobs.place(job, digest)
            place, sent, done = _ints(await call("begin", job, len(chunks), digest, first))
            while not done:
                jobs.reached(job, digest, sent, len(chunks))
                before = place, sent
                if place < len(chunks):
                    place, sent = _ints(await call("print", job, place, packed(chunks[place])))
                else:
                    place, sent, done = _ints(await call("done", job))
                if (place, sent) != before:
                    pause = FIRST_PAUSE_S
                elif not done:
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, MAX_PAUSE_S)
                    await ready()
            jobs.finished(job, digest)
            return
        except LinkLost:
            continue
        except CommandRefused as refused:
            if refused.reason != "job":
                raise


def packed(chunk: bytes) -> str:
    """What ``print`` carries of a chunk: raw deflate (RFC 1951) in base64."""
    deflate = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, -wire.DEFLATE_BITS)
    return base64.b64encode(deflate.compress(chunk) + deflate.flush()).decode()


def _ints(answer: tuple[Item, ...]) -> tuple[int, ...]:
    return tuple(int(item) for item in answer)
