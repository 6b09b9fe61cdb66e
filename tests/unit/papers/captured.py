"""What stands on an intake form of the captures, as the stages themselves say it."""

from __future__ import annotations

from collections.abc import Mapping

from controller import stages
from controller.dossier.state import Dossier, Finger, Portrait
from controller.papers.facts import CaptureFacts
from edge.journal.events import ForcedReason, MissingReason, Position, TicketKind

NINE: dict[Position, MissingReason | None] = dict.fromkeys(tuple(Position)[:9])
LOST = {Position.LEFT_LITTLE: MissingReason.AMPUTATED}


def captures(
    fingers: Mapping[Position, MissingReason | None], forced: ForcedReason | None = None
) -> tuple[CaptureFacts, ...]:
    """``fingers``: captured, or why not."""
    dossier = Dossier("TH0417-000123-7", 0, 1, None, None, TicketKind.WALK_IN)
    dossier.portrait = Portrait("", 90, forced)
    for position, missing in fingers.items():
        dossier.fingers[position] = Finger(captured=missing is None, missing=missing)
    return stages.printed(dossier, stages.named(("portrait", "fingers")))
