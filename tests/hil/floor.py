"""The floor of a booth: a running station, an operator at it, and hands at its twins."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from controller import commands as c
from controller.config import Config
from controller.dossier.state import Dossier
from controller.state import Ended
from controller.station.station import Station
from controller.vault.keys import Keys
from controller.views import DossierView, StationView
from edge.journal import events as e
from hw.bench.hand import Doing
from hw.twins.population import card_text
from tests.patience import CEILING_S
from tram.station import devices_of

BLUE = 2
"""Colour of the R503's ring that asks for a finger (its datasheet's AuraLedConfig)."""
Hands = Callable[[str], Doing]


class Floor:
    """``token`` is the operator's session, None while locked."""

    def __init__(self, station: Station, hands: Hands) -> None:
        self.station = station
        self.hands = hands
        self.token: str | None = None
        self._turns: dict[str, asyncio.Lock] = {}

    async def admit(self, keys: Keys) -> None:
        """Unlock without the two seconds of scrypt."""
        self.token = (await self.station.access.admit(keys)).token

    async def do(self, command: c.Command) -> Any:
        return await self.station.do(command, self.token)

    async def hand(self, twin: str, op: str, **arguments: Any) -> dict[str, Any]:
        """What is asked of a twin is waited for even when the asker is gone: the answer must not
        be taken for the next one's."""

        async def turn() -> dict[str, Any]:
            async with self._turns.setdefault(twin, asyncio.Lock()):
                return await asyncio.to_thread(self.hands(twin).do, op, **arguments)

        return await asyncio.shield(turn())

    @property
    def view(self) -> StationView:
        return self.station.view(self.token)

    def events(self, after: int = 0) -> list[e.Event]:
        """The journal's events after row ``after``."""
        return [event for event in self.station.core.journal.replay() if event.seq > after]

    def count(self, kind: type[e.Body]) -> int:
        return sum(isinstance(event.body, kind) for event in self.events())

    async def check_in(self, row: Mapping[str, str], desk: int = 1) -> Person:
        """Open a dossier for somebody the operator brings (no ticket)."""
        opened: c.DossierRef = await self.do(c.OpenDossier(desk))
        return self.person(opened.dossier, row)

    def person(self, dossier: str, row: Mapping[str, str]) -> Person:
        return Person(self, dossier, row)

    def dossier(self, dossier: str) -> DossierView | None:
        return next((d for d in self.view.dossiers if d.id == dossier), None)

    def device(self, name: str) -> Any:
        return next(d for d in self.view.devices if d.device == name)

    async def until(self, true: Callable[[], Any], what: str, patience_s: float = CEILING_S) -> Any:
        """Wait for a condition; the test fails when it does not come. Gives its value."""
        deadline = time.monotonic() + patience_s
        while not (value := true()):
            assert time.monotonic() < deadline, f"waited in vain for: {what}; {self._last()}"
            await self.station.changed(self.station.core.version, 0.1)
        return value

    def _last(self) -> str:
        """What happened last, for a wait that ends."""
        return ", ".join(type(event.body).__name__ for event in self.events()[-12:])

    async def sensor(self, wanted: Callable[[dict[str, Any]], bool], what: str) -> None:
        """Wait until the sensor's twin is in a state."""
        deadline = time.monotonic() + CEILING_S
        while not wanted(await self.hand("fingerprint", "state")):
            assert time.monotonic() < deadline, f"waited in vain for: {what}"
            await self.station.changed(self.station.core.version, 0.02)

    async def sensor_light(self, wanted: Callable[[int], bool]) -> None:
        """Wait for the sensor's own light, as people are told to: blue asks for a finger, another
        colour says that it may be lifted."""
        await self.sensor(lambda state: wanted(state["led"]["colour"]), "the sensor's light")


@asynccontextmanager
async def opened(config: Config, hands: Hands) -> AsyncIterator[Floor]:
    """A started station on ``config``, stopped at the end."""
    station = Station(config, devices_of(config))
    await station.start()
    try:
        yield Floor(station, hands)
    finally:
        await station.stop()


class Person:
    """Somebody's dossier, walked by hand: each step waits until the station has taken it."""

    def __init__(self, floor: Floor, dossier: str, row: Mapping[str, str]) -> None:
        self.floor = floor
        self.id = dossier
        self.row = row

    @property
    def view(self) -> DossierView:
        found = self.floor.dossier(self.id)
        assert found is not None, f"{self.id} is not open any more"
        return found

    @property
    def state(self) -> Dossier:
        return self.floor.station.core.state.dossiers[self.id]

    async def at(self, place: str) -> None:
        await self.floor.until(lambda: self.view.place == place, f"{self.id} at {place}")

    async def show_card(self, **changed: str) -> None:
        """Hold the card before the scanner; ``changed`` fields differ from the roster."""
        await self.at("scanner")
        await self.floor.hand("scanner", "scan", text=card_text({**self.row, **changed}))
        await self.floor.until(
            lambda: (
                (d := self.floor.dossier(self.id)) is None or d.finding or d.stage != "checked_in"
            ),
            "what the card says",
        )

    async def sit(self, **pose: Any) -> None:
        """Sit before the camera until the portrait is taken."""
        await self.at("camera")
        await self.floor.hand("camera", "sit", person=3, **pose)
        await self.floor.until(lambda: self.view.portrait, "the portrait")
        await self.floor.hand("camera", "leave")

    async def put(self, finger: str | None = None, **touch: Any) -> None:
        """Put ``finger`` (default: the one asked for) on the glass until it was judged; lift it."""
        while True:
            await self.floor.until(self._at_glass, "a free glass")
            # A sensor that failed meanwhile lets the person go, and asks for a finger later.
            await self.floor.sensor_light(lambda colour: colour == BLUE or not self._at_glass())
            if self._at_glass():
                break
        rows = self.floor.station.core.journal.seq
        await self.floor.hand(
            "fingerprint",
            "put",
            person=self.row["number"] or self.row["old_number"],
            position=finger or self.view.next_position,
            **touch,
        )
        await self.floor.until(
            lambda: any(
                isinstance(event.body, e.FingerCaptured | e.FingerRejected)
                and event.dossier == self.id
                for event in self.floor.events(rows)
            ),
            "the finger's judgement",
        )
        await self.floor.sensor_light(lambda colour: colour != BLUE)
        await self.floor.hand("fingerprint", "lift")

    def _at_glass(self) -> bool:
        return self.view.place == "fingerprint" and self.view.next_position is not None

    async def give_fingers(self) -> None:
        while self.view.next_position:
            await self.put()

    async def captured(self) -> None:
        """Card, portrait and every finger."""
        await self.show_card()
        await self.taken()

    async def taken(self) -> None:
        """Portrait and every finger, wherever the line sends the person first."""
        while self.view.place != "review":
            await self.floor.until(
                lambda: self.view.place in ("camera", "fingerprint", "review"), "a free device"
            )
            if self.view.place == "camera":
                await self.sit()
            elif self.view.place == "fingerprint":
                await self.give_fingers()
                await self.floor.until(lambda: self.view.place != "fingerprint", "released")

    async def press(self) -> None:
        """Press the green button when the review is this person's."""
        await self.reads()
        await self.floor.hand("pico", "press", button="confirm", ms=120)

    async def reads(self) -> None:
        """Until the review has been this person's for long enough to press."""
        holds = lambda: self.floor.device("peripherals").held_by == self.id  # noqa: E731
        await self.floor.until(holds, "the review")
        since = self.state.holding[e.Device.PERIPHERALS]
        await self.floor.until(
            lambda: self.floor.station.core.clock.now_ms() > since + 400, "having read it"
        )

    async def gone(self) -> Ended:
        """The dossier's end, once it is closed and its papers are out."""
        ended = self.floor.station.core.state.ended
        await self.floor.until(lambda: any(d.id == self.id for d in ended), f"{self.id} closed")
        return next(d for d in ended if d.id == self.id)
