"""The set-up: packages with their reasons, a new enough MicroPython, no names of mirrors."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

REPO = Path(__file__).parents[2]
MICROPYTHON = REPO / ".cache" / "bin" / "micropython"


def test_every_apt_package_has_its_reason() -> None:
    lines = (REPO / "setup" / "apt.txt").read_text().splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert packages
    for line in packages:
        assert re.fullmatch(r"[a-z0-9.+-]+( +\[raspberry-pi-os\])? +# .{10,}", line), line


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
    for script in (*(REPO / "setup").iterdir(), REPO / "Makefile", REPO / ".ci" / "run"):
        assert not re.search(r"[a-z]+://|\.debian\.org|pypi\.org", script.read_text()), script
