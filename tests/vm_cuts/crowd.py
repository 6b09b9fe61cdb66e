"""The crowd that walks through the machine's booth, and a witness that keeps its power.

A program of its own, ``crowd.py --told FILE`` and the options of ``hw.twins.crowd``. What the
operator's screen shows is written to ``FILE`` as it is shown: what is in it was told, whatever the
machine's disk says after a power cut.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from datetime import date
from pathlib import Path

import httpx

from hw.twins.crowd import FULL_HALL, Crowd, reasons
from tests.patience import CEILING_S

ANSWER_S = 3 * CEILING_S
"""An emulated machine on a busy host takes minutes over a passphrase. One that is gone is noticed
at once: QEMU's end of the line goes with it."""
HALL = 4
"""People inside at a time: enough to keep every device busy."""


class ToldCrowd(Crowd):
    """``last``: nobody comes in any more, and it ends when everybody inside was served."""

    def __init__(self, arguments: argparse.Namespace, passphrase: str) -> None:
        super().__init__(arguments, passphrase)
        self._booth.api.timeout = httpx.Timeout(ANSWER_S)
        self._told: Path = arguments.told
        self._last: bool = arguments.last

    def standing(self) -> int:
        """The hall is smaller than the whole crowd's."""
        state = self._booth.state
        inside = sum(len(state[place]) for place in ("waiting", "called", "printing", "dossiers"))
        return FULL_HALL if self._last or inside >= HALL else inside

    def finished(self) -> bool:
        left = ("waiting", "called", "printing", "dossiers", "jobs")
        return self._last and not any(self._booth.state[place] for place in left)

    async def report(self) -> None:
        file = os.open(self._told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        version = -1
        while True:
            await self._booth.until(lambda version=version: self._booth.state["version"] != version)
            state = self._booth.state
            version = state["version"]
            dossiers = {
                d["id"]: (d["stage"], [f["position"] for f in d["fingers"] if _captured(f)])
                for d in state["dossiers"]
            }
            waiting = [ticket["number"] for ticket in state["waiting"]]
            os.write(file, json.dumps({"dossiers": dossiers, "waiting": waiting}).encode() + b"\n")


def _captured(finger: dict[str, str]) -> bool:
    return finger["state"] == "captured"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--told", type=Path, required=True)
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--citizens", type=int, required=True)
    parser.add_argument("--speed", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--today", type=date.fromisoformat, required=True)
    parser.add_argument("--desks", type=int, required=True)
    parser.add_argument("--operator", required=True)
    arguments = parser.parse_args()
    try:
        asyncio.run(ToldCrowd(arguments, os.environ["TRAM_PASSPHRASE"]).run())
    except* (httpx.HTTPError, OSError) as lost:
        sys.exit(f"the crowd lost the station: {', '.join(sorted(set(reasons(lost))))}")


if __name__ == "__main__":
    main()
