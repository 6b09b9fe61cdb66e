"""Runs on MicroPython: how often the supervisor feeds while all tasks beat, and after one stops.

``feeding.py FOLDER``: FOLDER holds the firmware. Prints both counts.
"""

import asyncio
import sys

sys.path.insert(0, sys.argv[1])
import supervisor  # type: ignore[import-not-found]

supervisor.PERIOD_MS = 10
ROUNDS = 30


class Dog:
    fed = 0

    def feed(self) -> None:
        self.fed += 1


class Watched(supervisor.Supervisor):  # type: ignore[misc]
    """Says when it has looked whether all are alive."""

    def __init__(self, looked: asyncio.Event) -> None:
        super().__init__()
        self._looked = looked

    def all_alive(self) -> bool:
        self._looked.set()
        return bool(super().all_alive())


async def main() -> None:
    dog = Dog()
    looked = asyncio.Event()
    boss = Watched(looked)
    pulses = [boss.pulse(name) for name in ("first", "second", "third")]
    stuck = False

    async def beat(index: int) -> None:
        while not (stuck and index == 1):
            pulses[index].beat()
            await asyncio.sleep(0.005)

    async def rounds(count: int) -> None:
        """Until the supervisor has looked ``count`` times more: it sleeps a period between."""
        for _ in range(count):
            looked.clear()
            await asyncio.wait_for(looked.wait(), 10)

    tasks = [asyncio.create_task(beat(index)) for index in range(3)]
    tasks.append(asyncio.create_task(boss.run(dog)))
    await rounds(ROUNDS)
    alive = dog.fed
    stuck = True
    await rounds(2)  # the beat before may still count once
    settled = dog.fed
    await rounds(ROUNDS)
    print(alive)
    print(dog.fed - settled)


asyncio.run(main())
