"""What the journal's rows tell of a stage: portrait, fingers, and those that stages bring.

A stage has places (one portrait, ten fingers, two eyes), and each has a mark; it is done when every
place has one. ``DossierEnded`` has fields of its own for portrait and fingers; every other stage
tells a ``StageEnded``, and may have a live figure that counts today's. A stage of which a dossier
has no row counts as not taken there, because the journal does not tell what a booth takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from edge.journal import events as e
from edge.journal.kinds import tag_of
from edge.journal.terms import FGP, Device, ForcedReason, MissingReason
from edge.report.facts import FingerMark

NOT_CAPTURED = 109
MISSING_MARK = {
    MissingReason.AMPUTATED: 101,
    MissingReason.BANDAGED: 102,
    MissingReason.DEFORMED: 103,
    MissingReason.WORN: 104,
}


class Tally(msgspec.Struct, array_like=True):
    """The running total of an open dossier's rows at one stage."""

    marks: list[FingerMark]
    held: int = 0
    """At the device, ms."""
    takes: int = 0
    retries: int = 0
    forced: ForcedReason | None = None

    @property
    def done(self) -> bool:
        return NOT_CAPTURED not in self.marks


@dataclass(frozen=True)
class Told:
    """``rows``: what a row of the stage changes in its tally; True where something was captured.

    ``figure``: name of the live figure that counts today's dossiers that ended with it done; "":
    none.
    """

    name: str
    device: Device
    places: int
    rows: Mapping[type[e.Body], Callable[[Tally, Any], bool]]
    figure: str = ""

    def tally(self) -> Tally:
        return Tally([NOT_CAPTURED] * self.places)


def _portrait_taken(tally: Tally, body: e.PortraitTaken) -> bool:
    tally.marks[0], tally.forced = body.quality, body.forced
    tally.takes += 1
    return True


def _portrait_reopened(tally: Tally, body: e.PortraitReopened) -> bool:
    tally.marks[0], tally.forced = NOT_CAPTURED, None
    return False


def _finger_captured(tally: Tally, body: e.FingerCaptured) -> bool:
    tally.marks[FGP[body.position] - 1] = body.quality
    return True


def _finger_missing(tally: Tally, body: e.FingerMissing) -> bool:
    tally.marks[FGP[body.position] - 1] = MISSING_MARK[body.reason]
    return True


def _finger_rejected(tally: Tally, body: e.FingerRejected) -> bool:
    tally.retries += 1
    return False


def _finger_reopened(tally: Tally, body: e.FingerReopened) -> bool:
    tally.marks[FGP[body.position] - 1] = NOT_CAPTURED
    return False


PORTRAIT = Told(
    "portrait",
    Device.CAMERA,
    1,
    {e.PortraitTaken: _portrait_taken, e.PortraitReopened: _portrait_reopened},
)
FINGERS = Told(
    "fingers",
    Device.FINGERPRINT,
    10,
    {
        e.FingerCaptured: _finger_captured,
        e.FingerRejected: _finger_rejected,
        e.FingerMissing: _finger_missing,
        e.FingerReopened: _finger_reopened,
    },
)
IN_DOSSIER_ENDED = (PORTRAIT, FINGERS)

BY_DEVICE: dict[Device, Told] = {}
OF_STAGES: dict[type[e.Body], Told] = {}
TAGS: set[str] = set()
"""``kind`` of ``OF_STAGES``."""


def bring(told: Told) -> None:
    """Let journals be read with this stage in them; its kinds of rows are known already."""
    BY_DEVICE[told.device] = told
    OF_STAGES.update(dict.fromkeys(told.rows, told))
    TAGS.update(map(tag_of, told.rows))


for _one in IN_DOSSIER_ENDED:
    bring(_one)


def further() -> list[Told]:
    """Those that ``DossierEnded`` has no fields for."""
    return [told for told in BY_DEVICE.values() if told not in IN_DOSSIER_ENDED]
