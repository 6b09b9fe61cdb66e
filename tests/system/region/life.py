"""A station without devices that is to be killed: ``python -m tests.system.region.life CONFIG``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from controller.config import load
from controller.station.station import Station
from tram.station import devices_of


async def live(path: Path) -> None:
    config = load(path)
    station = Station(config, devices_of(config))
    await station.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))
