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
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from hw.twins.citizen import Citizen, citizen
from hw.twins.control import Hand
from hw.twins.population import people

# Seconds at human pace, from watching queues; the field's record is three minutes a dossier.
ARRIVAL_S = 12.0
WALK_S = 4.0
GREETING_S = 3.0
SHOW_CARD_S = 4.0
TYPE_NUMBER_S = 9.0
READ_FINDING_S = 5.0
SIT_DOWN_S = 3.0
MEND_POSE_S = 2.5
REACH_S = 1.0
LIFT_S = 0.4
TOLD_S = 2.0
READ_REVIEW_S = 7.0
REFILL_PAPER_S = 15.0
LATE_S = 20.0
PATIENCE_S = 12.0
"""How long a person holds a finger or a pose before trying again."""
FULL_HALL = 40
"""People waiting; more turn round at the door and come back later."""
HAND_TRIES = 20
HAND_PAUSE_S = 0.5
"""Of the machine's time: so long a twin takes to come back."""
GLANCE_S = 0.2
BLUE = 2
"""Colour of the R503's ring while it asks for a finger."""
POLL_S = 20.0
FINAL = ("sealed", "referred", "refused", "abandoned")


class Crowd:
    def __init__(self, arguments: argparse.Namespace, passphrase: str) -> None:
        self._passphrase = passphrase
        self._a = arguments
        self._api = httpx.AsyncClient(base_url=arguments.api, timeout=60.0)
        self._hands = {
            name: Hand(arguments.folder / f"{name}.ctl")
            for name in ("pico", "fingerprint", "camera", "scanner", "printer")
        }
        self._turns = {name: asyncio.Lock() for name in self._hands}
        now = datetime.now(UTC)
        rows = people(arguments.citizens, arguments.seed, now.date())
        self._citizens = [citizen(i, row, arguments.seed, now.year) for i, row in enumerate(rows)]
        self.state: dict[str, Any] = {}
        self.shift: dict[str, Any] = {}
        self._news = asyncio.Condition()
        self._attended: dict[str, asyncio.Task[None]] = {}
        self._served_calls: set[tuple[int, int]] = set()
        self._late: set[int] = set()
        self._broken: asyncio.Future[None]

    # ---- the world -----------------------------------------------------------------------------

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

    async def ask(self, command: str, **body: Any) -> dict[str, Any] | None:
        """Give a command; None when the station says that it makes no sense (any more)."""
        answer = await self._api.post(f"/api/v1/{command}", json=body)
        if answer.status_code in (409, 422, 503):
            return None
        if answer.status_code == 401 and command != "unlock":
            await self.sign_in()
            return await self.ask(command, **body)
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    async def sign_in(self) -> None:
        session = await self.ask("unlock", operator=self._a.operator, passphrase=self._passphrase)
        if session is None:
            raise SystemExit("the station refused the operator's passphrase")
        self._api.headers["Authorization"] = f"Bearer {session['token']}"

    async def watch(self) -> None:
        """Keep ``state`` and ``shift`` fresh and tell everybody."""
        version = -1
        while True:
            params = {"since": version, "timeout": POLL_S}
            answer = await self._api.get("/api/v1/state", params=params)
            answer.raise_for_status()
            shift = await self._api.get("/api/v1/shift")
            self.state, self.shift = answer.json(), shift.json()
            version = self.state["version"]
            async with self._news:
                self._news.notify_all()

    async def until(self, condition: Any, timeout_human_s: float | None = None) -> bool:
        """Wait until ``condition()`` holds; False when the time is up."""
        timeout = timeout_human_s / self._a.speed if timeout_human_s else None

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
        """Numbers taken so far."""
        return int(self.shift["issued"]) + len(self.state["printing"])

    def ended(self) -> int:
        return sum(int(self.shift[outcome]) for outcome in FINAL)

    # ---- arriving ------------------------------------------------------------------------------

    async def arrive(self) -> None:
        """People come one after the other; the number of their ticket says who they are."""
        while (index := self.tickets()) < len(self._citizens):
            await self.until(lambda: len(self.state["waiting"]) < FULL_HALL)
            person = self._citizens[index]
            await self.pause(ARRIVAL_S * person.mood("arrive").uniform(0.2, 1.4))
            if person.priority:
                await self.ask("issue-ticket", kind="priority")
            else:
                await self.hand("pico", "press", button="ticket")
            await self.until(lambda index=index: self.tickets() > index, 30.0)

    # ---- clerks --------------------------------------------------------------------------------

    async def clerk(self, desk: int) -> None:
        """Serve whoever is called to this desk, one after the other."""
        await self.ask("set-desk", desk=desk, open=True)
        while True:
            await self.until(lambda: self._my_call(desk) or self._my_checked_in(desk))
            if dossier := self._my_checked_in(desk):
                await self.identify(dossier["id"], self._citizens[dossier["ticket"] - 1])
            elif call := self._my_call(desk):
                await self.receive(desk, call)

    def _my_call(self, desk: int) -> dict[str, Any] | None:
        called = self.state["called"]
        return next((t for t in called if t["desk"] == desk and self._ours(t["number"])), None)

    def _my_checked_in(self, desk: int) -> dict[str, Any] | None:
        return next(
            (
                d
                for d in self.state["dossiers"]
                if d["desk"] == desk and d["stage"] == "checked_in" and self._ours(d["ticket"])
            ),
            None,
        )

    async def receive(self, desk: int, call: dict[str, Any]) -> None:
        key = {"day": call["day"], "ticket": call["number"]}
        person = self._citizens[call["number"] - 1]
        if person.late and person.index not in self._late:
            self._late.add(person.index)
            await self.pause(LATE_S)
            await self.ask("call-ticket", **key, desk=desk)
        await self.pause(WALK_S)
        opened = await self.ask("open-dossier", desk=desk, **key)
        await self.until(lambda: self._my_call(desk) is None, 10.0)
        if opened is not None:
            await self.until(lambda: self.dossier(opened["dossier"]), 10.0)
            await self.pause(GREETING_S)

    async def identify(self, dossier_id: str, person: Citizen) -> None:
        """Card, number or search, until the station knows who it is."""

        def found() -> bool:
            dossier = self.dossier(dossier_id)
            return dossier is None or bool(dossier["finding"]) or dossier["stage"] != "checked_in"

        if not found():
            await self._present(dossier_id, person)
            if not await self.until(found, PATIENCE_S):
                await self.pause(TYPE_NUMBER_S)
                await self.ask("enter-person", dossier=dossier_id, number=person.person)
                await self.until(found, PATIENCE_S)
        dossier = self.dossier(dossier_id)
        if dossier is not None and dossier["finding"]:
            await self.pause(READ_FINDING_S)
            await self.ask("accept-identity", dossier=dossier_id)
            await self.until(
                lambda: (d := self.dossier(dossier_id)) is None or d["stage"] != "checked_in", 10.0
            )
        if person.by_post and (d := self.dossier(dossier_id)) and d["stage"] == "identified":
            await self.ask("set-delivery", dossier=dossier_id, delivery="post")

    async def _present(self, dossier_id: str, person: Citizen) -> None:
        if person.document == "card" and self.device("scanner")["health"] == "ready":
            mine = lambda: self.device("scanner")["held_by"] == dossier_id  # noqa: E731
            await self.until(mine, PATIENCE_S)
            await self.pause(SHOW_CARD_S)
            await self.hand("scanner", "scan", text=person.card)
        elif person.document == "camera" and self.device("camera")["held_by"] is None:
            await self.hand("camera", "show_code", text=person.card)
            await self.ask("read-card-by-camera", dossier=dossier_id)
            await self.hand("camera", "show_code", text="")
        elif person.document == "search":
            await self.pause(TYPE_NUMBER_S)
            query = {"name": person.row["name"], "birth": person.row["birth"]}
            hits = await self._api.post("/api/v1/search", json=query)
            number = next((p["number"] for p in hits.json() if p["number"] == person.person), "")
            await self.ask("enter-person", dossier=dossier_id, number=number, source="search")
        else:
            await self.pause(TYPE_NUMBER_S)
            await self.ask("enter-person", dossier=dossier_id, number=person.person)

    # ---- citizens in the line --------------------------------------------------------------------

    async def usher(self) -> None:
        """Give every dossier in flight somebody who walks its person from place to place."""
        while True:
            await self.until(self._unattended)
            for dossier in self._unattended():
                person = self._citizens[dossier["ticket"] - 1]
                walk = asyncio.create_task(self.walk(dossier["id"], person))
                walk.add_done_callback(self._walked)
                self._attended[dossier["id"]] = walk

    def _unattended(self) -> list[dict[str, Any]]:
        return [
            d
            for d in self.state["dossiers"]
            if d["id"] not in self._attended and self._ours(d["ticket"])
        ]

    def _ours(self, ticket: int | None) -> bool:
        """Somebody of the crowd; people at a real console may bring others and serve them."""
        return ticket is not None and ticket <= len(self._citizens)

    def _walked(self, walk: asyncio.Task[None]) -> None:
        """A citizen who could not go on ends the demo with the reason, not in silence."""
        if not walk.cancelled() and not self._broken.done() and (error := walk.exception()):
            self._broken.set_exception(error)

    async def walk(self, dossier_id: str, person: Citizen) -> None:
        while (dossier := self.dossier(dossier_id)) is not None:
            place = dossier["place"]
            if person.leaves and place in ("camera", "fingerprint", "waiting"):
                await self.ask("abandon", dossier=dossier_id, reason="left")
            elif place == "camera":
                await self.be_photographed(dossier_id, person)
            elif place == "fingerprint":
                await self.give_fingers(dossier_id, person)
            elif place == "review":
                await self.confirm(dossier_id)
            await self.until(
                lambda place=place: (d := self.dossier(dossier_id)) is None or d["place"] != place
            )

    def _at(self, dossier_id: str, place: str) -> bool:
        dossier = self.dossier(dossier_id)
        return dossier is not None and dossier["place"] == place

    async def be_photographed(self, dossier_id: str, person: Citizen) -> None:
        def gone() -> bool:
            return not self._at(dossier_id, "camera")

        await self.pause(WALK_S + SIT_DOWN_S)
        if person.first_pose:
            await self.hand("camera", "sit", person=person.index, **person.first_pose)
            await self.until(gone, TOLD_S + MEND_POSE_S)
        while not gone():
            await self.hand("camera", "sit", person=person.index)
            if not await self.until(gone, 2 * PATIENCE_S):
                await self.ask("take-portrait", dossier=dossier_id, forced="disability")
        await self.hand("camera", "leave")

    async def give_fingers(self, dossier_id: str, person: Citizen) -> None:
        """Put each finger that is asked for, lift it when the station has seen it."""
        await self.pause(WALK_S)
        while self._at(dossier_id, "fingerprint"):
            dossier = self.dossier(dossier_id)
            position = dossier["next_position"] if dossier else None
            if position is None:
                await self.until(lambda: not self._at(dossier_id, "fingerprint"), PATIENCE_S)
                continue
            if position == person.missing:
                await self.pause(TOLD_S)
                await self.ask(
                    "mark-finger-missing", dossier=dossier_id, position=position, reason="amputated"
                )
                await self.until(lambda p=position: self._done(dossier_id, p), 5.0)
                continue
            await self._present_finger(dossier_id, person, position)
        await self.hand("fingerprint", "lift")

    async def _present_finger(self, dossier_id: str, person: Citizen, position: str) -> None:
        before = self._finger(dossier_id, position)
        tries = before["tries"] if before else 0
        quality, offset, finger = 1.0, [0.0, 0.0], position
        if tries == 0 and position in person.clumsy:
            quality, offset = 0.15, [3.5, 2.0]
        if position == person.repeats and before and not (tries or before["wrong"]):
            finger = self._taken_before(dossier_id) or position
        await self.pause(REACH_S * person.mood(f"{position}{tries}").uniform(0.8, 1.4))
        await self.sensor_light(asks=True)
        await self.hand(
            "fingerprint", "put", person=person.person, position=finger, quality=quality,
            offset=offset,
        )  # fmt: skip
        await self.until(lambda: self._finger(dossier_id, position) != before, PATIENCE_S)
        await self.sensor_light(asks=False)
        await self.pause(LIFT_S)
        await self.hand("fingerprint", "lift")

    async def sensor_light(self, *, asks: bool) -> None:
        """People look at the sensor's ring: blue asks for a finger, another colour frees it."""
        for _ in range(round(PATIENCE_S / GLANCE_S)):
            lit = await self.hand("fingerprint", "state")
            if (lit["led"]["colour"] == BLUE) is asks:
                return
            await self.pause(GLANCE_S)

    def _finger(self, dossier_id: str, position: str) -> dict[str, Any] | None:
        dossier = self.dossier(dossier_id)
        if dossier is None:
            return None
        found = next(f for f in dossier["fingers"] if f["position"] == position)
        return {name: found[name] for name in ("state", "tries", "wrong")}

    def _done(self, dossier_id: str, position: str) -> bool:
        finger = self._finger(dossier_id, position)
        return finger is None or finger["state"] in ("captured", "missing")

    def _taken_before(self, dossier_id: str) -> str | None:
        dossier = self.dossier(dossier_id) or {"fingers": ()}
        taken = [f["position"] for f in dossier["fingers"] if f["state"] == "captured"]
        return taken[-1] if taken else None

    async def confirm(self, dossier_id: str) -> None:
        """Read the review, then press the green button, or the one on the screen."""

        def gone() -> bool:
            return not self._at(dossier_id, "review")

        await self.pause(READ_REVIEW_S)
        while not gone():
            if self.device("peripherals")["held_by"] == dossier_id:
                await self.hand("pico", "press", button="confirm")
            else:
                await self.ask("start-review", dossier=dossier_id)
                await self.ask("confirm", dossier=dossier_id)
            await self.until(gone, PATIENCE_S)

    # ---- troubles --------------------------------------------------------------------------------

    async def refill_paper(self) -> None:
        """The clerk mends the printer when the console says so."""
        while True:
            await self.until(lambda: self.device("printer")["fault"] in ("paper_out", "cover_open"))
            await self.pause(REFILL_PAPER_S)
            await self.hand("printer", "paper", state="in")
            await self.hand("printer", "cover", state="closed")
            await self.until(lambda: self.device("printer")["health"] == "ready", 60.0)

    async def run_out_of_paper(self) -> None:
        """Once, when a third of the crowd has been served."""
        third = len(self._citizens) // 3
        await self.until(lambda: self.ended() >= third)
        if len(self._citizens) >= 6:
            await self.hand("printer", "paper", state="out")

    # ---- the whole -------------------------------------------------------------------------------

    def progress(self) -> dict[str, int]:
        figures = ("issued", "waiting", "called", "open", "no_shows", *FINAL, "lost")
        return {name: int(self.shift[name]) for name in figures} | {
            "jobs": len(self.state["jobs"]),
            "printing": len(self.state["printing"]),
        }

    def finished(self) -> bool:
        done = self.progress()
        left = ("waiting", "called", "open", "jobs", "printing")
        return done["issued"] >= len(self._citizens) and not any(done[name] for name in left)

    async def report(self) -> None:
        last: dict[str, int] = {}
        while True:
            await self.until(lambda last=last: self.progress() != last)
            last = self.progress()
            print(json.dumps(last), flush=True)

    async def run(self) -> None:
        self._broken = asyncio.get_running_loop().create_future()
        await self.sign_in()
        endless: list[Coroutine[Any, Any, None]] = [
            self.watch(),
        ]
        tasks = [asyncio.create_task(work) for work in endless]
        await self.until(lambda: bool(self.state) and bool(self.shift))
        tasks += [
            asyncio.create_task(work)
            for work in (
                self.arrive(),
                self.usher(),
                self.refill_paper(),
                self.run_out_of_paper(),
                self.report(),
                *(self.clerk(desk) for desk in range(1, self._a.desks + 1)),
            )
        ]
        over = asyncio.create_task(self.until(self.finished))
        pending: set[asyncio.Future[Any]] = {over, self._broken, *tasks}
        while not over.done():
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a worker that failed ends the demo with its reason
        print(json.dumps(self.progress()), flush=True)
        for task in pending | set(self._attended.values()):
            task.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--api", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--citizens", type=int, default=10)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--desks", type=int, default=2)
    parser.add_argument("--operator", default="OP1")
    arguments = parser.parse_args()
    passphrase = os.environ.get("TRAM_PASSPHRASE", "")
    try:
        asyncio.run(Crowd(arguments, passphrase).run())
    except (httpx.HTTPError, OSError) as error:
        sys.exit(f"the crowd lost the station: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
