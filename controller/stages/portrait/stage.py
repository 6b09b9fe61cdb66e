"""The portrait as a stage: one picture, kept at the first that is good or forced."""

from __future__ import annotations

from collections.abc import Set
from typing import Annotated, Any

from msgspec import Meta

from controller.devices.live import Preview
from controller.devices.scenes import Light
from controller.dossier.actions import Action
from controller.dossier.data import Part
from controller.dossier.names import Kept, numbered
from controller.dossier.state import Dossier, Portrait
from controller.papers.facts import CaptureFacts
from controller.policy import CapturePolicy, LinePolicy
from controller.portrait.judged import Check
from controller.stages.base import Stage
from controller.stages.portrait.advice import ADVICE, ELSE
from controller.views import CheckView, PortraitView
from edge.journal import events as e
from edge.report.stages import PORTRAIT as TOLD
from ground.config import line
from ground.text import N_
from ground.text.words import FORCED

FILE = "portrait.png"


def portrait_name(number: int) -> str:
    """Artefact of the n-th portrait of a dossier."""
    return numbered("portrait", number, "png")


class PortraitData(Part, frozen=True):
    """Of ``portrait.png``: 35x45 mm at 300 dpi (Circular 60/2021/TT-BCA; ICAO Doc 9303 part 3)."""

    quality: Annotated[
        e.Percent,
        Meta(
            description="How far inside its limits each check of the picture is, as a weighted "
            "mean: our own measure, and no score of ISO/IEC 29794-5"
        ),
    ]
    forced: Annotated[
        e.ForcedReason | None,
        Meta(description="Why it was taken though a check failed; null: every check passed"),
    ]


class PortraitPart(Part, frozen=True):
    portrait: PortraitData


class PortraitStage(Stage):
    name = "portrait"
    part = PortraitPart
    device = e.Device.CAMERA
    told = TOLD
    light = Light.LOOK_HERE
    advice, advice_else = ADVICE, ELSE
    files = required = (FILE,)
    events = frozenset({e.PortraitTaken, e.PortraitReopened})

    def assumed_s(self, policy: LinePolicy) -> float:
        return policy.camera_s

    def apply(self, dossier: Dossier, event: e.Event) -> None:
        match event.body:
            case e.PortraitTaken() as taken:
                dossier.portrait = Portrait(taken.sealed, taken.quality, taken.forced)
                dossier.portrait_no += 1
                dossier.marks[self.name] = event.at
            case e.PortraitReopened():
                dossier.portrait = None

    def done(self, dossier: Dossier, policy: CapturePolicy) -> bool:
        return dossier.portrait is not None

    def allowed(self, dossier: Dossier, policy: CapturePolicy) -> Set[Action]:
        return {Action.TAKE_PORTRAIT}

    def quality(self, dossier: Dossier) -> int | None:
        return dossier.portrait.quality if dossier.portrait else None

    def shows(
        self, dossier: Dossier, policy: CapturePolicy, preview: Preview | None
    ) -> dict[str, Any]:
        taken = dossier.portrait
        forced = taken.forced.value if taken and taken.forced else None
        return {
            "portrait": PortraitView(taken.quality, forced) if taken else None,
            "checks": tuple(map(_check, preview.assessment.checks)) if preview else (),
        }

    def printed(self, dossier: Dossier) -> CaptureFacts:
        forced = dossier.portrait.forced if dossier.portrait else None
        if forced is None:
            return CaptureFacts(N_("Portrait"), line(N_("taken")))
        reserved = line(N_("taken with reservation"))
        return CaptureFacts(N_("Portrait"), reserved, (line(FORCED[forced]),))

    def kept(self, dossier: Dossier) -> tuple[Kept, ...]:
        taken = dossier.portrait
        if taken is None:
            return ()
        name = portrait_name(dossier.portrait_no)
        return (Kept(name, taken.sealed, FILE, e.PortraitReopened()),)

    def data(self, dossier: Dossier) -> PortraitPart:
        taken = dossier.portrait
        assert taken is not None
        return PortraitPart(PortraitData(taken.quality, taken.forced))


def _check(check: Check) -> CheckView:
    return CheckView(
        check.name, round(check.value, 2), check.low, check.high, check.passed, check.advice
    )


PORTRAIT = PortraitStage()
