"""Whoever has a key opens what the vault wrote with the ordinary programs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pty
import secrets
import subprocess
import zipfile
from pathlib import Path

import pyrage

from controller.vault import packet, passphrase
from tests.unit.vault.conftest import DOSSIER, PASSPHRASE, Booth, png

PORTRAIT = "portrait.png"


def opened(booth: Booth, sealed: packet.PacketSealed) -> bytes:
    """What the ``age`` program makes of it with the region's key."""
    done = subprocess.run(
        ["age", "-d", "-i", booth.region_key, sealed.path], capture_output=True, check=True
    )
    return done.stdout


def test_the_age_program_and_any_unzip_give_the_captures_back(
    booth: Booth, files: dict[str, bytes]
) -> None:
    sealed = booth.seal(files)
    assert sealed.path == booth.data / "outbox" / f"{DOSSIER}.tram"
    content = sealed.path.read_bytes()
    assert (sealed.size, sealed.digest) == (len(content), hashlib.sha256(content).hexdigest())
    with zipfile.ZipFile(io.BytesIO(opened(booth, sealed))) as archive:
        assert archive.namelist()[:2] == ["manifest.json", "manifest.sig"]
        assert set(archive.namelist()[2:]) == files.keys()
        assert all(archive.read(name) == files[name] for name in files)


def test_the_age_program_opens_an_artefact_with_the_region_s_and_with_the_shift_s_key(
    booth: Booth, tmp_path: Path
) -> None:
    booth.artefacts.put(DOSSIER, PORTRAIT, png(2))
    shift = tmp_path / "shift.key"
    shift.write_text(str(booth.keys.shift))
    for identity in (booth.region_key, shift):
        sealed = booth.data / "vault" / DOSSIER / f"{PORTRAIT}.age"
        done = subprocess.run(["age", "-d", "-i", identity, sealed], capture_output=True)
        assert done.stdout == png(2), done.stderr


def test_the_age_program_reads_the_bundle_s_form(booth: Booth) -> None:
    """It asks for the passphrase on a terminal, so here it only gets as far as asking."""
    done = subprocess.run(
        ["age", "-d", booth.data / "keys/operators/OP1.age"],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert b"passphrase" in done.stderr


def test_the_age_program_opens_a_bundle_with_its_passphrase(booth: Booth) -> None:
    """On a terminal of its own."""
    command = ["age", "-d", str(booth.data / "keys/operators/OP1.age")]
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    said = b""
    with contextlib.suppress(OSError), open(terminal, "r+b", buffering=0) as screen:  # EIO: its end
        while more := screen.read(1024):
            said += more
            if said.endswith(b": ") and PASSPHRASE.encode() not in said:
                screen.write(PASSPHRASE.encode() + b"\n")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, said
    assert booth.keys.bundle("OP1") in said


def test_two_readers_of_age_files_open_each_other_s(booth: Booth) -> None:
    secret = secrets.token_bytes(700)
    assert pyrage.passphrase.decrypt(passphrase.seal(secret, PASSPHRASE), PASSPHRASE) == secret
    theirs = pyrage.passphrase.encrypt(secret, PASSPHRASE)
    assert passphrase.unseal(theirs, PASSPHRASE).secret == secret
