"""The station's background work: endless tasks that start again, short ones whose end is seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from controller.station.core import Core, log
from controller.traces import trace
from ground.backoff import Doubling
from ground.error import TramError
from ground.text import N_

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
SOUND_AFTER_S = 60.0
"""A task that ran this long before it failed begins with the first pause again."""

Work = Callable[[], Awaitable[None]]


class Tasks:
    """Keeps every task referenced, says how it ended, and cancels what is left at the end."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tasks: set[asyncio.Task[Any]] = set()
        self._stopping = False

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run ``work`` once."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def forever(self, name: str, work: Work) -> None:
        """Run ``work()`` again and again: whatever fails, the booth must not stop in silence."""
        self.start(self._forever(name, work))

    async def _forever(self, name: str, work: Work) -> None:
        loop, pause = asyncio.get_running_loop(), Doubling(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        while True:
            began = loop.time()
            try:
                await work()
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                if self._stopping or task is None:
                    raise
                while task.uncancel():  # a stray one of a library: nobody asked for an end
                    pass
                log.error("%s was cancelled and starts again: %s", name, trace(error))
            except TramError as error:  # it says itself what to do
                log.error("%s failed and starts again: %s", name, trace(error))
                self._core.notice(error.advice, **error.params)
            except Exception as error:  # its kind does not matter: it starts again
                log.error("%s failed and starts again: %s", name, trace(error))
                self._core.notice(
                    N_(
                        "A part of the station failed and was started again. Call the technician "
                        "if this comes back."
                    )
                )
            if loop.time() - began > SOUND_AFTER_S:
                pause.anew()
            await asyncio.sleep(pause.longer())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("task failed: %s", trace(error))
        self._core.touch()

    async def stop(self) -> None:
        self._stopping = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
