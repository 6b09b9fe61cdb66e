"""At the fingerprint scanner: ten positions in legal order, without a click from the operator."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from functools import partial

from controller import commands as c
from controller.devices.ports import FingerImage, FingerprintScanner, Sound
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Finger, Stage
from controller.fault import DeviceFault
from controller.rules import allowed
from controller.stages.fingers.quality import RidgeQuality, encode_png, ridge_quality
from controller.stages.fingers.stage import finger_name, next_position, slot
from controller.station.means import Means
from controller.station.serving import Commands, Serving
from controller.vault.durable import StorageFailed
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from ground.error import NotAllowed
from ground.text import N_

PUT_FINGER = N_("Put the {finger} on the glass.")
LIFT = N_("Good. Lift the finger.")
SAME_FINGER = N_("This finger was taken already as {other}. Put the {finger} on the glass.")
FAULTS_IN_A_ROW = 3
WAIT_S = 1.0
"""Slice of waiting for a finger, after which released or skipped positions are looked at again."""
READ_S = 8.0
"""Deadline of one image: 1.7 s of wire time at 115200 baud, 3.5 s at 57600."""


class Work(Serving):
    def __init__(self, scanner: FingerprintScanner, means: Means) -> None:
        self._core = means.core
        self._scanner = scanner
        self._storage = means.storage
        self._signals = means.signals
        self._busy = asyncio.Lock()
        """Held from a finger's image until it is journaled."""
        self._wiped_for: str | None = None
        """The ended dossier whose templates were wiped last."""

    def commands(self) -> Commands:
        return {c.MarkFingerMissing: self.mark_missing, c.RetakeFinger: self.retake}

    async def run(self, dossier_id: str, previous: str | None) -> None:
        """From DeviceTaken until every position is done; ends when the device fails or is released.

        ``previous`` is whose templates the sensor holds: another's are wiped first. This dossier's
        stay until it ends, so that a finger taken again is still compared with the others.
        """
        faults = 0
        fresh = previous != dossier_id
        while (dossier := self._at_scanner(dossier_id)) is not None:
            try:
                if fresh:
                    await self._scanner.wipe()
                    fresh = False
                position = next_position(dossier, self._core.policy.capture)
                if position is None:
                    await self._scanner.ring("off")
                    self.release(dossier_id)
                    return
                async with self._busy:
                    if await self._one(dossier, position):
                        faults = 0
            except (StorageFailed, DiskRefuses) as error:  # the person keeps the place
                self._storage.failed(error)
                await self._storage.returns()
            except DeviceFault as fault:
                faults += 1
                if faults >= FAULTS_IN_A_ROW or fault.code is not e.FaultCode.BAD_DATA:
                    self._core.notice(
                        N_("The fingerprint scanner failed ({fault}). The line goes on."),
                        fault=fault.code.value,
                    )
                    self.release(dossier_id)
                    return

    async def _one(self, dossier: Dossier, position: e.Position) -> bool:
        """One presentation of a finger. True when an image was judged."""
        core, scanner = self._core, self._scanner
        if dossier.id not in core.prompts or not _is_about(core.prompts[dossier.id], position):
            core.prompt(dossier.id, PUT_FINGER, finger=position.value)
        await scanner.ring("blue")
        if not await scanner.wait_for_finger(WAIT_S):
            return False
        image = await scanner.read_image(READ_S)
        matched = await scanner.match()
        if not self._still(dossier.id, position):
            return False
        good = await self._judge(dossier, position, image, matched)
        await scanner.ring("green" if good else "red")
        while self._at_scanner(dossier.id) and not await scanner.wait_for_removal(WAIT_S):
            if good:
                core.prompt(dossier.id, LIFT)
        return True

    async def _judge(
        self, dossier: Dossier, position: e.Position, image: FingerImage, matched: int | None
    ) -> bool:
        """True when the position is done with this image, or with the best of its tries."""
        core, policy = self._core, self._core.policy.capture
        other = next((p for p, code in e.FGP.items() if code == matched), None)
        if other is not None and other is not position and self._is_taken(dossier, other):
            return self._same_finger(dossier, position, image, other)
        finger = dossier.finger(position)
        tries = finger.tries + 1
        name = finger_name(position, tries)
        measured, sealed = await self._storage.keep(
            dossier.id, self._seal_if_better, dossier.id, name, image, finger
        )
        if not self._still(dossier.id, position) or dossier.finger(position) is not finger:
            return False  # released, skipped or begun anew: this image belongs to nobody
        if measured.value >= policy.finger_quality_min or tries >= policy.finger_tries:
            await self._scanner.keep(slot(position))
            if not self._still(dossier.id, position) or dossier.finger(position) is not finger:
                return False
            best = max(measured.value, finger.best_quality)
            with core.software(dossier.id):
                captured = e.FingerCaptured(
                    position, best, tries, sealed or finger.best_sealed or ""
                )
                core.record(captured, dossier=dossier.id)
            core.prompt(dossier.id, LIFT)
            self._signals.play(Sound.GOOD)
            return True
        self._signals.play(Sound.BAD)
        with core.software(dossier.id):
            low = e.FingerProblem.LOW_QUALITY
            rejected = e.FingerRejected(position, low, measured.value, sealed)
            core.record(rejected, dossier=dossier.id)
        core.prompt(dossier.id, measured.advice or PUT_FINGER, finger=position.value)
        return False

    def _same_finger(
        self, dossier: Dossier, position: e.Position, image: FingerImage, other: e.Position
    ) -> bool:
        self._signals.play(Sound.BAD)
        with self._core.software(dossier.id):
            quality = ridge_quality(image).value
            rejected = e.FingerRejected(position, e.FingerProblem.SAME_FINGER, quality, None, other)
            self._core.record(rejected, dossier=dossier.id)
        self._core.prompt(dossier.id, SAME_FINGER, other=other.value, finger=position.value)
        return False

    def _seal_if_better(
        self, dossier_id: str, name: str, image: FingerImage, finger: Finger
    ) -> tuple[RidgeQuality, str | None]:
        """Runs in a thread. The digest of the sealed image, None when an earlier try was better."""
        measured = ridge_quality(image)
        if finger.best_sealed is not None and measured.value <= finger.best_quality:
            return measured, None
        return measured, self._core.artefacts.put(dossier_id, name, encode_png(image))

    def tidying(self) -> Callable[[], Awaitable[None]] | None:
        """The templates of a dossier that has ended must not stay in the sensor."""
        owner = self._core.state.last_at.get(e.Device.FINGERPRINT)
        if owner is None or owner in self._core.state.dossiers or owner == self._wiped_for:
            return None
        return partial(self._wipe, owner)

    async def _wipe(self, owner: str) -> None:
        """Empty the sensor of a dossier that has ended."""
        await self._scanner.wipe()
        self._wiped_for = owner

    # ---- commands ----------------------------------------------------------------------------

    async def mark_missing(self, command: c.MarkFingerMissing) -> c.Done:
        dossier = self._open(command.dossier)
        if dossier.finger(command.position).done:
            raise NotAllowed("finger is done", N_("This finger is done. Take it again first."))
        self._core.record(e.FingerMissing(command.position, command.reason), dossier=dossier.id)
        return c.Done()

    async def retake(self, command: c.RetakeFinger) -> c.Done:
        dossier = self._open(command.dossier)
        held = [e.DeviceReleased(d) for d in dossier.holding if d is e.Device.PERIPHERALS]
        self._core.record(*held, e.FingerReopened(command.position), dossier=dossier.id)
        return c.Done()

    def release(self, dossier_id: str) -> None:
        with contextlib.suppress(NotAllowed):
            if e.Device.FINGERPRINT in self._core.dossier(dossier_id).holding:
                self._core.record(e.DeviceReleased(e.Device.FINGERPRINT), dossier=dossier_id)

    # ---- look-ups ----------------------------------------------------------------------------

    def _open(self, dossier_id: str) -> Dossier:
        self._core.open_keys()
        dossier = self._core.dossier(dossier_id)
        if dossier.stage is not Stage.IDENTIFIED or Action.CORRECT not in allowed(
            dossier, self._core.policy.capture
        ):
            raise NotAllowed(
                f"fingers in stage {dossier.stage.value}",
                N_("This is not possible in the dossier's present stage."),
            )
        return dossier

    def _at_scanner(self, dossier_id: str) -> Dossier | None:
        dossier = self._core.state.dossiers.get(dossier_id)
        if dossier is None or e.Device.FINGERPRINT not in dossier.holding:
            return None
        return dossier

    def _still(self, dossier_id: str, position: e.Position) -> bool:
        """The operator may have skipped the position or released the device meanwhile."""
        dossier = self._at_scanner(dossier_id)
        return dossier is not None and next_position(dossier, self._core.policy.capture) is position

    @staticmethod
    def _is_taken(dossier: Dossier, position: e.Position) -> bool:
        finger = dossier.fingers.get(position)
        return finger is not None and finger.captured


def _is_about(message: object, position: e.Position) -> bool:
    """A prompt that already asks for this finger (a retry's advice) stays."""
    return getattr(message, "params", {}).get("finger") == position.value
