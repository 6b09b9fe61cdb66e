"""The public board: numbers and places only."""

from __future__ import annotations

from controller import stages
from controller import views as v
from controller.queue import estimate
from controller.station.core import Core
from controller.station.queueing import Queueing
from controller.station.screens.people import People

FRESH_S = 20.0
"""How long a call flashes on the board."""


class Board:
    def __init__(self, core: Core, queueing: Queueing, people: People) -> None:
        self._core = core
        self._queueing = queueing
        self._people = people

    def view(self) -> v.BoardView:
        core = self._core
        now, (today, _) = core.clock.now_ms(), core.today()
        entries = [
            v.BoardEntry(
                t.number,
                t.kind.value,
                "desk",
                t.desk,
                now - (t.called_at or 0) < FRESH_S * 1000,
                t.day if t.day != today else None,
            )
            for t in sorted(self._queueing.called(), key=lambda t: -(t.called_at or 0))
        ]
        shown = {stage.device.value for stage in stages.named(core.policy.capture.stages)}
        shown.add("review")
        for dossier in core.state.dossiers.values():
            place = self._people.place(dossier)
            if dossier.ticket is not None and place in shown:
                since = max(dossier.holding.values(), default=0)
                entries.append(
                    v.BoardEntry(
                        dossier.ticket,
                        dossier.ticket_kind.value,
                        place,
                        dossier.desk if place == "review" else None,
                        now - since < FRESH_S * 1000,
                        dossier.day if dossier.day != today else None,
                    )
                )
        order, target = self._queueing.in_order(), core.state.target
        return v.BoardView(
            version=core.version,
            station=core.config.station.code,
            name=core.config.station.name,
            now_ms=now,
            entries=tuple(entries),
            waiting=len(order),
            next_numbers=tuple(t.number for t in order[:5]),
            wait_s=estimate(core.state.queue, core.policy.queue)[1],
            in_service=core.keys is not None,
            intake_open=core.state.intake_open,
            hours=(target.opens, target.closes) if target else None,
        )
