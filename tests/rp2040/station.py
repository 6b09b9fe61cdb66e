"""A station at the emulated Pico, in simulated time: the booth's own link and printing code.

``Link`` and ``print_job`` (controller/devices/peripherals) read no clock and do no I/O, so here
they get the chip's: an event loop whose time is the chip's, and which lets the chip live on
whenever it has nothing to do. The figures are those of the real code on both ends of the line.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from controller.devices.peripherals.link import (
    Command,
    Ended,
    Happened,
    Happening,
    Item,
    Link,
    Renewed,
)
from controller.devices.peripherals.printing import Jobs, print_job
from controller.papers import escpos
from controller.papers.bitmap import Bitmap
from firmware import wire
from hw.twins.rp2040.chip import ChipFailed
from tests.rp2040.pico import Pico

HOST_MS = 0.5
"""From a byte on the bus to our loop and back: a Pi's USB interrupts and its scheduler."""
NEVER_MS = 120_000.0
Result = TypeVar("Result")


class _Living(selectors.SelectSelector):
    """Waiting lets the chip live on; what it says ends the wait."""

    def __init__(self, pico: Pico) -> None:
        super().__init__()
        self._pico = pico
        self.said: Callable[[bytes], None] = lambda data: None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        before = len(self._pico.usb)
        self._pico.step(NEVER_MS if timeout is None else timeout * 1000, ("usb",))
        if data := self._pico.usb[before:]:
            self.said(data)
        elif timeout is None:
            raise ChipFailed(f"nothing happens any more; the Pico said {self._pico}")
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, pico: Pico) -> None:
        self._pico = pico
        self.living = _Living(pico)
        super().__init__(self.living)

    def time(self) -> float:
        return self._pico.now_ms / 1000


class Station:
    """``printer`` is what the last heartbeat's answer said; ``events`` are given to nobody."""

    def __init__(self, pico: Pico, key: int = 1) -> None:
        self.pico = pico
        self.events: list[Happened] = []
        self.happened: list[Happening] = []
        self.printer = "unknown"
        self._link = Link(rng=random.Random(key))
        self._jobs = Jobs()
        self._answers: dict[Command, asyncio.Future[tuple[Item, ...]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop: _Loop | None = None

    def run(self, work: Callable[[], Awaitable[Result]], within_ms: float = NEVER_MS) -> Result:
        """Connect when that is not done yet, do ``work`` in simulated time, give its result.
        TimeoutError when that takes longer than ``within_ms``.
        """
        loop = self._loop = _Loop(self.pico)
        self._changed = asyncio.Condition()
        loop.living.said = self._step
        try:
            return loop.run_until_complete(asyncio.wait_for(self._do(work), within_ms / 1000))
        finally:
            if self._timer:
                self._timer.cancel()
            loop.close()
            self._loop = None

    async def _do(self, work: Callable[[], Awaitable[Result]]) -> Result:
        if not self._link.up:
            self._link.plugged(self._now())
        self._step()
        await self._ready()
        return await work()

    def print(
        self,
        job: int,
        paper: Bitmap,
        within_ms: float = NEVER_MS,
        *,
        meanwhile: tuple[float, Callable[[], None]] | None = None,
    ) -> float:
        """Print and have it proven; gives how long that took, in ms of simulated time.
        ``meanwhile``: what happens so many ms after it began.
        """
        chunks = escpos.commands(paper, wire.CHUNK_MAX)

        async def work() -> float:
            began = self.pico.now_ms
            if meanwhile:
                after_ms, deed = meanwhile
                asyncio.get_running_loop().call_later(after_ms / 1000, deed)
            await print_job(
                job,
                chunks,
                escpos.digest(chunks),
                jobs=self._jobs,
                call=self.ask,
                ready=self._ready,
            )
            return self.pico.now_ms - began

        return self.run(work, within_ms)

    async def ask(self, op: str, *arguments: Item) -> tuple[Item, ...]:
        """One command; LinkLost or CommandRefused as the link says."""
        command = Command(op, arguments)
        self._link.submit(command)
        answer: asyncio.Future[tuple[Item, ...]] = asyncio.get_running_loop().create_future()
        self._answers[command] = answer
        self._step()
        return await answer

    async def until(self, condition: Callable[[], object]) -> None:
        """Return when something happened after which ``condition`` holds."""
        async with self._changed:
            await self._changed.wait_for(condition)

    async def _ready(self) -> None:
        """Return when the link is up and the printer answers."""
        await self.until(lambda: self._link.up and self.printer not in ("unknown", "silent"))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _now(self) -> float:
        return self.pico.now_ms / 1000

    def _step(self, data: bytes = b"") -> None:
        assert self._loop
        out, happenings = self._link.step(self._now(), data)
        if out:
            self.pico.usb_write(out, HOST_MS)
        for happening in happenings:
            self._handle(happening)
        if happenings:
            self._telling = self._loop.create_task(self._tell())
        if self._timer:
            self._timer.cancel()
        wake_at = self._link.wake_at()
        if wake_at is not None:
            self._timer = self._loop.call_at(wake_at, self._step)

    def _handle(self, happening: Happening) -> None:
        self.happened.append(happening)
        match happening:
            case Ended(command):
                answer: asyncio.Future[Any] | None = self._answers.pop(command, None)
                if answer is None or answer.done():
                    return
                if command.error:
                    answer.set_exception(command.error)
                else:
                    answer.set_result(command.answer or ())
            case Renewed(printer, _):
                self.printer = printer
            case Happened():
                self.events.append(happening)
