"""The portrait as a stage: one picture, kept at the first that is good or forced."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from controller.devices.scenes import Light
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Portrait
from controller.policy import CapturePolicy, LinePolicy
from controller.stages.base import Stage
from controller.vault.names import Kept, numbered
from edge.journal import events as e

FILE = "portrait.png"


def portrait_name(number: int) -> str:
    """Artefact of the n-th portrait of a dossier."""
    return numbered("portrait", number, "png")


class PortraitStage(Stage):
    name = "portrait"
    device = e.Device.CAMERA
    light = Light.LOOK_HERE
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

    def kept(self, dossier: Dossier) -> tuple[Kept, ...]:
        taken = dossier.portrait
        if taken is None:
            return ()
        name = portrait_name(dossier.portrait_no)
        return (Kept(name, taken.sealed, FILE, e.PortraitReopened()),)

    def data(self, dossier: Dossier) -> dict[str, Any]:
        taken = dossier.portrait
        assert taken is not None
        return {"portrait": {"quality": taken.quality, "forced": taken.forced}}


PORTRAIT = PortraitStage()
