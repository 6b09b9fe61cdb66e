"""The crowd's people in the line: camera, fingerprint scanner, review, by the twins' hands."""

from __future__ import annotations

import asyncio
from typing import Any

from hw.twins.citizen import Citizen, holder
from hw.twins.crowd_watch import Watch

# Seconds at human pace, from watching queues; the field's record is three minutes a dossier.
WALK_S = 4.0
SIT_DOWN_S = 3.0
MEND_POSE_S = 2.5
REACH_S = 1.0
LIFT_S = 0.4
TOLD_S = 2.0
READ_REVIEW_S = 7.0
PATIENCE_S = 12.0
"""How long a person holds a finger or a pose before trying again."""
GLANCE_S = 0.2
BLUE = 2
"""Colour of the R503's ring while it asks for a finger."""


class Line:
    """``house`` ends, with the reason, when a citizen cannot go on."""

    def __init__(self, booth: Watch, citizens: list[Citizen], house: asyncio.TaskGroup) -> None:
        self._booth = booth
        self._citizens = citizens
        self._house = house
        self.attended: dict[str, asyncio.Task[None]] = {}

    async def usher(self) -> None:
        """Give every dossier in flight somebody who walks its person from place to place."""
        while True:
            await self._booth.until(self._unattended)
            for dossier in self._unattended():
                person = holder(self._citizens, dossier)
                assert person is not None
                walk = self._house.create_task(self.walk(dossier["id"], person))
                self.attended[dossier["id"]] = walk

    def _unattended(self) -> list[dict[str, Any]]:
        return [
            d
            for d in self._booth.state["dossiers"]
            if d["id"] not in self.attended and holder(self._citizens, d)
        ]

    async def walk(self, dossier_id: str, person: Citizen) -> None:
        while (dossier := self._booth.dossier(dossier_id)) is not None:
            place = dossier["place"]
            if person.leaves and place in ("camera", "fingerprint", "waiting"):
                await self._booth.ask("abandon", dossier=dossier_id, reason="left")
            elif place == "camera":
                await self.be_photographed(dossier_id, person)
            elif place == "fingerprint":
                await self.give_fingers(dossier_id, person)
            elif place == "review":
                await self.confirm(dossier_id)
            await self._booth.until(
                lambda place=place: (
                    (d := self._booth.dossier(dossier_id)) is None or d["place"] != place
                )
            )

    async def be_photographed(self, dossier_id: str, person: Citizen) -> None:
        def gone() -> bool:
            return not self._booth.at(dossier_id, "camera")

        await self._booth.pause(WALK_S + SIT_DOWN_S)
        if person.first_pose:
            await self._booth.hand("camera", "sit", person=person.index, **person.first_pose)
            await self._booth.until(gone, TOLD_S + MEND_POSE_S, least_s=0)
        while not gone():
            await self._booth.hand("camera", "sit", person=person.index)
            if not await self._booth.until(gone, 2 * PATIENCE_S):
                await self._booth.ask("take-portrait", dossier=dossier_id, forced="disability")
        await self._booth.hand("camera", "leave")

    async def give_fingers(self, dossier_id: str, person: Citizen) -> None:
        """Put each finger that is asked for, lift it when the station has seen it."""
        await self._booth.pause(WALK_S)
        while self._booth.at(dossier_id, "fingerprint"):
            dossier = self._booth.dossier(dossier_id)
            position = dossier["next_position"] if dossier else None
            if position is None:
                await self._booth.until(
                    lambda: not self._booth.at(dossier_id, "fingerprint"), PATIENCE_S
                )
                continue
            if position == person.missing:
                await self._booth.pause(TOLD_S)
                await self._booth.ask(
                    "mark-finger-missing", dossier=dossier_id, position=position, reason="amputated"
                )
                await self._booth.until(lambda p=position: self._done(dossier_id, p), 5.0)
                continue
            await self._present_finger(dossier_id, person, position)
        await self._booth.hand("fingerprint", "lift")

    async def _present_finger(self, dossier_id: str, person: Citizen, position: str) -> None:
        before = self._finger(dossier_id, position)
        tries = before["tries"] if before else 0
        quality, offset, finger = 1.0, [0.0, 0.0], position
        if tries == 0 and position in person.clumsy:
            quality, offset = 0.15, [3.5, 2.0]
        if position == person.repeats and before and not (tries or before["wrong"]):
            finger = self._taken_before(dossier_id) or position
        await self._booth.pause(REACH_S * person.mood(f"{position}{tries}").uniform(0.8, 1.4))
        await self.sensor_light(asks=True)
        await self._booth.hand(
            "fingerprint",
            "put",
            person=person.person,
            position=finger,
            quality=quality,
            offset=offset,
        )
        await self._booth.until(lambda: self._finger(dossier_id, position) != before, PATIENCE_S)
        await self.sensor_light(asks=False)
        await self._booth.pause(LIFT_S)
        await self._booth.hand("fingerprint", "lift")

    async def sensor_light(self, *, asks: bool) -> None:
        """People look at the sensor's ring: blue asks for a finger, another colour frees it."""
        for _ in range(round(PATIENCE_S / GLANCE_S)):
            lit = await self._booth.hand("fingerprint", "state")
            if (lit["led"]["colour"] == BLUE) is asks:
                return
            await self._booth.pause(GLANCE_S)

    def _finger(self, dossier_id: str, position: str) -> dict[str, Any] | None:
        dossier = self._booth.dossier(dossier_id)
        if dossier is None:
            return None
        found = next(f for f in dossier["fingers"] if f["position"] == position)
        return {name: found[name] for name in ("state", "tries", "wrong")}

    def _done(self, dossier_id: str, position: str) -> bool:
        finger = self._finger(dossier_id, position)
        return finger is None or finger["state"] in ("captured", "missing")

    def _taken_before(self, dossier_id: str) -> str | None:
        dossier = self._booth.dossier(dossier_id) or {"fingers": ()}
        taken = [f["position"] for f in dossier["fingers"] if f["state"] == "captured"]
        return taken[-1] if taken else None

    async def confirm(self, dossier_id: str) -> None:
        """Read the review, then press the green button, or the one on the screen."""

        def gone() -> bool:
            return not self._booth.at(dossier_id, "review")

        await self._booth.pause(READ_REVIEW_S)
        while not gone():
            if self._booth.device("peripherals")["held_by"] == dossier_id:
                await self._booth.hand("pico", "press", button="confirm")
            else:
                await self._booth.ask("start-review", dossier=dossier_id)
                await self._booth.ask("confirm", dossier=dossier_id)
            await self._booth.until(gone, PATIENCE_S)
