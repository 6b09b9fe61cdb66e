"""A virtual citizen: who they are, what they carry, and how their hands and face behave.

Everything follows from the seed, the roster's day and the order of their tickets, so that a demo
that was killed goes on with the same people, on another day too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from hw.twins.population import card_text, people

OLD = 65


@dataclass(frozen=True)
class Citizen:
    """``row`` is theirs in the population; times are seconds at human pace."""

    index: int
    row: dict[str, str]
    priority: bool
    document: str
    """How they are identified: "card", "camera", "number" or "search"."""
    first_pose: dict[str, Any]
    """How they sit down at first; mended when told."""
    missing: str | None
    clumsy: frozenset[str] = field(default_factory=frozenset)
    """Positions whose first try is bad."""
    repeats: str | None = None
    """A position at which they present the finger before again."""
    by_post: bool = False
    leaves: bool = False
    """Gives up before the fingerprints."""
    late: bool = False
    """Comes only at the second call."""

    @property
    def person(self) -> str:
        return self.row["number"] or self.row["old_number"]

    @property
    def card(self) -> str:
        return card_text(self.row)

    def mood(self, step: str) -> Random:
        """Dice for one step, the same after a restart."""
        return Random(f"{self.index}/{self.person}/{step}")


_POSES: tuple[dict[str, Any], ...] = (
    {"distance": 1.7},
    {"tilt_deg": 14.0},
    {"eyes": "closed"},
    {"x": 0.25},
    {"light": 0.45},
)
_FINGERS = (
    "right_index",
    "right_middle",
    "right_ring",
    "right_little",
    "left_index",
    "left_middle",
    "left_ring",
    "left_little",
    "right_thumb",
    "left_thumb",
)


def citizen(index: int, row: dict[str, str], seed: int, year: int) -> Citizen:
    """The ``index``-th person of the crowd, who is ``row`` of the population."""
    dice = Random(f"{seed}/{index}")
    has_card = len(row["number"]) == 12
    born = int(row["birth"][-4:])
    chance = dice.random()
    if not has_card:
        document = "number"
    elif chance < 0.88:
        document = "card"
    elif chance < 0.92:
        document = "camera"
    elif chance < 0.97:
        document = "number"
    else:
        document = "search"
    return Citizen(
        index=index,
        row=row,
        priority=year - born >= OLD or dice.random() < 0.04,
        document=document,
        first_pose=dict(dice.choice(_POSES)) if dice.random() < 0.25 else {},
        missing=dice.choice(_FINGERS) if dice.random() < 0.04 else None,
        clumsy=frozenset(f for f in _FINGERS if dice.random() < 0.05),
        repeats=dice.choice(_FINGERS[1:]) if dice.random() < 0.05 else None,
        by_post=dice.random() < 0.3,
        leaves=dice.random() < 0.02,
        late=dice.random() < 0.05,
    )


def crowd_of(count: int, seed: int, today: date) -> list[Citizen]:
    """The people of a demo: those on the roster of ``count`` people made with ``seed`` on
    ``today``."""
    rows = people(count, seed, today)
    return [citizen(index, row, seed, today.year) for index, row in enumerate(rows)]


def holder(citizens: list[Citizen], seen: dict[str, Any]) -> Citizen | None:
    """Who holds the ticket of ``seen``, a ticket or dossier as the station shows it.

    The station's first ticket is the first citizen's, whatever number and day are on it. None for
    somebody whom people at a real console brought.
    """
    nth = seen["nth"]
    return citizens[nth - 1] if nth is not None and nth <= len(citizens) else None
