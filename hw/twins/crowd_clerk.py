"""The crowd's clerks: they use the station's HTTP API as a console would."""

from __future__ import annotations

from typing import Any

from hw.twins.citizen import Citizen, holder
from hw.twins.crowd_watch import Watch

WALK_S = 4.0
GREETING_S = 3.0
SHOW_CARD_S = 4.0
TYPE_NUMBER_S = 9.0
READ_FINDING_S = 5.0
REFILL_PAPER_S = 15.0
LATE_S = 20.0
PATIENCE_S = 12.0
"""How long a clerk waits for the station before trying another way."""


class Clerk:
    def __init__(self, booth: Watch, citizens: list[Citizen], desk: int) -> None:
        self._booth = booth
        self._citizens = citizens
        self._desk = desk
        self._late: set[int] = set()

    async def serve(self) -> None:
        """Serve whoever is called to this desk, one after the other."""
        booth = self._booth
        await booth.ask("set-desk", desk=self._desk, open=True)
        while True:
            await booth.until(lambda: self._my_call() or self._my_checked_in())
            if dossier := self._my_checked_in():
                await self.identify(dossier["id"], self._who(dossier))
            elif call := self._my_call():
                await self.receive(call)

    def _who(self, seen: dict[str, Any]) -> Citizen:
        person = holder(self._citizens, seen)
        assert person is not None
        return person

    def _my_call(self) -> dict[str, Any] | None:
        called = self._booth.state["called"]
        mine = (ticket for ticket in called if ticket["desk"] == self._desk)
        return next((ticket for ticket in mine if holder(self._citizens, ticket)), None)

    def _my_checked_in(self) -> dict[str, Any] | None:
        return next(
            (
                d
                for d in self._booth.state["dossiers"]
                if d["desk"] == self._desk
                and d["stage"] == "checked_in"
                and holder(self._citizens, d)
            ),
            None,
        )

    async def receive(self, call: dict[str, Any]) -> None:
        key = {"day": call["day"], "ticket": call["number"]}
        person = self._who(call)
        if person.late and person.index not in self._late:
            self._late.add(person.index)
            await self._booth.pause(LATE_S)
            await self._booth.ask("call-ticket", **key, desk=self._desk)
        await self._booth.pause(WALK_S)
        opened = await self._booth.ask("open-dossier", desk=self._desk, **key)
        await self._booth.until(lambda: self._my_call() is None, 10.0)
        if opened is not None:
            await self._booth.until(lambda: self._booth.dossier(opened["dossier"]), 10.0)
            await self._booth.pause(GREETING_S)

    async def identify(self, dossier_id: str, person: Citizen) -> None:
        """Card, number or search, until the station knows who it is."""

        def found() -> bool:
            dossier = self._booth.dossier(dossier_id)
            return dossier is None or bool(dossier["finding"]) or dossier["stage"] != "checked_in"

        if not found():
            await self._present(dossier_id, person)
            if not await self._booth.until(found, PATIENCE_S):
                await self._booth.pause(TYPE_NUMBER_S)
                await self._booth.ask("enter-person", dossier=dossier_id, number=person.person)
                await self._booth.until(found, PATIENCE_S)
        dossier = self._booth.dossier(dossier_id)
        if dossier is not None and dossier["finding"]:
            await self._booth.pause(READ_FINDING_S)
            await self._booth.ask("accept-identity", dossier=dossier_id)
            await self._booth.until(
                lambda: (
                    (d := self._booth.dossier(dossier_id)) is None or d["stage"] != "checked_in"
                ),
                10.0,
            )
        if person.by_post and (d := self._booth.dossier(dossier_id)) and d["stage"] == "identified":
            await self._booth.ask("set-delivery", dossier=dossier_id, delivery="post")

    async def _present(self, dossier_id: str, person: Citizen) -> None:
        if person.document == "card" and self._booth.device("scanner")["health"] == "ready":
            mine = lambda: self._booth.device("scanner")["held_by"] == dossier_id  # noqa: E731
            await self._booth.until(mine, PATIENCE_S)
            await self._booth.pause(SHOW_CARD_S)
            await self._booth.hand("scanner", "scan", text=person.card)
        elif person.document == "camera" and self._booth.device("camera")["held_by"] is None:
            await self._booth.hand("camera", "show_code", text=person.card)
            await self._booth.ask("read-card-by-camera", dossier=dossier_id)
            await self._booth.hand("camera", "show_code", text="")
        elif person.document == "search":
            await self._booth.pause(TYPE_NUMBER_S)
            query = {"name": person.row["name"], "birth": person.row["birth"]}
            hits = await self._booth.ask("search", **query) or []
            number = next((p["number"] for p in hits if p["number"] == person.person), "")
            await self._booth.ask(
                "enter-person", dossier=dossier_id, number=number, source="search"
            )
        else:
            await self._booth.pause(TYPE_NUMBER_S)
            await self._booth.ask("enter-person", dossier=dossier_id, number=person.person)

    # ---- troubles ------------------------------------------------------------------------------

    async def refill_paper(self) -> None:
        """The clerk mends the printer when the console says so."""
        while True:
            await self._booth.until(
                lambda: self._booth.device("printer")["fault"] in ("paper_out", "cover_open")
            )
            await self._booth.pause(REFILL_PAPER_S)
            await self._booth.hand("printer", "paper", state="in")
            await self._booth.hand("printer", "cover", state="closed")
            await self._booth.until(
                lambda: self._booth.device("printer")["health"] == "ready", 60.0
            )
