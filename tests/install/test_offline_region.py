"""A region with its broker is set up from a folder, on a Debian 12 that has no network.

What docs/region.md says is typed, and for the two lines that want a network what it says instead.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.install.container import ROOTS, TOP, booted, machine_root
from tests.install.test_offline import own_architecture
from tests.install.test_region import BROKER, Region

SUITE = "bookworm"
FOLDER = "media/usb/tram region"  # a name as sticks have it
INSTALL = "/opt/tram/setup/install"
INSTEAD = {
    f"{INSTALL} region ": f"{INSTALL} --offline '/{FOLDER}' region broker",
    "apt-get update && ": "command -v mosquitto",
}
SET_UP = ("The program", "Its configuration and its key", "The broker", "Start")


def typed(line: str) -> str:
    return next((new for old, new in INSTEAD.items() if line.startswith(old)), line)


@pytest.fixture(scope="module")
def region() -> Iterator[Region]:
    """Set up as docs/region.md says, but from the folder and without a broker."""
    root = machine_root(SUITE, ROOTS / f"test_offline_region.{SUITE}")
    try:
        made = root / FOLDER
        made.parent.mkdir(parents=True, exist_ok=True)
        system = f"{SUITE}-{own_architecture()}"
        subprocess.run(
            [TOP / "setup" / "bundle", "--into", made, "region", "broker", system], check=True
        )
        shutil.copytree(made / "tram", root / "opt" / "tram")
        with (root / "etc" / "hosts").open("a") as hosts:
            hosts.write(f"127.0.0.1 localhost {BROKER}\n")
        with booted(root) as machine:
            assert machine.sh("ls /sys/class/net").split() == ["lo"]
            region = Region(machine)
            for heading in SET_UP:
                region.follow(f"### {heading}", typed)
            yield region
    finally:
        shutil.rmtree(root, ignore_errors=True)


def test_its_pages_are_there_and_it_is_at_its_broker(region: Region) -> None:
    region.waits_for(region.active, "the unit")
    region.waits_for(lambda: "[]" in region.looks("booths"), "pages")
    region.waits_for(lambda: "connected" in region.machine.log("tram-monitor"), "its broker")


def test_a_packet_can_be_opened_and_verified_there(region: Region) -> None:
    machine = region.machine
    opened = machine.sh(
        "cd /root && age-keygen -o region.key && echo xin chào >packet"
        " && age -r $(age-keygen -y region.key) -o packet.tram packet"
        " && age -d -i region.key packet.tram"
    )
    assert opened == "xin chào\n"
    said = machine.run(
        "tram", "verify", "packet.tram", "--identity", "region.key", folder="/root", check=False
    )
    assert said.returncode == 1
    assert "WRONG" in said.stdout, said.stderr


def test_nobody_but_root_changes_it_and_no_tool_of_the_installation_is_left(
    region: Region,
) -> None:
    machine = region.machine
    assert machine.sh("find /opt/tram '(' ! -user root -o -perm /022 ')' ! -type l") == ""
    assert machine.sh("ls /opt/tram/.venv/bin | grep -E '^(pip|uv$)' || true") == ""
    assert machine.sh("ls -A /opt/tram/.cache") == ""


def test_its_folder_is_no_booths(region: Region) -> None:
    wanted = f"{INSTALL} --offline '/{FOLDER}' booth"
    done = region.machine.run("bash", "-ec", wanted, check=False)
    assert done.returncode == 1
    assert "is for a region, not for booth" in done.stderr
