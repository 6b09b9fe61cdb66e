"""The station's keys: who can open them, and what a thief sees."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from controller.vault import keys as vault_keys
from controller.vault.keys import KeysUnusable, StationKey, WrongPassphrase

from .conftest import NUMBER, PASSPHRASE, Booth


@pytest.mark.parametrize("operator", ["", "op1", "OP12345", "OP1/../OP1", "../operators/OP1"])
def test_an_operator_number_cannot_name_another_file(booth: Booth, operator: str) -> None:
    with pytest.raises(WrongPassphrase):
        vault_keys.unlock(booth.data, operator, PASSPHRASE)
    with pytest.raises(vault_keys.BadOperator):
        vault_keys.add_operator(booth.data, booth.keys, operator, PASSPHRASE)


def test_short_passphrases_are_refused(booth: Booth) -> None:
    with pytest.raises(WrongPassphrase, match="short"):
        vault_keys.add_operator(booth.data, booth.keys, "OP2", "1234567")
    assert not (booth.data / "keys/operators/OP2.age").exists()


def test_existing_keys_are_never_made_anew(booth: Booth) -> None:
    before = (booth.data / "keys/shift.pub").read_bytes()
    with pytest.raises(KeysUnusable, match="already"):
        vault_keys.create(booth.data, str(booth.region.to_public()), "OP1", PASSPHRASE)
    assert (booth.data / "keys/shift.pub").read_bytes() == before


def test_a_mistyped_region_key_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="recipient"):
        vault_keys.create(tmp_path / "booth", "age1nonsense", "OP1", PASSPHRASE)
    assert not (tmp_path / "booth").exists()
    assert not vault_keys.exist(tmp_path / "booth")


@pytest.mark.parametrize("name", ["shift.pub", "region.pub", "station.pub"])
@pytest.mark.parametrize("damage", [None, b"", b"\xff", b"age1qqq", b"ed25519 00 00"])
def test_missing_or_damaged_public_keys_are_named(
    booth: Booth, name: str, damage: bytes | None
) -> None:
    path = booth.data / "keys" / name
    path.unlink() if damage is None else path.write_bytes(damage)
    read = {
        "shift.pub": vault_keys.shift_recipient,
        "region.pub": vault_keys.region_recipient,
        "station.pub": vault_keys.station_key,
    }[name]
    with pytest.raises(KeysUnusable) as raised:
        read(booth.data)
    assert raised.value.params["file"] == name


def test_a_station_key_with_one_wrong_digit_is_refused(booth: Booth) -> None:
    line = booth.keys.station.line()
    digit = "1" if line[10] == "0" else "0"
    with pytest.raises(ValueError, match="id does not belong"):
        StationKey.parse(line[:10] + digit + line[11:])


def test_signatures_are_checked_with_the_public_key_alone(booth: Booth) -> None:
    key = vault_keys.station_key(booth.data)
    signature = booth.keys.sign(b"manifest")
    assert key.verifies(signature, b"manifest")
    assert not key.verifies(signature, b"manifest.")
    assert not key.verifies(b"", b"manifest")


def test_person_digests_are_keyed_and_do_not_mind_spacing(booth: Booth) -> None:
    digest = booth.keys.person_digest(NUMBER)
    person = json.loads(booth.keys.bundle("OP1"))["person"]
    expected = hmac.new(base64.b64decode(person), NUMBER.encode(), hashlib.sha256).hexdigest()
    assert digest == expected
    assert booth.keys.person_digest("038 199.012-345") == digest
    assert booth.keys.person_digest("０３８１９９０１２３４５") == digest
    assert booth.keys.person_digest("038199012346") != digest


def test_keys_show_nothing_of_themselves(booth: Booth) -> None:
    secrets = json.loads(booth.keys.bundle("OP1"))
    for shown in (repr(booth.keys), str(booth.keys), f"{booth.keys}", repr(booth.keys.shift)):
        assert not any(secrets[name] in shown for name in ("shift", "station", "person"))
