"""The virtual crowd: citizens with human timings, and the clerks who serve them.

``python -m hw.twins.crowd --api URL --folder DIR/dev --citizens N --speed X --seed S --desks D``.
Clerks use the station's HTTP API as a console would; citizens press real (virtual) buttons, hold
cards before the scanner, sit down at the camera, put fingers on the glass, through the twins' side
channels. Who is where follows from what the station shows: killed and started again, the crowd
goes on. One JSON line of progress at every change on standard output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx

from hw.twins.citizen import crowd_of
from hw.twins.crowd_clerk import Clerk
from hw.twins.crowd_line import Line
from hw.twins.crowd_watch import FIGURES, Watch

ARRIVAL_S = 12.0
FULL_HALL = 40
"""People with a ticket or at the printer; more turn round at the door and come back later."""
PRESS_AGAIN_S = 30.0


class Crowd:
    def __init__(self, arguments: argparse.Namespace, passphrase: str) -> None:
        self._desks: int = arguments.desks
        self._booth = Watch(arguments, passphrase)
        self._citizens = crowd_of(arguments.citizens, arguments.seed, arguments.today)

    async def arrive(self) -> None:
        """People come one after the other; the order of their tickets says who they are."""
        booth = self._booth
        while (index := booth.tickets()) < len(self._citizens):
            await booth.until(lambda: self.standing() < FULL_HALL)
            person = self._citizens[index]
            await booth.pause(ARRIVAL_S * person.mood("arrive").uniform(0.2, 1.4))
            if person.priority:
                await booth.ask("issue-ticket", kind="priority")
            else:
                await booth.hand("pico", "press", button="ticket")
            await booth.until(lambda index=index: booth.tickets() > index, PRESS_AGAIN_S, 20.0)

    def standing(self) -> int:
        """Who has a number or waits at the printer for it."""
        return len(self._booth.state["waiting"]) + len(self._booth.state["printing"])

    async def run_out_of_paper(self) -> None:
        """Once, when a third of the crowd has been served."""
        third = len(self._citizens) // 3
        await self._booth.until(lambda: self._booth.ended() >= third)
        if len(self._citizens) >= 6:
            await self._booth.hand("printer", "paper", state="out")

    # ---- the whole -------------------------------------------------------------------------------

    def progress(self) -> dict[str, int]:
        booth = self._booth
        return {name: booth.figures[name] for name in FIGURES} | {
            "jobs": len(booth.state["jobs"]),
            "printing": len(booth.state["printing"]),
        }

    def finished(self) -> bool:
        done = self.progress()
        left = ("waiting", "called", "open", "jobs", "printing")
        return self._booth.tickets() >= len(self._citizens) and not any(done[n] for n in left)

    async def report(self) -> None:
        last: dict[str, int] = {}
        while True:
            await self._booth.until(lambda last=last: self.progress() != last)
            last = self.progress()
            print(json.dumps(last), flush=True)

    async def run(self) -> None:
        """Until everybody has gone. An ExceptionGroup tells what kept somebody from going on."""
        booth = self._booth
        await booth.sign_in()
        async with asyncio.TaskGroup() as house:
            tasks = [house.create_task(booth.watch())]
            await booth.until(lambda: bool(booth.state) and bool(booth.figures))
            line = Line(booth, self._citizens, house)
            clerks = [Clerk(booth, self._citizens, desk) for desk in range(1, self._desks + 1)]
            endless: list[Coroutine[Any, Any, None]] = [
                self.arrive(),
                line.usher(),
                clerks[0].refill_paper(),
                self.run_out_of_paper(),
                self.report(),
                *(clerk.serve() for clerk in clerks),
            ]
            tasks += map(house.create_task, endless)
            await booth.until(self.finished)
            print(json.dumps(self.progress()), flush=True)
            for task in (*tasks, *line.attended.values()):
                task.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--citizens", type=int, default=10)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--today",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        help="the day of the roster: with another day other people come",
    )
    parser.add_argument("--desks", type=int, default=2)
    parser.add_argument("--operator", default="OP1")
    arguments = parser.parse_args()
    passphrase = os.environ.get("TRAM_PASSPHRASE", "")
    why: set[str] = set()
    try:
        asyncio.run(Crowd(arguments, passphrase).run())
    except* (httpx.HTTPError, OSError) as lost:
        why.update(reasons(lost))
    if why:
        sys.exit(f"the crowd lost the station: {', '.join(sorted(why))}")


def reasons(group: BaseExceptionGroup[Any]) -> Iterator[str]:
    """Each error of a group, of whatever depth."""
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from reasons(error)
        else:
            yield f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
