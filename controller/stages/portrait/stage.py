"""The portrait as a stage: one picture, kept at the first that is good or forced."""

from __future__ import annotations

from collections.abc import Set

from controller.devices.scenes import Light
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Portrait
from controller.policy import CapturePolicy, LinePolicy
from controller.stages.base import Stage
from controller.vault.names import numbered
from edge.journal import events as e


def portrait_name(number: int) -> str:
    """Artefact of the n-th portrait of a dossier."""
    return numbered("portrait", number, "png")


class PortraitStage(Stage):
    name = "portrait"
    device = e.Device.CAMERA
    light = Light.LOOK_HERE
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


PORTRAIT = PortraitStage()
