"""The fingers as a stage: every position of the legal order is captured or missing."""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any

from msgspec import Meta

from controller.devices.live import Preview
from controller.devices.scenes import Light
from controller.dossier.actions import Action
from controller.dossier.data import Part
from controller.dossier.names import Kept, numbered
from controller.dossier.state import Dossier, Finger
from controller.papers.facts import CaptureFacts
from controller.policy import CapturePolicy, LinePolicy
from controller.stages.base import Stage
from controller.stages.fingers.advice import ADVICE, ELSE
from controller.views import FingerView
from edge.journal import events as e
from edge.report.stages import FINGERS as TOLD
from ground.config import line
from ground.text import N_
from ground.text.words import MISSING, POSITIONS


def next_position(dossier: Dossier, policy: CapturePolicy) -> e.Position | None:
    """The next finger in legal order, None when every position is captured or missing."""
    for position in policy.finger_order:
        finger = dossier.fingers.get(position)
        if finger is None or not finger.done:
            return position
    return None


def slot(position: e.Position) -> int:
    """Sensor slot of a position: its ISO/IEC 19794-2 code, 1…10."""
    return e.FGP[position]


MEASURE = "tram-ridge-1"
"""Goes into the packet beside the number: our own measure (``quality``), which is not NFIQ."""


def file_of(position: e.Position) -> str:
    """In the packet."""
    return f"fingers/{position.value}.png"


def finger_name(position: e.Position, tries: int) -> str:
    """Artefact of the n-th try at a position."""
    return numbered(f"fingers/{position.value}", tries, "png")


class FingerData(Part, frozen=True):
    """One position: ``fingers/<position>.png`` is in the packet when ``quality`` is not null."""

    fgp: Annotated[int, Meta(ge=1, le=10, description="Code of ISO/IEC 19794-2 Table 6")]
    quality: Annotated[
        e.Percent | None, Meta(description="By finger_quality_measure; null: it was not taken")
    ]
    tries: Annotated[int, Meta(ge=0, description="How often it was tried; 0: not at all")]
    missing: Annotated[
        e.MissingReason | None, Meta(description="Why it cannot be taken; null: it was taken")
    ]


class FingersPart(Part, frozen=True):
    fingers: Annotated[
        dict[e.Position, FingerData],
        Meta(
            description="In the order in which they were begun; the legal one is four right, four "
            "left, two thumbs (Circular 60/2021/TT-BCA Art. 5)",
            extra_json_schema={"propertyNames": {"$ref": "#/$defs/Position"}},
        ),
    ]
    finger_quality_measure: Annotated[
        str,
        Meta(
            description="What quality is measured by. tram-ridge-1 is our own ridge measure for "
            "small 4-bit sensors, after ISO/IEC TR 29794-4, and not NFIQ"
        ),
    ]


class FingersStage(Stage):
    name = "fingers"
    part = FingersPart
    device = e.Device.FINGERPRINT
    told = TOLD
    light = Light.FINGER
    advice, advice_else = ADVICE, ELSE
    paces = True
    files = tuple(map(file_of, e.Position))
    events = frozenset({e.FingerRejected, e.FingerCaptured, e.FingerMissing, e.FingerReopened})

    def assumed_s(self, policy: LinePolicy) -> float:
        return policy.device_s

    def apply(self, dossier: Dossier, event: e.Event) -> None:
        match event.body:
            case e.FingerRejected() as rejected:
                finger = dossier.finger(rejected.position)
                if rejected.problem is e.FingerProblem.LOW_QUALITY:
                    finger.tries += 1
                else:  # another finger, or none, is no try at this one
                    finger.wrong += 1
                if rejected.sealed is not None and rejected.quality > finger.best_quality:
                    finger.best_quality = rejected.quality
                    finger.best_sealed, finger.best_try = rejected.sealed, finger.tries
            case e.FingerCaptured() as captured:
                finger = dossier.finger(captured.position)
                if finger.best_sealed != captured.sealed:
                    finger.best_try = captured.tries
                finger.captured, finger.missing, finger.tries = True, None, captured.tries
                finger.best_quality, finger.best_sealed = captured.quality, captured.sealed
                dossier.marks[self.name] = event.at
            case e.FingerMissing() as missing:
                dossier.fingers[missing.position] = Finger(missing=missing.reason)
                dossier.marks[self.name] = event.at
            case e.FingerReopened() as reopened:
                dossier.fingers.pop(reopened.position, None)

    def done(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        return next_position(dossier, policy) is None

    def allowed(self, dossier: Dossier, policy: CapturePolicy) -> Set[Action]:
        return set() if self.done(dossier, policy) else {Action.TAKE_FINGER}

    def shows(
        self, dossier: Dossier, policy: CapturePolicy, preview: Preview | None
    ) -> dict[str, Any]:
        upcoming = next_position(dossier, policy)
        return {
            "fingers": tuple(_finger(dossier, p, upcoming) for p in policy.finger_order),
            "next_position": upcoming.value if upcoming else None,
        }

    def printed(self, dossier: Dossier) -> CaptureFacts:
        captured = sum(finger.captured for finger in dossier.fingers.values())
        missing = tuple(
            line(
                "{position}: {reason}",
                position=line(POSITIONS[position]),
                reason=line(MISSING[finger.missing]),
            )
            for position, finger in dossier.fingers.items()
            if finger.missing
        )
        taken = line("{captured} / {all}", captured=captured, all=len(e.FGP))
        return CaptureFacts(N_("Fingerprints"), taken, missing)

    def kept(self, dossier: Dossier) -> tuple[Kept, ...]:
        return tuple(
            Kept(
                finger_name(position, finger.best_try),
                finger.best_sealed or "",
                file_of(position),
                e.FingerReopened(position),
            )
            for position, finger in dossier.fingers.items()
            if finger.captured
        )

    def data(self, dossier: Dossier) -> FingersPart:
        fingers = {
            position: FingerData(
                fgp=e.FGP[position],
                quality=finger.best_quality if finger.captured else None,
                tries=finger.tries,
                missing=finger.missing,
            )
            for position, finger in dossier.fingers.items()
        }
        return FingersPart(fingers, MEASURE)


def _finger(dossier: Dossier, position: e.Position, upcoming: e.Position | None) -> FingerView:
    finger = dossier.fingers.get(position)
    if finger is None:
        state = "next" if position is upcoming else "open"
        return FingerView(position.value, state, 0, 0, 0, None)
    state = "captured" if finger.captured else "next" if position is upcoming else "open"
    return FingerView(
        position=position.value,
        state="missing" if finger.missing else state,
        quality=max(finger.best_quality, 0),
        tries=finger.tries,
        wrong=finger.wrong,
        missing=finger.missing.value if finger.missing else None,
    )


FINGERS = FingersStage()
