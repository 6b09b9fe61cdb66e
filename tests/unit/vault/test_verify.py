"""Every way a packet can be wrong is found and named, all at once."""

from __future__ import annotations

import io
import shutil
import zipfile
from pathlib import Path

import msgspec
import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrage import x25519

from controller.vault import packet
from controller.vault.keys import StationKey
from controller.vault.packet import Manifest
from controller.vault.verify import verify
from edge.journal.events import Sealed

from .conftest import DOSSIER, Booth, png
from .forgery import Files, contents, forge, forge_zip, problems, resigned

reused = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)


def test_a_good_packet_is_proven_in_all_points(sealed: Booth, files: Files) -> None:
    report = verify(packet.packet_path(sealed.data, DOSSIER), [sealed.region])
    assert report.passed
    assert not report.notes
    assert [str(finding) for finding in report.good] == [
        "opens with this identity",
        f"signed with station key {sealed.keys.station.id}",
        f"all {len(files)} files have the hashes of the manifest",
        "data.json is of schema 1",
        "tied to row 1 of the journal, which recorded this packet",
    ]


# ---- the file -------------------------------------------------------------------------------


def test_every_flipped_byte_and_every_cut_of_a_small_packet_is_found(booth: Booth) -> None:
    path = booth.seal({"data.json": b"{}", "portrait.png": b""}).path
    whole = path.read_bytes()
    for at in range(len(whole)):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            path.write_bytes(damaged)
            assert len(problems(booth)) == 1, at


@reused
@given(st.data())
def test_any_damage_to_a_packet_is_found(sealed: Booth, data: st.DataObject) -> None:
    whole = packet.packet_path(sealed.data, DOSSIER).read_bytes()
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    del damaged[data.draw(st.integers(0, len(whole))) :]
    if damaged == whole:
        return
    path = sealed.data.parent / f"{DOSSIER}.tram"
    path.write_bytes(damaged)
    assert problems(sealed, path)


@reused
@given(st.data())
def test_any_damage_to_the_zip_inside_is_found_too(sealed: Booth, data: st.DataObject) -> None:
    """A forger can seal to the region as well as the station can."""
    whole = packet.zipped(contents(sealed))
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(
            st.one_of(
                st.integers(0, len(whole) - 1),
                st.integers(len(whole) - 1500, len(whole) - 1),  # the directory
            )
        )
        damaged[at] = data.draw(st.integers(0, 255))
    damaged += data.draw(st.binary(max_size=3))
    if damaged == whole:
        return
    path = sealed.data.parent / f"{DOSSIER}.tram"
    path.write_bytes(pyrage.encrypt(bytes(damaged), [sealed.region.to_public()]))
    found = verify(path, [sealed.region], station_key=sealed.data / "keys/station.pub")
    assert not found.passed


@reused
@given(st.binary(max_size=400))
def test_whatever_is_sealed_to_the_region_is_no_packet(sealed: Booth, content: bytes) -> None:
    path = sealed.data.parent / f"{DOSSIER}.tram"
    path.write_bytes(pyrage.encrypt(content, [sealed.region.to_public()]))
    assert problems(sealed, path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 a zip", "The file is not an age file"),
        (b"age-encryption.org/v1\n-> X25519 ", "It does not open"),
    ],
)
def test_what_is_no_packet_is_told_so(booth: Booth, content: bytes, said: str) -> None:
    path = booth.data / "x.tram"
    path.write_bytes(content)
    assert [problem.startswith(said) for problem in problems(booth, path)] == [True]


def test_a_missing_file_and_a_folder_are_told_so(booth: Booth) -> None:
    assert problems(booth, booth.data / "x.tram") == [
        "The file cannot be read: No such file or directory."
    ]
    assert problems(booth, booth.data) == ["The file cannot be read: Is a directory."]


def test_a_file_too_big_for_a_packet_is_not_read(booth: Booth) -> None:
    path = booth.data / "x.tram"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert problems(booth, path) == ["The file is far too big for a packet."]


def test_a_packet_for_another_region_is_told_so(sealed: Booth) -> None:
    found = verify(packet.packet_path(sealed.data, DOSSIER), [x25519.Identity.generate()])
    assert ["a different key" in str(problem) for problem in found.problems] == [True]


def test_a_zip_that_would_unfold_to_gigabytes_is_not_unfolded(sealed: Booth) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", bytes(10_000_000))
    forge_zip(sealed, buffer.getvalue())
    assert problems(sealed) == [
        "What is inside is not a whole zip (it would unfold to more than it holds)."
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_second_file_of_the_same_name_is_named(sealed: Booth) -> None:
    buffer = io.BytesIO(packet.zipped(contents(sealed)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("data.json", b"{}")
    forge_zip(sealed, buffer.getvalue())
    assert problems(sealed) == [
        "data.json is there twice.",
        "The zip does not have the station's form: something else put it together.",
        "data.json is not what the station sealed: its hash differs.",
    ]


# ---- its files ------------------------------------------------------------------------------


def test_tampered_data_is_named(sealed: Booth) -> None:
    forge(sealed, contents(sealed) | {"data.json": b'{"name":"X"}'})
    assert problems(sealed) == ["data.json is not what the station sealed: its hash differs."]


def test_a_swapped_portrait_is_named(sealed: Booth) -> None:
    forge(sealed, contents(sealed) | {"portrait.png": png(77)})
    assert problems(sealed) == ["portrait.png is not what the station sealed: its hash differs."]


def test_two_swapped_fingers_are_both_named(sealed: Booth) -> None:
    files = contents(sealed)
    left, right = "fingers/left_index.png", "fingers/right_index.png"
    forge(sealed, files | {left: files[right], right: files[left]})
    assert problems(sealed) == [
        f"{left} is not what the station sealed: its hash differs.",
        f"{right} is not what the station sealed: its hash differs.",
    ]


def test_a_removed_finger_is_named(sealed: Booth) -> None:
    files = contents(sealed)
    del files["fingers/left_thumb.png"]
    forge(sealed, files)
    assert problems(sealed) == ["fingers/left_thumb.png is missing, though the manifest lists it."]


def test_an_added_file_is_named(sealed: Booth) -> None:
    forge(sealed, contents(sealed) | {"\x1b[2J.png": b"x"})
    assert problems(sealed) == ["\\x1b[2J.png is there, though the manifest does not list it."]


def test_a_finger_removed_from_the_manifest_too_breaks_the_signature(sealed: Booth) -> None:
    files = contents(sealed)
    del files["fingers/left_thumb.png"]
    manifest = msgspec.json.decode(files["manifest.json"])
    del manifest["files"]["fingers/left_thumb.png"]
    forge(sealed, files | {"manifest.json": msgspec.json.encode(manifest, order="sorted")})
    assert problems(sealed) == [
        "The signature is forged or the manifest was changed "
        f"(station key {sealed.keys.station.id})."
    ]


def test_files_no_packet_has_are_named_even_when_signed(sealed: Booth) -> None:
    files = contents(sealed) | {"setup.exe": b"x"}
    del files["portrait.png"]

    def change(manifest: Manifest) -> Manifest:
        listed = {k: v for k, v in manifest.files.items() if k != "portrait.png"}
        return msgspec.structs.replace(manifest, files=listed | {"setup.exe": "0" * 64})

    forge(sealed, resigned(sealed, files, change))
    assert problems(sealed) == [
        "setup.exe does not belong in a packet.",
        "The manifest does not list portrait.png.",
        "setup.exe is not what the station sealed: its hash differs.",
    ]


def test_all_problems_are_told_at_once(sealed: Booth) -> None:
    files = contents(sealed) | {"data.json": b"{}", "notes.txt": b"", "manifest.sig": bytes(64)}
    del files["fingers/right_thumb.png"]
    forge(sealed, files)
    path = packet.packet_path(sealed.data, DOSSIER)
    renamed = path.rename(path.with_name("TH0417-000999-9.tram"))
    sealed.journal.append(Sealed(packet="0" * 64, size=1, linked_seq=9), dossier=DOSSIER)
    assert [problem.split(" ")[0] for problem in problems(sealed, renamed)] == [
        "The",
        "fingers/right_thumb.png",
        "notes.txt",
        "data.json",
        "The",
        "The",
        "The",
    ]


# ---- its manifest and signature -------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"manifest.json": None}, "manifest.json is missing."),
        ({"manifest.json": b"{"}, "manifest.json is malformed"),
        ({"manifest.json": b"\xff"}, "manifest.json is malformed"),
        ({"manifest.json": b"[1]"}, "manifest.json is malformed"),
        ({"manifest.sig": None}, "manifest.sig is missing."),
        ({"manifest.sig": b""}, "The signature is forged"),
        ({"manifest.sig": bytes(64)}, "The signature is forged"),
    ],
)
def test_a_missing_or_malformed_manifest_or_signature_is_named(
    sealed: Booth, change: dict[str, bytes | None], said: str
) -> None:
    files = contents(sealed) | change
    forge(sealed, {name: data for name, data in files.items() if data is not None})
    assert any(problem.startswith(said) for problem in problems(sealed))


def test_a_newer_schema_is_told_so(sealed: Booth) -> None:
    forge(
        sealed,
        resigned(sealed, contents(sealed), lambda m: msgspec.structs.replace(m, schema=2)),
    )
    assert problems(sealed) == ["The packet has schema 2; this program knows schema 1."]


def forged_by_a_stranger(booth: Booth) -> str:
    """A packet that is right in itself, signed by a key of the forger's; gives that key's id."""
    forger = Ed25519PrivateKey.generate()
    key = StationKey(forger.public_key().public_bytes_raw())
    files = contents(booth)
    manifest = msgspec.json.decode(files["manifest.json"], type=Manifest)
    body = msgspec.json.encode(
        msgspec.structs.replace(manifest, signer=packet.Signer.of(key)), order="sorted"
    )
    forge(booth, files | {"manifest.json": body, "manifest.sig": forger.sign(body)})
    return key.id


def test_a_stranger_s_signature_is_found_out_by_the_station_s_key(sealed: Booth) -> None:
    stranger = forged_by_a_stranger(sealed)
    known = sealed.keys.station.id
    assert problems(sealed) == [
        f"The signature is forged or the manifest was changed (station key {known}).",
        f"The manifest names signer {stranger}; the station's key is {known}.",
    ]


def test_without_a_station_key_the_report_says_what_it_did_not_prove(
    sealed: Booth, tmp_path: Path
) -> None:
    forged_by_a_stranger(sealed)
    alone = shutil.copy(packet.packet_path(sealed.data, DOSSIER), tmp_path)
    report = verify(Path(alone), [sealed.region])
    assert report.passed
    notes = [str(note) for note in report.notes]
    assert [note.startswith("No station key at hand") for note in notes] == [True, False]
    assert notes[1].startswith("No journal at hand")
    trusted = verify(Path(alone), [sealed.region], station_key=sealed.data / "keys/station.pub")
    assert not trusted.passed


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"ed25519 00 11\n"])
def test_an_unusable_station_key_is_a_problem_not_a_crash(
    sealed: Booth, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "other.pub"
    if content is not None:
        path.write_bytes(content)
    assert [
        p.startswith("The station's key cannot be used") for p in problems(sealed, station_key=path)
    ] == [True]


def test_a_packet_under_another_dossier_s_name_is_named(sealed: Booth) -> None:
    path = packet.packet_path(sealed.data, DOSSIER)
    renamed = path.rename(path.with_name("TH0417-000124-5.tram"))
    assert problems(sealed, renamed) == [
        f"The file is named TH0417-000124-5.tram, but holds dossier {DOSSIER}."
    ]
