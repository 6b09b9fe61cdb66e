"""Review, confirmation, sealing, and the dossier's end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from controller import commands as c
from controller import stages
from controller.dossier.actions import Action
from controller.dossier.state import Dossier, Outcome, Stage
from controller.rules import allowed, captures_complete, papers_due
from controller.station.captured import written
from controller.station.core import log
from controller.station.means import Means
from controller.station.storage import in_thread
from controller.vault.artefacts import ArtefactUnreadable
from controller.vault.durable import StorageFailed
from controller.vault.packet import JournalLink, PacketSealed, packet_path, seal
from edge.journal import events as e
from ground.error import NotAllowed, TramError
from ground.text import N_

REVIEW = N_("Let the person read everything. If it is right, they press the green button.")
SEALING = N_("Sealing. The papers are printed next.")
NOT_YET = N_("Dossier {dossier} cannot be sealed yet. It is safe and tried again.")
LATE_PRESS_MS = 300
"""A press sooner than this after the review appeared was meant for the person before."""


class Closing:
    def __init__(self, means: Means, capture_class: str) -> None:
        """``capture_class`` says in every packet what the finger images are good for."""
        self._core = means.core
        self._storage = means.storage
        self._signals = means.signals
        self._start = means.tasks.start
        self._capture_class = capture_class
        self._stages = stages.named(means.core.policy.capture.stages)
        self._sealing: set[str] = set()
        self._outbox = self._count_outbox()

    # ---- review ------------------------------------------------------------------------------

    async def start_review(self, command: c.StartReview) -> c.Done:
        core = self._core
        core.open_keys()
        dossier = core.dossier(command.dossier)
        if Action.CONFIRM not in allowed(dossier, core.policy.capture):
            raise NotAllowed(
                "captures incomplete", N_("Portrait or fingers are still missing. Take them first.")
            )
        self.offer_button(dossier)
        return c.Done()

    def offer_button(self, dossier: Dossier) -> None:
        """Give the green button to this dossier if nobody else has it."""
        core = self._core
        if core.state.holder(e.Device.PERIPHERALS) is None and not dossier.holding:
            core.record(e.DeviceTaken(e.Device.PERIPHERALS), dossier=dossier.id)
        core.prompt(dossier.id, REVIEW)

    def reviewable(self, dossier: Dossier) -> bool:
        """Everything is captured: the person may read and confirm it."""
        return self._is_known(dossier) and Action.CONFIRM in allowed(
            dossier, self._core.policy.capture
        )

    def _is_known(self, dossier: Dossier) -> bool:
        """Whose dossier it is: not so when its stored data could not be read after a restart."""
        record = self._core.people.get(dossier.id)
        return record is not None and record.person is not None

    def green_button(self, age_ms: int) -> bool:
        """The green button was pressed ``age_ms`` ago. True when it confirmed a dossier."""
        core = self._core
        dossier = core.state.holder(e.Device.PERIPHERALS)
        if dossier is None or core.keys is None:
            return False
        pressed_at = core.clock.now_ms() - age_ms
        if pressed_at < dossier.holding[e.Device.PERIPHERALS] + LATE_PRESS_MS:
            return False
        return self._confirm(dossier, e.ConfirmedBy.BUTTON)

    async def confirm(self, command: c.Confirm) -> c.Done:
        core = self._core
        core.open_keys()
        dossier = core.dossier(command.dossier)
        if not self._confirm(dossier, command.by):
            raise NotAllowed(
                "cannot be confirmed",
                N_("Portrait or fingers are still missing. Take them first.")
                if self._is_known(dossier)
                else N_("The data of this dossier cannot be read. End it and open a new one."),
            )
        return c.Done()

    def _confirm(self, dossier: Dossier, by: e.ConfirmedBy) -> bool:
        core = self._core
        if not self.reviewable(dossier):
            return False
        assert captures_complete(dossier, core.policy.capture)
        released = [e.DeviceReleased(device) for device in dossier.holding]
        delivery = core.people[dossier.id].delivery
        core.record(*released, e.Confirmed(by, delivery), dossier=dossier.id)
        core.prompt(dossier.id, SEALING)
        self._signals.confirmed()
        return True

    # ---- sealing and closing, called by the supervision whenever the state asks for it ---------

    def tick(self) -> None:
        for dossier in list(self._core.state.dossiers.values()):
            if work := self.step(dossier):
                self._start(work)

    def offer_green_button(self) -> None:
        """The oldest complete dossier gets the free button."""
        core = self._core
        if core.keys is None or core.state.holder(e.Device.PERIPHERALS) is not None:
            return
        for dossier in core.state.dossiers.values():
            if not dossier.holding and self.reviewable(dossier):
                self.offer_button(dossier)
                return

    def step(self, dossier: Dossier) -> Coroutine[Any, Any, None] | None:
        """Do what the dossier's state asks for: print its papers or close it. Sealing takes
        longer: it is given back, to be run beside."""
        core = self._core
        actions = allowed(dossier, core.policy.capture, intake_form=core.policy.papers.intake_form)
        if Action.CLOSE in actions:
            printing = any(job.dossier == dossier.id for job in core.state.jobs.values())
            if not (printing or self._storage.storing(dossier.id)):
                self._close(dossier)
        elif Action.SEAL in actions:
            if self._is_known(dossier) and dossier.id not in self._sealing:
                self._sealing.add(dossier.id)
                return self._seal(dossier)
        elif due := self._papers_not_requested(dossier):
            core.record(*(e.PrintRequested(paper) for paper in due), dossier=dossier.id)
        return None

    def _papers_not_requested(self, dossier: Dossier) -> list[e.Paper]:
        due = papers_due(dossier, intake_form=self._core.policy.papers.intake_form)
        asked = {job.paper for job in self._core.state.jobs.values() if job.dossier == dossier.id}
        return [paper for paper in due if paper not in asked]

    async def _seal(self, dossier: Dossier) -> None:
        core = self._core
        try:
            with core.software(dossier.id):
                link = JournalLink(core.journal.seq, core.journal.hash.hex())
                packet = await in_thread(self._build, dossier, link)
                if dossier.stage is not Stage.CONFIRMED or dossier.outcome is not None:
                    packet.path.unlink()  # the operator ended the dossier meanwhile
                    return
                sealed = e.Sealed(packet.digest, packet.size, link.seq)
                core.record(sealed, dossier=dossier.id)
                self._outbox = self._count_outbox()
        except ArtefactUnreadable as error:
            log.error("sealing %s: %s", dossier.id, error)
            core.notice(error.advice, **error.params)
            core.record(
                e.ConfirmationUndone(), *self._again(dossier, error.name), dossier=dossier.id
            )
        except StorageFailed as error:
            log.error("sealing %s: %s", dossier.id, error)
            self._storage.failed(error)
            core.notice(NOT_YET, dossier=dossier.id)
            await self._storage.returns()
        except TramError as error:
            log.error("sealing %s: %s", dossier.id, error)
            core.notice(error.advice, **error.params)
            core.notice(NOT_YET, dossier=dossier.id)
            await asyncio.sleep(RETRY_S)
        finally:
            self._sealing.discard(dossier.id)
            core.touch()

    def _build(self, dossier: Dossier, link: JournalLink) -> PacketSealed:
        """Runs in a thread: read the artefacts, zip, sign, seal, write."""
        core = self._core
        keys = core.open_keys()
        files = {"data.json": self._data(dossier)}
        for stage in self._stages:
            for kept in stage.kept(dossier):
                files[kept.file] = core.artefacts.get(dossier.id, kept.name, keys, kept.sealed)
        return seal(
            dossier.id,
            files,
            link,
            core.config.station.code,
            keys,
            core.data,
            capture_class=self._capture_class,
            created_ms=core.clock.now_ms(),
        )

    def _again(self, dossier: Dossier, artefact: str) -> list[e.Body]:
        """What has to be captured again when ``artefact`` is lost. Identities are not captures."""
        every = [kept for stage in self._stages for kept in stage.kept(dossier)]
        return [kept.again for kept in every if kept.name == artefact]

    def _data(self, dossier: Dossier) -> bytes:
        site, record = self._core.config.station, self._core.people[dossier.id]
        return written(dossier, record, site, self._stages, self._capture_class)

    def _close(self, dossier: Dossier) -> None:
        core = self._core
        software_ms = round(core.software_s[dossier.id] * 1000)
        core.record(e.DossierClosed(min(software_ms, 9_999_999)), dossier=dossier.id)
        core.forget(dossier.id)
        self._discard(dossier.id)

    def _discard(self, dossier_id: str) -> None:
        """What cannot be removed now is tried again at the next start: it is sealed."""
        try:
            self._core.artefacts.discard(dossier_id)
        except OSError as error:
            log.error("discarding %s: %s", dossier_id, error.strerror)

    def sweep(self) -> None:
        """At the start: what a crash left of dossiers that are closed."""
        core = self._core
        for dossier_id in core.artefacts.dossiers():
            if dossier_id not in core.state.dossiers:
                self._discard(dossier_id)
        for ended in core.state.ended:
            if ended.outcome is not Outcome.SEALED:  # ended while its packet was being written
                packet_path(core.data, ended.id).unlink(missing_ok=True)

    def outbox(self) -> int:
        """Packets waiting for their receipt."""
        return self._outbox

    def _count_outbox(self) -> int:
        folder = packet_path(self._core.data, "XX0000-000000-0").parent
        return sum(1 for _ in folder.glob("*.tram")) if folder.is_dir() else 0


RETRY_S = 5.0
