"""What a forger can do who has the region's public key and the outbox."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pyrage

from controller.vault import packet
from controller.vault.packet import Manifest
from controller.vault.verify import verify
from edge.journal.events import Sealed

from .conftest import DOSSIER, Booth

Files = dict[str, bytes]


def problems(booth: Booth, path: Path | None = None, **places: Path) -> list[str]:
    found = verify(path or packet.packet_path(booth.data, DOSSIER), [booth.region], **places)
    assert found.passed == (not found.problems)
    return [str(problem) for problem in found.problems]


def contents(booth: Booth) -> Files:
    """The open packet's files, manifest and signature included."""
    sealed = packet.packet_path(booth.data, DOSSIER).read_bytes()
    with zipfile.ZipFile(io.BytesIO(pyrage.decrypt(sealed, [booth.region]))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def forge(booth: Booth, files: Mapping[str, bytes]) -> None:
    """Put a packet of ``files`` into the outbox, as anybody with the region's recipient can, and
    have the journal record it, so that only its content can give it away."""
    forge_zip(booth, packet.zipped(files))


def forge_zip(booth: Booth, content: bytes) -> None:
    sealed = pyrage.encrypt(content, [booth.region.to_public()])
    packet.packet_path(booth.data, DOSSIER).write_bytes(sealed)
    digest = hashlib.sha256(sealed).hexdigest()
    # Row 1 is what the packet of the fixture was tied to.
    recorded = Sealed(packet=digest, size=len(sealed), linked_seq=1)
    booth.journal.append(recorded, dossier=DOSSIER)


def resigned(booth: Booth, files: Files, change: Callable[[Manifest], Manifest]) -> Files:
    """``files`` with a changed manifest, signed by the station all the same."""
    manifest = change(msgspec.json.decode(files["manifest.json"], type=Manifest))
    return files | packet.manifest_files(manifest, booth.keys)
