from __future__ import annotations

import resource
import stat
from pathlib import Path

import msgspec
import pyrage
import pytest

from controller.identity.birth import BirthDate
from controller.roster.load import read_csv
from controller.roster.seal import seal, unseal
from controller.roster.table import Roster
from controller.vault.durable import StorageFailed
from ground.error import InputError
from hw.twins import population


@pytest.fixture
def roster(tmp_path: Path) -> Roster:
    population.write_csv(tmp_path / "people.csv", 300, seed=7)
    return read_csv(tmp_path / "people.csv")


@pytest.fixture
def key() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "roster.age"


def test_what_was_sealed_is_what_opens(
    roster: Roster, key: pyrage.x25519.Identity, path: Path
) -> None:
    seal(roster, path, [key.to_public()])
    opened = unseal(path, key)
    assert list(opened) == list(roster)
    someone = roster[17]
    assert opened.by_number(someone.number) == someone
    assert someone in opened.search(someone.name, BirthDate(someone.birth.year))


def test_the_file_shows_nobody_and_is_for_the_station_alone(
    roster: Roster, key: pyrage.x25519.Identity, path: Path
) -> None:
    seal(roster, path, [key.to_public()])
    content = path.read_bytes()
    assert content.startswith(b"age-encryption.org/v1\n")
    assert roster[0].name.encode() not in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_roster_can_be_sealed(key: pyrage.x25519.Identity, path: Path) -> None:
    seal(Roster.of([]), path, [key.to_public()])
    assert len(unseal(path, key)) == 0


def test_another_key_opens_nothing(roster: Roster, key: pyrage.x25519.Identity, path: Path) -> None:
    seal(roster, path, [key.to_public()])
    with pytest.raises(InputError) as error:
        unseal(path, pyrage.x25519.Identity.generate())
    assert "Import the roster again" in error.value.advice


def test_a_roster_that_was_never_imported_says_how(key: pyrage.x25519.Identity, path: Path) -> None:
    with pytest.raises(InputError) as error:
        unseal(path, key)
    assert "tram roster import" in error.value.advice


@pytest.mark.parametrize("cut", [0, 1, 100, 3000, -1])
def test_a_damaged_file_is_told_apart_from_a_roster(
    roster: Roster, key: pyrage.x25519.Identity, path: Path, cut: int
) -> None:
    seal(roster, path, [key.to_public()])
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError) as error:
        unseal(path, key)
    assert "Import the roster again" in error.value.advice


def test_a_flipped_bit_is_noticed(roster: Roster, key: pyrage.x25519.Identity, path: Path) -> None:
    seal(roster, path, [key.to_public()])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError):
        unseal(path, key)


@pytest.mark.parametrize("what", ["other json", "other schema", "short column"])
def test_sealed_content_that_is_no_roster_is_refused(
    roster: Roster, key: pyrage.x25519.Identity, path: Path, what: str
) -> None:
    columns = msgspec.msgpack.decode(msgspec.msgpack.encode(roster.columns))
    content = {
        "other json": b'{"a": 1}',
        "other schema": msgspec.msgpack.encode({**columns, "schema": 99}),
        "short column": msgspec.msgpack.encode({**columns, "births": columns["births"][:-4]}),
    }[what]
    path.write_bytes(pyrage.encrypt(content, [key.to_public()]))
    with pytest.raises(InputError):
        unseal(path, key)


def test_a_disk_that_refuses_leaves_the_old_roster(
    roster: Roster, key: pyrage.x25519.Identity, path: Path
) -> None:
    seal(roster, path, [key.to_public()])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, hard))  # the kernel refuses longer files
    try:
        with pytest.raises(StorageFailed):
            seal(Roster.of([]), path, [key.to_public()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(unseal(path, key)) == len(roster)
