"""Captures of open dossiers: sealed, whole, found again, discarded."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import threading
from concurrent.futures import ThreadPoolExecutor

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrage import x25519

from controller.vault import durable
from controller.vault.artefacts import ArtefactUnreadable
from controller.vault.durable import StorageFailed
from ground.decode import Malformed

from .conftest import DOSSIER, Booth, png

PORTRAIT = "portrait.png"
THUMB = "fingers/right_thumb.png"


def test_what_is_put_is_got_back_and_its_digest_is_the_sealed_file_s(booth: Booth) -> None:
    digest = booth.artefacts.put(DOSSIER, THUMB, png(1))
    sealed = (booth.data / "vault" / DOSSIER / f"{THUMB}.age").read_bytes()
    assert hashlib.sha256(sealed).hexdigest() == digest
    assert booth.artefacts.get(DOSSIER, THUMB, booth.keys, digest) == png(1)


def test_nobody_else_opens_it(booth: Booth) -> None:
    booth.artefacts.put(DOSSIER, PORTRAIT, png(2))
    sealed = (booth.data / "vault" / DOSSIER / f"{PORTRAIT}.age").read_bytes()
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [x25519.Identity.generate()])


def test_a_dossier_lists_its_artefacts_and_the_vault_its_dossiers(booth: Booth) -> None:
    assert booth.artefacts.dossiers() == []
    for name in ("data.json", PORTRAIT, THUMB, "fingers/right_index.2.png"):
        booth.artefacts.put(DOSSIER, name, b"x")
    booth.artefacts.put("TH0417-000124-5", PORTRAIT, b"y")
    assert booth.artefacts.names(DOSSIER) == [
        "data.json",
        "fingers/right_index.2.png",
        THUMB,
        PORTRAIT,
    ]
    assert booth.artefacts.dossiers() == [DOSSIER, "TH0417-000124-5"]


def test_discarding_takes_one_dossier_and_may_be_repeated(booth: Booth) -> None:
    booth.artefacts.put(DOSSIER, THUMB, b"x")
    booth.artefacts.put("TH0417-000124-5", PORTRAIT, b"y")
    for _ in range(2):
        booth.artefacts.discard(DOSSIER)
        assert booth.artefacts.dossiers() == ["TH0417-000124-5"]
        assert booth.artefacts.names(DOSSIER) == []


def test_a_missing_artefact_is_named(booth: Booth) -> None:
    with pytest.raises(ArtefactUnreadable, match=f"{PORTRAIT} of {DOSSIER}: missing") as raised:
        booth.artefacts.get(DOSSIER, PORTRAIT, booth.keys)
    assert (raised.value.dossier, raised.value.name) == (DOSSIER, PORTRAIT)


def test_a_swapped_artefact_is_found_out_by_the_journaled_digest(booth: Booth) -> None:
    digest = booth.artefacts.put(DOSSIER, PORTRAIT, png(2))
    booth.artefacts.put(DOSSIER, PORTRAIT, png(3))
    with pytest.raises(ArtefactUnreadable, match="not the file the journal names"):
        booth.artefacts.get(DOSSIER, PORTRAIT, booth.keys, digest)


def test_every_cut_and_every_flipped_byte_of_an_artefact_is_found(booth: Booth) -> None:
    booth.artefacts.put(DOSSIER, THUMB, b"ridges")
    path = booth.data / "vault" / DOSSIER / f"{THUMB}.age"
    whole = path.read_bytes()
    flipped = (
        whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
        for at in range(len(whole))
        for bit in (0x01, 0x80)
    )
    cut = (whole[:length] for length in range(len(whole)))
    for damaged in (*flipped, *cut, whole + b"\n"):
        path.write_bytes(damaged)
        with pytest.raises(ArtefactUnreadable, match=f"{THUMB} of {DOSSIER}: damaged"):
            booth.artefacts.get(DOSSIER, THUMB, booth.keys)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(max_size=30))
def test_no_name_leads_out_of_the_dossier_s_folder(booth: Booth, name: str) -> None:
    try:
        booth.artefacts.put(DOSSIER, name, b"x")
    except ValueError:
        return
    folder = booth.data / "vault" / DOSSIER
    assert (folder / f"{name}.age").resolve().is_relative_to(folder)


@pytest.mark.parametrize("name", ["../x.png", "/etc/x.png", "a/b/c.png", ".x.png", "x.png/", "x"])
def test_odd_names_are_refused(booth: Booth, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        booth.artefacts.put(DOSSIER, name, b"x")


@pytest.mark.parametrize("dossier", ["", "..", "../TH0417-000123-7", "th0417-000123-7"])
def test_odd_dossiers_are_refused(booth: Booth, dossier: str) -> None:
    with pytest.raises(Malformed, match="not a str"):
        booth.artefacts.put(dossier, PORTRAIT, b"x")
    with pytest.raises(Malformed, match="not a str"):
        booth.artefacts.discard(dossier)


def test_a_disk_that_refuses_keeps_the_old_artefact_and_says_so(booth: Booth) -> None:
    digest = booth.artefacts.put(DOSSIER, PORTRAIT, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # the kernel refuses longer files
    try:
        with pytest.raises(StorageFailed, match=r"portrait\.png\.age: File too large"):
            booth.artefacts.put(DOSSIER, PORTRAIT, bytes(8192))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert booth.artefacts.get(DOSSIER, PORTRAIT, booth.keys, digest) == b"old"
    assert not list(booth.data.rglob("*.tmp"))


def test_of_two_writes_of_one_name_one_is_there_whole(booth: Booth) -> None:
    """Nobody should; where somebody does, neither fails and neither spoils the other."""
    together = threading.Barrier(2)

    def put(data: bytes) -> str:
        together.wait()
        return booth.artefacts.put(DOSSIER, PORTRAIT, data)

    for number in range(20):
        with ThreadPoolExecutor(2) as threads:
            digests = set(threads.map(put, (b"%d a" % number, b"%d b" % number)))
        sealed = (booth.data / "vault" / DOSSIER / f"{PORTRAIT}.age").read_bytes()
        assert hashlib.sha256(sealed).hexdigest() in digests
    assert not list(booth.data.rglob("*.tmp"))


@pytest.mark.parametrize(
    ("error", "advice"),
    [(errno.ENOSPC, "is full"), (errno.EDQUOT, "is full"), (errno.EIO, "refused")],
)
def test_a_full_disk_is_told_from_a_broken_one(
    booth: Booth, monkeypatch: pytest.MonkeyPatch, error: int, advice: str
) -> None:
    def refuses(descriptor: int) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "fsync", refuses)
    with pytest.raises(StorageFailed) as refused:
        booth.artefacts.put(DOSSIER, PORTRAIT, b"x")
    assert advice in refused.value.advice
    assert not list(booth.data.rglob("*.tmp"))


def test_a_vault_that_is_no_folder_is_reported(booth: Booth) -> None:
    (booth.data / "vault").write_bytes(b"")
    with pytest.raises(StorageFailed):
        booth.artefacts.put(DOSSIER, PORTRAIT, b"x")


def test_sweeping_removes_only_leftovers(booth: Booth) -> None:
    booth.artefacts.put(DOSSIER, THUMB, b"x")
    torn = (f"vault/{DOSSIER}/fingers/left_thumb.png.age", "keys/shift.pub", "roster.age")
    for leftover in (f"{name}.tmp" for name in torn):
        (booth.data / leftover).write_bytes(b"half")
    assert durable.sweep(booth.data) == len(torn)
    assert booth.artefacts.names(DOSSIER) == [THUMB]
    assert durable.sweep(booth.data) == 0
