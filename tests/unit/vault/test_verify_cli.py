"""``tram verify`` at the terminal: words and an exit status, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from controller.vault.packet import PacketSealed
from tram.verify_cli import verify

from .conftest import DOSSIER, Booth


def run(*arguments: object) -> Result:
    app = typer.Typer()
    app.command()(verify)
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


@pytest.fixture
def sealed(booth: Booth, files: dict[str, bytes]) -> PacketSealed:
    return booth.seal(files)


def test_a_good_packet_gives_ok_lines_and_exit_0(booth: Booth, sealed: PacketSealed) -> None:
    result = run(sealed.path, "--identity", booth.region_key)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert [line.split()[0] for line in lines] == ["OK"] * 5 + [f"{DOSSIER}.tram:"]
    assert lines[-1].endswith("good")


def test_what_was_not_proven_is_noted(booth: Booth, sealed: PacketSealed, tmp_path: Path) -> None:
    alone = sealed.path.rename(tmp_path / sealed.path.name)
    result = run(alone, "--identity", booth.region_key)
    assert result.exit_code == 0
    assert result.output.count("NOTE ") == 2
    keys, journal = booth.data / "keys/station.pub", booth.data / "journal.db"
    place = ("--station-key", keys, "--journal", journal)
    result = run(alone, "--identity", booth.region_key, *place)
    assert result.exit_code == 0
    assert "NOTE " not in result.output


def test_a_cut_packet_gives_exit_1_and_says_what_to_do(booth: Booth, sealed: PacketSealed) -> None:
    sealed.path.write_bytes(sealed.path.read_bytes()[:-100])
    result = run(sealed.path, "--identity", booth.region_key)
    assert result.exit_code == 1
    assert "WRONG  It does not open: bytes were changed or are missing" in result.output
    assert "do not use it" in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "holds no AGE-SECRET-KEY-1"),
        (b"# only a comment\n\n", "holds no AGE-SECRET-KEY-1"),
        (b"\xff\xfe\x00", "is not a text file"),
        (b"# ok\nAGE-SECRET-KEY-1WRONG\n", "line 2 is not an age identity"),
        (b"age1qqqq\n", "line 1 is not an age identity"),
        (b"age-encryption.org/v1\n-> scrypt x 18\n", "sealed by a passphrase"),
    ],
)
def test_a_bad_identity_file_is_told_so_and_never_quoted(
    sealed: PacketSealed, tmp_path: Path, content: bytes | None, said: str
) -> None:
    key = tmp_path / "key"
    if content is not None:
        key.write_bytes(content)
    result = run(sealed.path, "--identity", key)
    assert result.exit_code == 1
    assert said in result.output
    assert "1WRONG" not in result.output
