"""The set-up: packages with their reasons, a new enough MicroPython, no names of mirrors."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
MICROPYTHON = REPO / ".cache" / "bin" / "micropython"


def test_every_apt_package_has_its_reason() -> None:
    lines = (REPO / "setup" / "apt.txt").read_text().splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages
    for line in packages:
        assert re.fullmatch(r"[a-z0-9.+-]+ +\[[a-z -]+\] +# .{10,}", line), line


def test_the_micropython_of_the_set_up_runs_and_is_new_enough() -> None:
    program = "import sys; print(sys.implementation[0], sys.implementation[1][:2] >= (1, 25))"
    done = subprocess.run([MICROPYTHON, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "micropython True\n"


def test_the_micropython_starts_from_any_folder_and_under_another_name(tmp_path: Path) -> None:
    link = tmp_path / "cache"
    link.symlink_to(REPO / ".cache")
    done = subprocess.run(
        [link / "bin" / "micropython", "-c", "print(6 * 7)"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"42\n"


def test_putting_micropython_there_again_does_nothing() -> None:
    before = MICROPYTHON.lstat().st_mtime_ns
    done = subprocess.run([REPO / "setup" / "micropython"], capture_output=True, check=True)
    assert done.stdout + done.stderr == b""
    assert MICROPYTHON.lstat().st_mtime_ns == before


def test_no_script_of_the_set_up_names_a_mirror() -> None:
    host = re.compile(r"\b(?!file:)[a-z]+://|\.debian\.org|pypi\.org")
    files = [path for path in (REPO / "setup").rglob("*") if path.is_file()]
    for script in (*files, REPO / "Makefile", REPO / ".ci" / "run"):
        assert not host.search(script.read_text()), script


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The station's systemd unit."""
    return written("tram.service", tmp_path)


def written(name: str, folder: Path) -> Path:
    """A unit of ``provisioning/units``, for a program and a user that are there."""
    unit = (REPO / "provisioning" / "units" / name).read_text()
    file = folder / name
    file.write_text(
        re.sub("(?m)^ExecStart=.*", "ExecStart=/bin/true", unit)
        .replace("User=tram", "User=daemon")
        .replace("Group=tram", "Group=daemon")
    )
    return file


def test_the_unit_keeps_memory_off_the_disk_and_the_devices_in_reach(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    for line in ("LimitCORE=0", "MemorySwapMax=0", "NoNewPrivileges=yes", "ProtectSystem=strict"):
        assert line in lines
    assert "SupplementaryGroups=dialout video audio" in lines


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    complaints = [line for line in done.stderr.splitlines() if "tram.service" in line]
    assert complaints == []
    unit.write_text(unit.read_text() + "\n[Service]\nLimitCORES=0\n")
    again = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert "LimitCORES" in again.stderr, "it would complain"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_uplink_s_unit(tmp_path: Path) -> None:
    unit = written("tram-edge.service", tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if "tram-edge.service" in line] == []
