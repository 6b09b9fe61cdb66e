"""At the pad: one signature, and the person goes on."""

from __future__ import annotations

from typing import Protocol

from controller.devices.ports import Adapter
from controller.fault import DeviceFault
from controller.station.means import Means
from controller.station.serving import Serving
from edge.journal import events as e
from tests.system.stages.signature.stage import PAD, SignatureTaken, signature_name

SIGN_HERE = "Ask the person to sign on the pad."
LEAST_INK = 5


class Pad(Adapter, Protocol):
    async def sign(self) -> tuple[bytes, int]:
        """A picture (PNG), and how much of the pad is inked, 0…100. Raises DeviceFault."""
        ...


class Work(Serving):
    def __init__(self, pad: Pad, means: Means) -> None:
        self._pad = pad
        self._core = means.core
        self._storage = means.storage

    async def run(self, dossier_id: str, previous: str | None) -> None:
        core = self._core
        core.prompt(dossier_id, SIGN_HERE)
        released = e.DeviceReleased(PAD)
        try:
            picture, ink = await self._pad.sign()
        except DeviceFault:
            core.record(released, dossier=dossier_id)
            return
        if ink < LEAST_INK:
            core.record(released, dossier=dossier_id)
            return
        number = core.dossier(dossier_id).captures_no.get("signature", 0) + 1
        name = signature_name(number)
        sealed = await self._storage.keep(dossier_id, core.artefacts.put, dossier_id, name, picture)
        core.record(SignatureTaken(ink, sealed), released, dossier=dossier_id)
