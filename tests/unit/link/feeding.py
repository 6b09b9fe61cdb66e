"""Runs on MicroPython: how often the supervisor feeds while all tasks beat, and after one stops.

``feeding.py FOLDER``: FOLDER holds the firmware. Prints both counts.
"""

import asyncio
import sys

sys.path.insert(0, sys.argv[1])
import supervisor  # type: ignore[import-not-found]

supervisor.PERIOD_MS = 10


class Dog:
    fed = 0

    def feed(self) -> None:
        self.fed += 1


async def main() -> None:
    dog = Dog()
    boss = supervisor.Supervisor()
    pulses = [boss.pulse(name) for name in ("first", "second", "third")]
    stuck = False

    async def beat(index: int) -> None:
        while not (stuck and index == 1):
            pulses[index].beat()
            await asyncio.sleep(0.005)

    tasks = [asyncio.create_task(beat(index)) for index in range(3)]
    tasks.append(asyncio.create_task(boss.run(dog)))
    await asyncio.sleep(0.3)
    alive = dog.fed
    stuck = True
    await asyncio.sleep(0.05)
    settled = dog.fed
    await asyncio.sleep(0.3)
    print(alive)
    print(dog.fed - settled)


asyncio.run(main())
