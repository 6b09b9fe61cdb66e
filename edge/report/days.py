"""Local days and their totals.

Only a time that can be believed turns the day: one of a trusted clock, or the monotonic clock of a
boot in which the clock was trusted before (``moments.Clocks``). So a Pi that starts in 1970 closes
no day, what it does before the network has set its clock counts to the day that was open, and a
booth that loses the network goes on closing days. A trusted clock that jumps to another day closes
the open one, also back: a wrong future does not keep its day open forever. Less than an hour back
is an adjustment about midnight, not a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from edge.journal.terms import Day, Device
from edge.report.facts import AnyFact, DayClosed, DeviceChanged, DossierEnded, StageEnded
from edge.report.stages import NOT_CAPTURED
from edge.report.tickets import Tickets
from ground.day import number_of

BACK_MS = 3_600_000


class Today(msgspec.Struct, array_like=True):
    """Counts since the last day was closed. ``begins`` and ``ends`` are ms UTC."""

    day: Day | None = None
    begins: int = 0
    ends: int = 0
    facts: int = 0
    outcomes: dict[str, int] = msgspec.field(default_factory=dict)
    faults: dict[Device, int] = msgspec.field(default_factory=dict)
    stages: dict[Device, int] = msgspec.field(default_factory=dict)
    """Dossiers that ended with a further stage done, by its device."""

    def turned(self, wall_ms: int) -> bool:
        """Whether a row of this time is the first of another day."""
        return wall_ms >= self.ends or wall_ms < self.begins - BACK_MS

    def close(self, tickets: Tickets, rows: int, row_hash: bytes) -> DayClosed:
        """What the open day came to; ``rows`` and ``row_hash`` are of its last row."""
        assert self.day is not None
        return DayClosed(
            day=self.day,
            facts=self.facts,
            sealed=self.outcomes.get("sealed", 0),
            referred=self.outcomes.get("referred", 0),
            refused=self.outcomes.get("refused", 0),
            abandoned=self.outcomes.get("abandoned", 0),
            tickets=tickets.issued,
            no_shows=tickets.no_shows,
            rows=rows,
            journal=row_hash[:16],
        )

    def count(self, fact: AnyFact) -> None:
        self.facts += 1
        if isinstance(fact, DossierEnded):
            self.outcomes[fact.outcome] = self.outcomes.get(fact.outcome, 0) + 1
        elif isinstance(fact, StageEnded) and NOT_CAPTURED not in fact.marks:
            self.stages[fact.device] = self.stages.get(fact.device, 0) + 1
        elif isinstance(fact, DeviceChanged) and fact.fault is not None:
            self.faults[fact.device] = self.faults.get(fact.device, 0) + 1


def bounds(wall_ms: int, zone: ZoneInfo) -> tuple[Day, int, int]:
    """The local day of ``wall_ms``: as yyyymmdd, its first ms and the first ms behind it."""
    local = datetime.fromtimestamp(wall_ms / 1000, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    after = midnight + timedelta(days=1)
    return number_of(local), round(midnight.timestamp() * 1000), round(after.timestamp() * 1000)
