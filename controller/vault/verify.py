"""Is a packet what its station sealed? Every problem at once, in words.

From the outside in: it opens with the region's identity, is the one zip of its files, the manifest
carries the station's signature, every file has the SHA-256 its manifest says and no other is there,
``data.json`` is of its schema, and the station's journal (when at hand) has the row the manifest
names and recorded this packet.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyrage
from pyrage import x25519

from controller.vault import packet as form
from controller.vault.keys import KeysUnusable, StationKey, read_station_key
from controller.vault.link import check_journal
from controller.vault.report import Report, shown
from controller.vault.schema import check_data
from ground.decode import Malformed, from_json
from ground.text import N_, P_

WHOLE = P_(
    "the {n} file has the hash of the manifest", "all {n} files have the hashes of the manifest"
)
MAX_BYTES = 64 * 1024 * 1024
"""A packet is about 1 MB; more than this is not one, and is not read into memory."""

_ZIP_ERRORS = (
    zipfile.BadZipFile,
    EOFError,  # an entry's offset points beyond the end
    NotImplementedError,  # a version or flag zipfile does not know
    OSError,
    RuntimeError,  # marked as encrypted
    ValueError,
    struct.error,
)
"""What zipfile raises for bytes that are not a zip, found by damaging zips at random."""
_manifest_of = from_json(form.Manifest)


def verify(
    packet: Path,
    identity: Sequence[x25519.Identity],
    *,
    station_key: Path | None = None,
    journal: Path | None = None,
) -> Report:
    """Check ``packet``. Never raises for what is in it or in the files beside it.

    ``station_key``: a ``station.pub`` got from a trusted place; else the one beside the packet's
    outbox. ``journal``: the station's; else the ``journal.db`` beside the outbox; else none.
    """
    report = Report()
    beside = packet.absolute().parent.parent
    if (sealed := _read(packet, report)) is None:
        return report
    if (content := _open(sealed, identity, report)) is None:
        return report
    if (files := _unzip(content, report)) is None:
        return report
    manifest = _manifest(files, report)
    if station_key is None and (beside / "keys" / "station.pub").is_file():
        station_key = beside / "keys" / "station.pub"
    _check_signature(files, manifest, station_key, report)
    if manifest is None:
        return report
    _check_files(files, manifest, report)
    data = files.get(form.DATA, b"")
    if hashlib.sha256(data).hexdigest() == manifest.files.get(form.DATA):
        check_data(data, manifest, report)
    if packet.name != manifest.dossier + form.SUFFIX:
        report.wrong(
            N_("The file is named {name}, but holds dossier {dossier}."),
            name=shown(packet.name),
            dossier=manifest.dossier,
        )
    if journal is None and (beside / "journal.db").is_file():
        journal = beside / "journal.db"
    if journal is None:
        report.note(N_("No journal at hand: not checked that the station recorded this packet."))
    else:
        check_journal(sealed, manifest, journal, report)
    return report


def _read(packet: Path, report: Report) -> bytes | None:
    try:
        if packet.stat().st_size > MAX_BYTES:
            report.wrong(N_("The file is far too big for a packet."))
            return None
        sealed = packet.read_bytes()
    except OSError as error:
        report.wrong(N_("The file cannot be read: {reason}."), reason=error.strerror)
        return None
    if not sealed:
        report.wrong(N_("The file is empty."))
        return None
    return sealed


def _open(sealed: bytes, identity: Sequence[x25519.Identity], report: Report) -> bytes | None:
    if not sealed.startswith(b"age-encryption.org/v1\n"):
        report.wrong(
            N_("The file is not an age file: it is not a packet, or its start is damaged.")
        )
        return None
    try:
        content = pyrage.decrypt(sealed, list(identity))
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            report.wrong(
                N_("It is sealed to a different key than this identity's, or its head is damaged.")
            )
        else:
            report.wrong(
                N_("It does not open: bytes were changed or are missing ({reason})."),
                reason=str(error),
            )
        return None
    report.proven(N_("opens with this identity"))
    return content


def _unzip(content: bytes, report: Report) -> dict[str, bytes] | None:
    files: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries) or (
                sum(entry.file_size for entry in entries) > len(content)
            ):
                # Compressed or overlapping entries could unfold to gigabytes.
                raise zipfile.BadZipFile("it would unfold to more than it holds")
            for entry in entries:
                if entry.filename in files:
                    report.wrong(N_("{name} is there twice."), name=shown(entry.filename))
                files[entry.filename] = archive.read(entry)
    except _ZIP_ERRORS as error:
        report.wrong(N_("What is inside is not a whole zip ({reason})."), reason=shown(str(error)))
        return None
    if form.zipped(files) != content:
        report.wrong(
            N_("The zip does not have the station's form: something else put it together.")
        )
    return files


def _manifest(files: Mapping[str, bytes], report: Report) -> form.Manifest | None:
    if form.MANIFEST not in files:
        report.wrong(N_("manifest.json is missing."))
        return None
    try:
        manifest = _manifest_of(files[form.MANIFEST])
    except Malformed as error:
        reason = shown(str(error.__cause__))
        report.wrong(N_("manifest.json is malformed: {reason}."), reason=reason)
        return None
    if manifest.schema != form.SCHEMA:
        report.wrong(
            N_("The packet has schema {found}; this program knows schema {known}."),
            found=manifest.schema,
            known=form.SCHEMA,
        )
    return manifest


def _check_files(files: Mapping[str, bytes], manifest: form.Manifest, report: Report) -> None:
    before = len(report.problems)
    for name in sorted(manifest.files.keys() - files.keys()):
        report.wrong(N_("{name} is missing, though the manifest lists it."), name=shown(name))
    for name in sorted(files.keys() - manifest.files.keys() - {form.MANIFEST, form.SIGNATURE}):
        report.wrong(N_("{name} is there, though the manifest does not list it."), name=shown(name))
    for name in sorted(manifest.files.keys() - form.belonging()):
        report.wrong(N_("{name} does not belong in a packet."), name=shown(name))
    for name in form.required():
        if name not in manifest.files:
            report.wrong(N_("The manifest does not list {name}."), name=name)
    for name in sorted(manifest.files.keys() & files.keys()):
        if hashlib.sha256(files[name]).hexdigest() != manifest.files[name]:
            report.wrong(N_("{name} is not what the station sealed: its hash differs."), name=name)
    if len(report.problems) == before:
        report.proven(
            WHOLE,
            n=len(manifest.files),
        )


def _check_signature(
    files: Mapping[str, bytes],
    manifest: form.Manifest | None,
    station_key: Path | None,
    report: Report,
) -> None:
    key: StationKey | None = None
    if station_key is not None:
        try:
            key = read_station_key(station_key)
        except KeysUnusable as error:
            report.wrong(N_("The station's key cannot be used: {reason}."), reason=str(error))
    elif manifest is not None:
        key = StationKey(bytes.fromhex(manifest.signer.public))
        report.note(
            N_(
                "No station key at hand: the signature was checked with the key inside the packet. "
                "That proves that its parts belong together, not which station made it."
            )
        )
    if form.SIGNATURE not in files:
        report.wrong(N_("manifest.sig is missing."))
    elif key is not None and form.MANIFEST in files:
        if not key.verifies(files[form.SIGNATURE], files[form.MANIFEST]):
            report.wrong(
                N_("The signature is forged or the manifest was changed (station key {id})."),
                id=key.id,
            )
        else:
            report.proven(N_("signed with station key {id}"), id=key.id)
    if key is not None and manifest is not None and manifest.signer != form.Signer.of(key):
        report.wrong(
            N_("The manifest names signer {found}; the station's key is {known}."),
            found=shown(manifest.signer.id),
            known=key.id,
        )
