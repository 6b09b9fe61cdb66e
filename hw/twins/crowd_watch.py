"""What the crowd sees of the booth and how it touches it: the station's API, the twins' hands.

Shared by arriving people (``crowd``), clerks (``crowd_clerk``) and people in the line
(``crowd_line``). Times are seconds at human pace; ``pause`` and ``until`` shorten them.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Any

import httpx

from hw.twins.booth import DEVICES
from hw.twins.control import Hand

HAND_TRIES = 20
HAND_PAUSE_S = 0.5
"""Of the machine's time: so long a twin takes to come back."""
POLL_S = 20.0
STATION_TRIES = 10
STATION_PAUSE_S = 0.5
"""Of the machine's time: a station that does not answer for longer is gone."""
LEAST_S = 3.0
"""Of the machine's time: disk, printer and processor are not sped up with the people."""
NOT_NOW = (409, 422, 503, 507)
"""The command makes no sense (any more), or the disk or a device refuses."""
FINAL = ("sealed", "referred", "refused", "abandoned")
STANDING = ("waiting", "called", "open")
"""Figures of people who are still in the house."""
FIGURES = ("issued", "waiting", "called", "open", "no_shows", "expired", *FINAL, "lost")


class Watch:
    """``state`` is what the station shows now, ``figures`` its counts over all days."""

    def __init__(self, arguments: argparse.Namespace, passphrase: str) -> None:
        """``arguments`` are those of ``hw.twins.crowd``."""
        self._passphrase = passphrase
        self._a = arguments
        self.api = httpx.AsyncClient(base_url=arguments.api, timeout=60.0)
        self._hands = {name: Hand(arguments.folder / f"{name}.ctl") for name in DEVICES}
        self._turns = {name: asyncio.Lock() for name in self._hands}
        self.state: dict[str, Any] = {}
        self.figures: Counter[str] = Counter()
        self._days: dict[int, dict[str, Any]] = {}
        """Shift pages by day."""
        self._news = asyncio.Condition()

    async def pause(self, human_s: float) -> None:
        await asyncio.sleep(human_s / self._a.speed)

    async def hand(self, twin: str, op: str, **arguments: Any) -> dict[str, Any]:
        """What a hand does to a twin; tried again when the twin is just being put back."""
        async with self._turns[twin]:
            for again in range(HAND_TRIES):
                try:
                    if again:
                        await asyncio.sleep(HAND_PAUSE_S)
                        self._hands[twin] = Hand(self._a.folder / f"{twin}.ctl")
                    return await asyncio.to_thread(self._hands[twin].do, op, **arguments)
                except OSError as error:
                    gone = error
            raise gone

    async def ask(self, command: str, **body: Any) -> Any:
        """Give a command; None when the station says that it makes no sense (any more), and when
        its answer was lost: then what the station shows tells whether it was obeyed."""
        try:
            answer = await self.api.post(f"/api/v1/{command}", json=body)
        except httpx.TransportError:
            return None
        if answer.status_code in NOT_NOW:
            return None
        if answer.status_code == 401 and command != "unlock":
            await self.sign_in()
            return await self.ask(command, **body)
        answer.raise_for_status()
        return answer.json()

    async def _get(self, what: str, **params: int | float) -> Any:
        """Look at the station; again when a connection broke. HTTPError when it is gone."""
        for again in range(STATION_TRIES):
            if again:
                await asyncio.sleep(STATION_PAUSE_S)
            try:
                answer = await self.api.get(f"/api/v1/{what}", params=params)
                break
            except httpx.TransportError as error:
                gone = error
        else:
            raise gone
        answer.raise_for_status()
        return answer.json()

    async def sign_in(self) -> None:
        body = {"operator": self._a.operator, "passphrase": self._passphrase}
        answer = await self.api.post("/api/v1/unlock", json=body)
        if answer.status_code in (401, *NOT_NOW):
            raise SystemExit("the station refused the operator's passphrase")
        session = answer.raise_for_status().json()
        self.api.headers["Authorization"] = f"Bearer {session['token']}"

    async def watch(self) -> None:
        """Keep ``state`` and ``figures`` fresh and tell everybody."""
        version = -1
        while True:
            state = await self._get("state", since=version, timeout=POLL_S)
            figures = await self._count(state)
            self.state, self.figures = state, figures
            version = self.state["version"]
            async with self._news:
                self._news.notify_all()

    async def _count(self, state: dict[str, Any]) -> Counter[str]:
        """Sum up the days since the demo's first. A day before today whose people are all gone
        is asked for once."""
        today = int(state["day"])
        shown = (*state["waiting"], *state["called"], *state["printing"])
        days = {today, *(int(ticket["day"]) for ticket in shown)}
        day = self._a.today - timedelta(days=1)  # the station's time zone may be behind ours
        while (number := as_number(day)) < today:
            days.add(number)
            day += timedelta(days=1)
        for number in sorted(days | self._days.keys()):
            known = self._days.get(number)
            if known and number < today and not any(known[name] for name in STANDING):
                continue
            self._days[number] = await self._get("shift", day=number)
        pages = self._days.values()
        return Counter({name: sum(int(page[name]) for page in pages) for name in FIGURES})

    async def until(
        self, condition: Any, timeout_human_s: float | None = None, least_s: float = LEAST_S
    ) -> bool:
        """Wait until ``condition()`` holds; False when the time is up. Who waits for people only
        waits no longer than people would (``least_s`` 0)."""
        timeout = max(timeout_human_s / self._a.speed, least_s) if timeout_human_s else None

        async def wait() -> None:
            async with self._news:
                await self._news.wait_for(condition)

        try:
            await asyncio.wait_for(wait(), timeout)
        except TimeoutError:
            return bool(condition())
        return True

    def dossier(self, dossier_id: str) -> dict[str, Any] | None:
        return next((d for d in self.state.get("dossiers", ()) if d["id"] == dossier_id), None)

    def device(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(d for d in self.state["devices"] if d["device"] == name)
        return found

    def tickets(self) -> int:
        """Numbers taken so far, on all days."""
        return int(self.state["numbered"])

    def ended(self) -> int:
        return sum(self.figures[outcome] for outcome in FINAL)

    def at(self, dossier_id: str, place: str) -> bool:
        dossier = self.dossier(dossier_id)
        return dossier is not None and dossier["place"] == place


def as_number(day: date) -> int:
    """As the station writes days: yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day
