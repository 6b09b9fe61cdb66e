"""The document scanner: every scan goes to the dossier that holds it."""

from __future__ import annotations

from controller.devices.ports import DocumentScanner
from controller.station.core import log
from controller.station.means import Means
from controller.vault.durable import StorageFailed
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from ground.error import TramError
from ground.text import N_


class Scanning:
    def __init__(self, means: Means) -> None:
        self._core = means.core
        self._storage = means.storage
        self._identification = means.identification

    async def run(self, scanner: DocumentScanner) -> None:
        """For ever: every scan goes to the dossier that holds the scanner."""
        async for scan in scanner.scans():
            holder = self._core.state.holder(e.Device.SCANNER)
            if holder is None:
                self._core.notice(N_("A card was scanned, but nobody is being identified."))
                continue
            try:
                self._identification.scanned(holder.id, scan, e.IdentitySource.QR_SCANNER)
            except TramError as error:
                log.info("scan for %s: %s", holder.id, error)
                self._core.prompt(holder.id, error.advice, **error.params)
                if isinstance(error, StorageFailed | DiskRefuses):
                    self._storage.failed(error)
