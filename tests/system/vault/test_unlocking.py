"""What a passphrase opens, through the real scrypt in its process, and what a thief finds."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
import traceback
import unicodedata
from pathlib import Path

import pytest
from pyrage import x25519

from controller.vault import keys as vault_keys
from controller.vault import passphrase
from controller.vault.keys import Keys, KeysUnusable, WrongPassphrase
from tests.busy import busy
from tests.unit.vault.conftest import NUMBER, PASSPHRASE, Booth


def work(bundle: Path) -> int:
    """log2 of the work that a thief has with each guess."""
    stanza = re.search(rb"-> scrypt \S+ (\d+)\n", bundle.read_bytes())
    assert stanza
    return int(stanza[1])


def test_a_second_operator_unlocks_the_same_keys(booth: Booth) -> None:
    vault_keys.add_operator(booth.data, booth.keys, "OP22", "một câu khác hẳn")
    opened = vault_keys.unlock(booth.data, "OP22", "một câu khác hẳn")
    assert opened.operator == "OP22"
    assert str(opened.shift) == str(booth.keys.shift)
    assert opened.station == booth.keys.station == vault_keys.station_key(booth.data)
    assert opened.person_digest(NUMBER) == booth.keys.person_digest(NUMBER)


def test_a_wrong_passphrase_and_an_unknown_operator_look_the_same(booth: Booth) -> None:
    with pytest.raises(WrongPassphrase) as wrong:
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE + "x")
    with pytest.raises(WrongPassphrase) as unknown:
        vault_keys.unlock(booth.data, "OP999", PASSPHRASE)
    assert wrong.value.args == unknown.value.args
    assert wrong.value.advice == unknown.value.advice
    assert PASSPHRASE not in "".join(traceback.format_exception(wrong.value))


def test_a_passphrase_typed_with_another_input_method_is_the_same(booth: Booth) -> None:
    decomposed = unicodedata.normalize("NFD", PASSPHRASE)
    assert decomposed != PASSPHRASE
    assert vault_keys.unlock(booth.data, "OP1", decomposed).operator == "OP1"


@pytest.mark.parametrize("damage", [b"", b"age-encryption.org/v1\n", b"\xff\xfe", b"\x00" * 300])
def test_a_damaged_bundle_is_not_called_a_wrong_passphrase(booth: Booth, damage: bytes) -> None:
    (booth.data / "keys/operators/OP1.age").write_bytes(damage)
    with pytest.raises(KeysUnusable, match=r"OP1\.age"):
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE)


def test_a_bundle_that_asks_for_more_work_than_any_booth_has_is_refused_at_once(
    booth: Booth,
) -> None:
    path = booth.data / "keys/operators/OP1.age"
    path.write_bytes(re.sub(rb"(-> scrypt \S+) \d+", rb"\1 30", path.read_bytes()))
    with pytest.raises(KeysUnusable, match=r"OP1\.age.*2\*\*30"):
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE)


def test_a_bundle_s_strength_is_a_number_not_how_busy_the_machine_was(booth: Booth) -> None:
    with busy(8):
        vault_keys.add_operator(booth.data, booth.keys, "OP2", PASSPHRASE)
        assert vault_keys.unlock(booth.data, "OP2", PASSPHRASE).operator == "OP2"
    assert work(booth.data / "keys/operators/OP2.age") == 18


def test_an_earlier_version_s_weak_bundle_opens_and_is_sealed_anew(
    booth: Booth, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = booth.data / "keys/operators/OP1.age"
    monkeypatch.setattr(passphrase, "LOG_N", 13)  # what a busy machine once chose
    vault_keys.add_operator(booth.data, booth.keys, "OP1", PASSPHRASE)
    assert work(path) == 13
    monkeypatch.undo()
    with pytest.raises(WrongPassphrase):
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE + "x")
    assert work(path) == 13
    vault_keys.unlock(booth.data, "OP1", PASSPHRASE)
    assert work(path) == 18
    assert vault_keys.unlock(booth.data, "OP1", PASSPHRASE).operator == "OP1"


@pytest.mark.parametrize("where", ["scrypt", "---", "end"])
def test_a_changed_bundle_is_called_damaged_or_does_not_open(booth: Booth, where: str) -> None:
    path = booth.data / "keys/operators/OP1.age"
    content = bytearray(path.read_bytes())
    at = len(content) - 1 if where == "end" else content.index(where.encode()) + len(where) + 3
    content[at] = ord("A") if content[at] != ord("A") else ord("B")
    path.write_bytes(bytes(content))
    expected = WrongPassphrase if where == "scrypt" else KeysUnusable  # another salt, another key
    with pytest.raises(expected):
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE)


def test_a_bundle_of_another_booth_is_refused(booth: Booth) -> None:
    other = x25519.Identity.generate().to_public()
    (booth.data / "keys/shift.pub").write_text(f"{other}\n")
    with pytest.raises(KeysUnusable, match="another shift key"):
        vault_keys.unlock(booth.data, "OP1", PASSPHRASE)


def test_a_thief_finds_no_secret_key_in_any_file(booth: Booth, files: dict[str, bytes]) -> None:
    booth.seal(files)
    secrets = json.loads(booth.keys.bundle("OP1"))
    needles = [secrets["shift"].encode(), str(booth.region).encode(), PASSPHRASE.encode()]
    for name in ("station", "person"):
        raw = base64.b64decode(secrets[name])
        needles += [raw, raw.hex().encode(), secrets[name].encode()]
    contents = [path.read_bytes() for path in booth.data.rglob("*") if path.is_file()]
    assert len(contents) > 5
    assert not any(needle in content for needle in needles for content in contents)


def test_only_the_station_s_user_may_read_its_files(booth: Booth, files: dict[str, bytes]) -> None:
    booth.artefacts.put("TH0417-000123-7", "fingers/left_thumb.png", b"x")
    booth.seal(files)
    for name in ("keys", "vault", "outbox"):
        for path in [booth.data / name, *(booth.data / name).rglob("*")]:
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


async def test_unlocking_in_a_thread_does_not_stall_the_event_loop(booth: Booth) -> None:
    begun = time.perf_counter()
    unlocking = asyncio.create_task(
        asyncio.to_thread(vault_keys.unlock, booth.data, "OP1", PASSPHRASE)
    )
    longest, last = 0.0, begun
    while not unlocking.done():
        await asyncio.sleep(0.005)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    assert isinstance(await unlocking, Keys)
    assert longest < (last - begun) / 2
