"""Captures of open dossiers: sealed the moment they are taken, ``vault/<dossier>/<name>.age``.

Each is sealed to the region and to the shift: while an operator is unlocked the station can show
them again and resume after a crash; if the booth never comes back, the region can still open them.
The journal's event names the SHA-256 of the sealed file, so a swapped file is found out.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pyrage
from pyrage import x25519

from controller.vault import durable
from controller.vault.keys import Keys
from edge.journal.events import DossierId
from ground.decode import convert
from ground.error import TramError
from ground.text import N_

SUFFIX = ".age"
_NAME = re.compile(r"(?:[a-z0-9_]+/)?[a-z0-9_]+(?:\.[a-z0-9_]+)+")


class ArtefactUnreadable(TramError):
    """Missing, damaged or swapped; ``dossier`` and ``name`` tell which."""

    def __init__(self, dossier: str, name: str, reason: str) -> None:
        super().__init__(
            f"artefact {name} of {dossier}: {reason}",
            N_("{name} of dossier {dossier} cannot be read ({reason}). Take it again."),
            dossier=dossier,
            name=name,
            reason=reason,
        )
        self.dossier = dossier
        self.name = name


class Artefacts:
    """The vault of a data folder, writable while locked, readable only with ``Keys``.

    Names are lower case with at most one folder: ``data.json``, ``portrait.png``,
    ``fingers/right_thumb.png``. Other names, and dossiers that are not ids, raise ValueError.
    """

    def __init__(self, data: Path, region: x25519.Recipient, shift: x25519.Recipient) -> None:
        self._root = data / "vault"
        self._recipients = [region, shift]

    def put(self, dossier: str, name: str, data: bytes) -> str:
        """Seal ``data`` durably, replacing what had this name; the sealed file's SHA-256 (hex).

        A crash right after may leave the new file with the old digest journaled. Where the old
        one still matters (several tries of a finger), give each its own name.
        """
        sealed = pyrage.encrypt(data, self._recipients)
        durable.write(self._path(dossier, name), sealed)
        return hashlib.sha256(sealed).hexdigest()

    def get(self, dossier: str, name: str, keys: Keys, digest: str | None = None) -> bytes:
        """Open an artefact. With ``digest`` (as journaled), only that very file will do.

        Raises ArtefactUnreadable.
        """
        try:
            sealed = self._path(dossier, name).read_bytes()
        except FileNotFoundError:
            raise ArtefactUnreadable(dossier, name, "missing") from None
        except OSError as error:
            raise ArtefactUnreadable(dossier, name, error.strerror or "unreadable") from None
        if digest is not None and hashlib.sha256(sealed).hexdigest() != digest:
            raise ArtefactUnreadable(dossier, name, "not the file the journal names")
        try:
            return pyrage.decrypt(sealed, [keys.shift])
        except pyrage.DecryptError as error:
            raise ArtefactUnreadable(dossier, name, f"damaged: {error}") from None

    def names(self, dossier: str) -> list[str]:
        """Names of a dossier's artefacts, sorted; empty when it has none."""
        folder = self._folder(dossier)
        return sorted(
            path.relative_to(folder).as_posix().removesuffix(SUFFIX)
            for path in folder.rglob("*" + SUFFIX)
        )

    def dossiers(self) -> list[str]:
        """Dossiers that have a folder in the vault, sorted."""
        if not self._root.is_dir():
            return []
        return sorted(path.name for path in self._root.iterdir() if path.is_dir())

    def discard(self, dossier: str) -> None:
        """Remove a dossier's artefacts; does nothing when there are none.

        Interrupted by a crash it may leave some: do it again for every closed dossier that
        ``dossiers()`` still names at the start.
        """
        folder = self._folder(dossier)
        if folder.is_dir():
            shutil.rmtree(folder)
            durable.flush_folder(self._root)

    def _folder(self, dossier: str) -> Path:
        return self._root / convert(dossier, DossierId)

    def _path(self, dossier: str, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not an artefact's name")
        return self._folder(dossier) / (name + SUFFIX)
