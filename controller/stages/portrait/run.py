"""At the camera: live checks, the portrait taken as soon as they pass, or by the operator."""

from __future__ import annotations

import asyncio
import contextlib

from controller import commands as c
from controller.devices.ports import Camera, Shot, Sound
from controller.dossier.actions import Action
from controller.fault import DeviceFault
from controller.rules import allowed
from controller.stages.portrait.stage import portrait_name
from controller.station.means import Means
from controller.station.serving import Commands, Serving
from controller.vault.durable import StorageFailed
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from ground.error import InputError, NotAllowed
from ground.text import N_

LOOK_HERE = N_("Ask the person to sit down and look into the camera.")
NOT_THERE = N_("This person is not at the camera. Wait for their turn.")
CODE_DEADLINE_S = 10.0
PAUSE_S = 0.05
"""Between previews: the worker's core is also the browser's."""


class Work(Serving):
    def __init__(self, camera: Camera, means: Means) -> None:
        self._core = means.core
        self._camera = camera
        self._storage = means.storage
        self._signals = means.signals
        self._identification = means.identification
        self._busy = asyncio.Lock()
        """Held from a burst until its portrait is journaled: the automatic portrait, a click and
        a second click put the same artefact."""

    def commands(self) -> Commands:
        return {
            c.ReadCardByCamera: self.read_card,
            c.TakePortrait: self.take,
            c.RetakePortrait: self.retake,
        }

    async def run(self, dossier_id: str, previous: str | None) -> None:
        """From DeviceTaken to PortraitTaken; ends when the device fails or is released."""
        core = self._core
        core.prompt(dossier_id, LOOK_HERE)
        try:
            while self._at_camera(dossier_id):
                try:
                    await self._look(dossier_id)
                except (StorageFailed, DiskRefuses) as error:  # the person keeps the place
                    self._storage.failed(error)
                    await self._storage.returns()
        except DeviceFault as fault:
            core.notice(
                N_("The camera failed ({fault}). The person waits; the line goes on."),
                fault=fault.code.value,
            )
            self.release(dossier_id)
        finally:
            self.preview = None

    async def _look(self, dossier_id: str) -> None:
        """One preview, and the portrait when it is good. Raises DeviceFault, StorageFailed."""
        core = self._core
        async with self._busy:
            self.preview = await self._camera.preview()
        assessment = self.preview.assessment
        failed = [check for check in assessment.checks if not check.passed]
        core.prompt(dossier_id, failed[0].advice if failed else LOOK_HERE)
        if assessment.passed and core.policy.capture.portrait_automatic:
            await self._shoot(dossier_id, None)
        else:
            core.touch()
            await asyncio.sleep(PAUSE_S)

    async def take(self, command: c.TakePortrait) -> c.PortraitResult:
        """A second click, or one that meets the automatic portrait, is answered with the same
        portrait. Raises NotAllowed, DeviceFault, StorageFailed."""
        core = self._core
        core.open_keys()
        dossier = core.dossier(command.dossier)
        if dossier.portrait is not None:
            raise NotAllowed(
                "portrait is taken",
                N_("The portrait is taken already. If it is not good, take it again."),
            )
        if not self._at_camera(command.dossier) or Action.TAKE_PORTRAIT not in allowed(
            dossier, core.policy.capture
        ):
            raise NotAllowed("not at the camera", NOT_THERE)
        shot = await self._shoot(command.dossier, command.forced)
        if dossier.portrait is not None:
            return c.PortraitResult(True, dossier.portrait.quality, ())
        if shot is None:
            raise NotAllowed("left the camera", NOT_THERE)
        failed = tuple(check.advice for check in shot.assessment.checks if not check.passed)
        return c.PortraitResult(False, shot.assessment.quality, failed)

    async def _shoot(self, dossier_id: str, forced: e.ForcedReason | None) -> Shot | None:
        """One portrait, from the burst to the journal, before the next may begin. None when the
        person left the camera, or was taken by somebody else meanwhile."""
        core = self._core
        async with self._busy:
            if not self._at_camera(dossier_id):
                return None
            frames = core.policy.capture.portrait_frames
            shot = await self._camera.burst(frames, forced=forced is not None)
            if not self._at_camera(dossier_id):
                return None
            if shot.png is None or not (shot.assessment.passed or forced):
                return shot
            core.software_s[dossier_id] += shot.software_s
            name = portrait_name(core.dossier(dossier_id).portrait_no + 1)
            sealed = await self._storage.keep(
                dossier_id, core.artefacts.put, dossier_id, name, shot.png
            )
            if not self._at_camera(dossier_id):
                return None
            with core.software(dossier_id):
                core.record(
                    e.PortraitTaken(
                        sealed,
                        shot.assessment.quality,
                        shot.frames,
                        None if shot.assessment.passed else forced,
                    ),
                    e.DeviceReleased(e.Device.CAMERA),
                    dossier=dossier_id,
                )
            self._signals.play(Sound.GOOD)
        return shot

    async def retake(self, command: c.RetakePortrait) -> c.Done:
        core = self._core
        core.open_keys()
        dossier = core.dossier(command.dossier)
        if dossier.portrait is None or Action.TAKE_PORTRAIT not in allowed(
            dossier, core.policy.capture
        ):
            raise NotAllowed("no portrait to retake", N_("There is no portrait to take again."))
        held = [e.DeviceReleased(d) for d in dossier.holding if d is e.Device.PERIPHERALS]
        core.record(*held, e.PortraitReopened(), dossier=dossier.id)
        return c.Done()

    async def read_card(self, command: c.ReadCardByCamera) -> c.Done:
        """The card's QR code held before the camera."""
        holder = self._core.state.holder(e.Device.CAMERA)
        if holder is not None:
            raise NotAllowed(
                "camera is held", N_("Somebody is at the camera. Scan the card or type the number.")
            )
        async with self._busy:
            code = await self._camera.read_code(CODE_DEADLINE_S)
        if code is None:
            raise InputError("no code seen", N_("No QR code was seen. Hold the card closer."))
        self._identification.scanned(command.dossier, code, e.IdentitySource.QR_CAMERA)
        return c.Done()

    def release(self, dossier_id: str) -> None:
        with contextlib.suppress(NotAllowed):
            if e.Device.CAMERA in self._core.dossier(dossier_id).holding:
                self._core.record(e.DeviceReleased(e.Device.CAMERA), dossier=dossier_id)

    def _at_camera(self, dossier_id: str) -> bool:
        dossier = self._core.state.dossiers.get(dossier_id)
        return dossier is not None and e.Device.CAMERA in dossier.holding
