"""The packet of a closed dossier: one file that the standard tools open."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pyrage
import pytest
from pyrage import x25519

from controller.vault import packet
from controller.vault.verify import verify
from ground.decode import Malformed

from .conftest import DOSSIER, STATION, Booth, png


def opened(booth: Booth, sealed: packet.PacketSealed) -> bytes:
    """What the region's key makes of it."""
    return pyrage.decrypt(sealed.path.read_bytes(), [booth.region])


def test_the_manifest_says_all_that_the_region_needs(booth: Booth, files: dict[str, bytes]) -> None:
    sealed = booth.seal(files)
    with zipfile.ZipFile(io.BytesIO(opened(booth, sealed))) as archive:
        body, signature = archive.read("manifest.json"), archive.read("manifest.sig")
    manifest = json.loads(body)
    linked = booth.journal.seq - 1
    assert manifest == {
        "schema": 1,
        "dossier": DOSSIER,
        "station": STATION,
        "created": "2025-10-09T08:53:20Z",
        "capture_class": "single-finger-192x192-508dpi-4bit",
        "journal": {"seq": linked, "hash": manifest["journal"]["hash"]},
        "signer": {"id": booth.keys.station.id, "public": booth.keys.station.public.hex()},
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in files},
    }
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert body == canonical.encode()
    assert booth.keys.station.verifies(signature, body)


def test_only_the_region_opens_it(booth: Booth, files: dict[str, bytes]) -> None:
    content = booth.seal(files).path.read_bytes()
    for identity in (booth.keys.shift, x25519.Identity.generate()):
        with pytest.raises(pyrage.DecryptError, match="No matching keys"):
            pyrage.decrypt(content, [identity])


def test_sealing_again_replaces_the_packet_and_the_journal_s_last_word_counts(
    booth: Booth, files: dict[str, bytes]
) -> None:
    first = booth.seal(files)
    second = booth.seal(files | {"portrait.png": png(99)})
    assert first.path == second.path
    assert first.digest != second.digest
    assert [path.name for path in (booth.data / "outbox").iterdir()] == [f"{DOSSIER}.tram"]
    assert verify(second.path, [booth.region]).passed


def test_the_zip_of_given_files_is_the_same_on_every_python() -> None:
    made = packet.zipped({"portrait.png": b"2", "data.json": b"1", "manifest.json": b"0"})
    assert zipfile.ZipFile(io.BytesIO(made)).namelist() == [
        "manifest.json",
        "data.json",
        "portrait.png",
    ]
    # Verification rebuilds the zip: were this to change, packets on their way would be refused.
    assert hashlib.sha256(made).hexdigest() == (
        "9506bca0c68f24106ecd672ea1a68859a0cc816f32889d81a01e13e09b364a87"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"portrait.png": None},
        {"data.json": None},
        {"fingers/left_toe.png": b"x"},
        {"notes.txt": b"x"},
        {"manifest.json": b"{}"},
    ],
)
def test_a_packet_with_other_or_missing_files_is_never_made(
    booth: Booth, files: dict[str, bytes], change: dict[str, bytes | None]
) -> None:
    changed = {name: data for name, data in (files | change).items() if data is not None}
    with pytest.raises(ValueError, match="a packet holds"):
        booth.seal(changed)
    assert not (booth.data / "outbox").exists()


def test_a_dossier_cannot_name_another_folder(booth: Booth, files: dict[str, bytes]) -> None:
    link = packet.JournalLink(1, "0" * 64)
    with pytest.raises(Malformed):
        packet.seal(
            "../x", files, link, STATION, booth.keys, booth.data, capture_class="", created_ms=0
        )
