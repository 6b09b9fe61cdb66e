"""One life of a station, in a process of its own that is meant to be killed.

The process is forked from one that has everything imported, so a life begins within 50 ms. What
the operator's screen shows goes to the parent through a pipe as it is shown.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from controller.config import load
from controller.vault.keys import Keys
from hw.twins.control import Hand
from hw.twins.population import people
from tests.hil.autopilot import Autopilot, Visitor
from tests.hil.floor import Floor, opened
from tram.station import alone


def grown_ups() -> list[dict[str, str]]:
    """People with a whole birth date, not enrolled yet: they all end with a packet."""
    return [
        row
        for row in people(400, seed=7)
        if row["birth"].count("/") == 2
        and int(row["birth"][-4:]) < 2000
        and not row["birth"].startswith("31/02")
        and not row["enrolled_on"]
        and row["number"]
    ]


@dataclass(frozen=True)
class Orders:
    """What a life is to do. ``bundle`` holds the keys, ``rows`` the people by ticket number."""

    config: Path
    twins: Path
    bundle: bytes
    rows: Sequence[dict[str, str]]
    tickets: int
    crowd: int


Shown = tuple[int, dict[str, tuple[str, tuple[str, ...]]], tuple[int, ...]]
"""What an operator's screen showed: journal seq, stage and fingers taken by dossier, tickets
waiting."""


def live(orders: Orders, screen: Connection, log: Path, stream: Path | None = None) -> None:
    """Run a station until everybody has been served (or the process is killed).

    ``stream``: a log that grows with the disk's writes; its length goes with all that is shown.
    """
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    faulthandler.enable()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", force=True)
    config = load(orders.config)
    with alone(config.paths.data):
        asyncio.run(_live(orders, screen, (lambda: stream.stat().st_size) if stream else None))


async def _live(orders: Orders, screen: Connection, length: Callable[[], int] | None) -> None:
    known: dict[str, Hand] = {}

    def hands(twin: str) -> Hand:
        if twin not in known:
            known[twin] = Hand(orders.twins / f"{twin}.ctl")
        return known[twin]

    async with opened(load(orders.config), hands) as floor:
        await floor.admit(Keys.from_bundle(orders.bundle))
        watching = asyncio.create_task(_watch(floor, screen, length))
        pilot = Autopilot(
            floor,
            lambda ticket: _visitor(orders.rows, ticket),
            crowd=orders.crowd,
            tickets=orders.tickets,
        )
        await pilot.run()
        watching.cancel()


def _visitor(rows: Sequence[dict[str, str]], ticket: int) -> Visitor:
    missing = frozenset({"left_little"}) if ticket % 4 == 0 else frozenset[str]()
    return Visitor(rows[(ticket - 1) % len(rows)], missing, by_button=ticket % 2 == 1)


async def _watch(floor: Floor, screen: Connection, length: Callable[[], int] | None) -> None:
    """Send what the screen shows, at every change; ``(length, shown)`` where there is one."""
    version = 0
    while True:
        view = floor.view
        dossiers = {
            d.id: (d.stage, tuple(f.position for f in d.fingers if f.state == "captured"))
            for d in view.dossiers
        }
        waiting = tuple(t.number for t in view.waiting)
        shown = (floor.station.core.journal.seq, dossiers, waiting)
        screen.send((length(), shown) if length else shown)
        version = await floor.station.changed(version or view.version, 60.0)
