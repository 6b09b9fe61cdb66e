"""The region's side of a measurement: one real ingest worker over SQLite, a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from typing import Any

from hw.twins.booth import die_with_parent
from hw.twins.broker import Broker

START_S, END_S = 60.0, 20.0


@contextmanager
def ingest(url: str, broker: Broker, groups: Sequence[str]) -> Iterator[BaseProcess]:
    """A worker that listens and keeps what ``groups`` tell in the store ``url``, which it makes.

    Raises ``RuntimeError`` when it does not get to the broker.
    """
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    ca = broker.authority and broker.authority.ca
    process = context.Process(target=_work, args=(url, broker.port, ca, groups, ready))
    process.start()
    try:
        if not ready.wait(START_S):
            raise RuntimeError("the ingest worker does not reach the broker")
        yield process
    finally:
        process.terminate()
        process.join(END_S)
        if process.is_alive():
            process.kill()
            process.join()


def _work(url: str, port: int, ca: Any, groups: Sequence[str], ready: Event) -> None:
    from monitor.config import Broker as Settings
    from monitor.ingest.worker import Worker
    from monitor.store.database import open_store

    die_with_parent()
    ended = False

    def end(_number: int, _frame: Any) -> None:
        nonlocal ended
        ended = True

    signal.signal(signal.SIGTERM, end)
    worker = Worker(open_store(url), Settings(port=port, ca=ca), "bench", tuple(groups))

    def stopped() -> bool:
        if worker.connected:
            ready.set()
        return ended

    worker.run(stopped)
