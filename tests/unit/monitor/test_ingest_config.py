"""The region's configuration: every mistake of it at once, in plain words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ground.config import ConfigErrors
from monitor.config import command_key, load, public_half, read, write_command_key

NOBODY = 65_534
EXAMPLE = Path(__file__).parents[3] / "docs" / "monitor.toml"


def test_the_documented_example_is_right_once_its_groups_are_filled_in(tmp_path: Path) -> None:
    """The files that it names are made by docs/region.md, in /etc/tram."""
    written = EXAMPLE.read_text().replace("/etc/tram", str(tmp_path))
    for name in ("command.key", "broker-password"):
        (tmp_path / name).touch()
    config = tmp_path / "monitor.toml"
    config.write_text(written)
    with pytest.raises(ConfigErrors) as caught:
        load(config)
    assert [complaint.split(":")[0] for complaint in caught.value.lines] == ["workers"]
    groups = '[["vn-thanh-hoa"], ["vn-quang-tri", "vn-bac-lieu"]]'
    config.write_text(written.replace("workers = []", f"workers = {groups}"))
    settings = load(config)
    assert settings.workers == (("vn-thanh-hoa",), ("vn-quang-tri", "vn-bac-lieu"))
    assert settings.worker_id(1) == "tram-1"
    assert settings.web.port == 8081


def test_a_file_that_the_region_s_user_may_not_read_is_told(tmp_path: Path) -> None:
    key = tmp_path / "command.key"
    write_command_key(key)
    key.chmod(0)
    me = os.geteuid()
    if me == 0:  # whom no file refuses
        os.seteuid(NOBODY)
    try:
        with pytest.raises(ConfigErrors, match="let the user who runs the region read it"):
            read({"workers": [["a"]], "command_key": str(key)})
    finally:
        os.seteuid(me)


def test_every_mistake_is_told_at_once() -> None:
    raw = {"broker": {"port": "x", "colour": 1, "ca": 5}, "db": "mysql://x", "web": 3, "zz": 1}
    with pytest.raises(ConfigErrors) as caught:
        read(raw)
    keys = sorted(complaint.split(":")[0] for complaint in caught.value.lines)
    assert keys == ["broker.ca", "broker.colour", "broker.port", "db", "web", "workers", "zz"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"workers": [["a"], ["b", "a"]]}, "a is listed twice"),
        ({"broker": {"cert": str(EXAMPLE)}}, "broker.cert and broker.key"),
        ({"broker": {"user": "region"}}, "broker.password_file"),
        ({"command_key": "/nowhere/key"}, "there is no file /nowhere/key"),
        ({"notify": {"mail_host": "smtp.example.vn"}}, "notify.mail_to: all three or none"),
        ({"notify": {"mail_user": "tram"}}, "notify.mail_password_file: both or neither"),
        ({"notify": {"mail_password_file": "/nowhere/key", "mail_user": "tram"}}, "/nowhere/key"),
        ({"notify": {"webhook": "ftp://example.vn"}}, "notify.webhook: must be a web address"),
        ({"notify": {"mail_to": ["nobody"]}}, r"notify.mail_to\[0\]: must be a mail address"),
        ({"notify": {"severity": 4}}, "notify.severity: must be 1"),
    ],
)
def test_what_does_not_go_together_is_told(more: dict[str, object], word: str) -> None:
    with pytest.raises(ConfigErrors, match=word):
        read({"workers": [["a"]]} | more)


def test_the_command_key_is_its_owner_s_alone_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "folder that is made" / "key"
    public = write_command_key(path)
    assert os.stat(path).st_mode & 0o077 == 0
    assert public_half(command_key(path)) == public
    with pytest.raises(FileExistsError):
        write_command_key(path)
    path.write_bytes(b"no key")
    with pytest.raises(ConfigErrors, match="tram monitor key"):
        command_key(path)
