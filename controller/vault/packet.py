"""A closed dossier becomes one file for the region: ``outbox/<dossier>.tram``.

age (https://age-encryption.org/v1), sealed to the region alone, around a zip of ``manifest.json``,
``manifest.sig``, ``data.json`` and what the stages took, such as ``portrait.png``. The manifest
holds the SHA-256 of every file and names a row of the station's journal by seq and hash, which ties
the packet to the station's history; ``manifest.sig`` is the station's Ed25519 signature over its
bytes.

By hand: ``age -d -i region.key X.tram > X.zip && unzip X.zip``.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import pyrage
from msgspec import Meta

from controller import stages
from controller.vault import durable
from controller.vault.keys import Keys, StationKey, region_recipient
from edge.journal.events import Digest, DossierId, Seq
from ground.decode import convert

SCHEMA = 1
MANIFEST, SIGNATURE, DATA = "manifest.json", "manifest.sig", "data.json"
SUFFIX = ".tram"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""Earliest time a zip can hold: the manifest's ``created`` is the one that counts."""


class JournalLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the station's journal."""

    seq: Seq
    hash: Annotated[Digest, Meta(description="The row's chain hash (SHA-256), hex")]


class Signer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose signature ``manifest.sig`` claims to be."""

    id: Annotated[str, Meta(description="Of the key, as station.pub has it")]
    public: Annotated[Digest, Meta(description="Ed25519 public key (RFC 8032), hex")]

    @classmethod
    def of(cls, key: StationKey) -> Signer:
        return cls(key.id, key.public.hex())


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the packet holds and whose it is. Keys sorted, no spaces, UTF-8: manifest.sig is over
    these bytes."""

    schema: Annotated[int, Meta(description="Version of manifest.json")]
    dossier: DossierId
    station: Annotated[str, Meta(description="Code of the booth")]
    created: Annotated[str, Meta(description="When it was sealed, UTC to the second (RFC 3339)")]
    capture_class: Annotated[
        str,
        Meta(description='What the finger images are good for; "none" without a finger scanner'),
    ]
    journal: Annotated[
        JournalLink, Meta(description="The newest row before this packet was sealed")
    ]
    signer: Signer
    files: Annotated[
        dict[str, Digest],
        Meta(description="SHA-256 of every file but the manifest and its signature, hex, by name"),
    ]


@dataclass(frozen=True)
class PacketSealed:
    """``digest`` (SHA-256, hex) and ``size`` (bytes) are of the sealed file."""

    path: Path
    digest: str
    size: int


def seal(
    dossier: str,
    files: Mapping[str, bytes],
    link: JournalLink,
    station: str,
    keys: Keys,
    data: Path,
    *,
    capture_class: str,
    created_ms: int,
) -> PacketSealed:
    """Write ``data/outbox/<dossier>.tram`` durably; again for the same dossier replaces it.

    ``files``: ``data.json`` and what the stages took, by name in the packet.
    ``capture_class`` says what the finger images are good for (``FingerprintScanner``'s own).
    ``created_ms``: wall time, ms UTC.
    Raises ValueError on other or missing files or no dossier's id, KeysUnusable, StorageFailed.
    """
    if not set(required()) <= files.keys() <= belonging():
        raise ValueError(f"a packet holds {', '.join(required())} and what else the stages took")
    path = packet_path(data, dossier)
    manifest = Manifest(
        schema=SCHEMA,
        dossier=dossier,
        station=station,
        created=datetime.fromtimestamp(created_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        capture_class=capture_class,
        journal=link,
        signer=Signer.of(keys.station),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )
    content = zipped(manifest_files(manifest, keys) | dict(files))
    sealed = pyrage.encrypt(content, [region_recipient(data)])
    durable.write(path, sealed)
    return PacketSealed(path, hashlib.sha256(sealed).hexdigest(), len(sealed))


def required() -> tuple[str, ...]:
    """Files that no packet is without."""
    return (DATA, *(name for stage in stages.registered() for name in stage.required))


def belonging() -> frozenset[str]:
    """Files that a packet may hold beside the manifest and its signature: those of every stage
    that this program knows. Which of them a booth takes is its own affair."""
    return frozenset({DATA, *(name for stage in stages.registered() for name in stage.files)})


def packet_path(data: Path, dossier: str) -> Path:
    """Where a dossier's packet lies. Raises ValueError when ``dossier`` is not an id."""
    return data / "outbox" / (convert(dossier, DossierId) + SUFFIX)


def manifest_files(manifest: Manifest, keys: Keys) -> dict[str, bytes]:
    """The manifest's canonical bytes and the station's signature over them."""
    body = msgspec.json.encode(manifest, order="sorted")
    return {MANIFEST: body, SIGNATURE: keys.sign(body)}


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The one zip of ``files``: manifest first, the rest by name, stored (PNGs do not shrink),
    with a fixed time. Being the only form, it leaves no room for bytes nobody signed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=lambda name: (name not in (MANIFEST, SIGNATURE), name)):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
