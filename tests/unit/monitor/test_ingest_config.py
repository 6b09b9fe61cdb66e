"""The region's configuration: every mistake of it at once, in plain words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from monitor.config import BadSettings, command_key, load, public_half, read, write_command_key

EXAMPLE = Path(__file__).parents[3] / "docs" / "monitor.toml"


def test_the_documented_example_is_right() -> None:
    settings = load(EXAMPLE)
    assert settings.workers == (("vn-thanh-hoa",), ("vn-quang-tri", "vn-bac-lieu"))
    assert settings.worker_id(1) == "tram-1"


def test_every_mistake_is_told_at_once() -> None:
    raw = {"broker": {"port": "x", "colour": 1, "ca": 5}, "db": "mysql://x", "web": 3, "zz": 1}
    with pytest.raises(BadSettings) as caught:
        read(raw)
    keys = sorted(complaint.split(":")[0] for complaint in caught.value.complaints)
    assert keys == ["broker.ca", "broker.colour", "broker.port", "db", "web", "workers", "zz"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"workers": [["a"], ["b", "a"]]}, "a stands twice"),
        ({"broker": {"cert": str(EXAMPLE)}}, "broker.cert and broker.key"),
        ({"broker": {"user": "region"}}, "broker.password_file"),
        ({"command_key": "/nowhere/key"}, "there is no file /nowhere/key"),
    ],
)
def test_what_does_not_go_together_is_told(more: dict[str, object], word: str) -> None:
    with pytest.raises(BadSettings, match=word):
        read({"workers": [["a"]]} | more)


def test_the_command_key_is_its_owner_s_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = write_command_key(path)
    assert os.stat(path).st_mode & 0o077 == 0
    assert public_half(command_key(path)) == public
    with pytest.raises(FileExistsError):
        write_command_key(path)
    path.write_bytes(b"no key")
    with pytest.raises(BadSettings, match="tram monitor key"):
        command_key(path)
