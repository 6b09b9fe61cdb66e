"""The containers themselves: what the tests of installation stand on."""

from __future__ import annotations

from pathlib import Path

from tests.install.container import Container, put_tree


def test_a_blank_machine_boots_under_systemd(online_machine: Container) -> None:
    assert online_machine.sh("cat /proc/1/comm").strip() == "systemd"
    assert online_machine.sh("systemctl --failed --no-legend") == ""


def test_a_machine_with_a_network_reaches_its_mirror(online_machine: Container) -> None:
    online_machine.sh("apt-get update -qq -o APT::Update::Error-Mode=any")


def test_a_machine_shares_no_network_with_this_one(online_machine: Container) -> None:
    assert set(online_machine.sh("ls /sys/class/net").split()) == {"lo", "tap0"}


def test_a_clone_of_the_tree_belongs_to_root(root: Path) -> None:
    put_tree(root, "/opt/tram")
    made = root / "opt" / "tram" / "setup" / "install"
    assert made.stat().st_uid == 0
    assert not (root / "opt" / "tram" / ".cache").exists()
