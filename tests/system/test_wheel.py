"""A built wheel holds everything the programs read at run time, and ``tram`` runs from it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.patience import CEILING_S

REPO = Path(__file__).parents[2]
ROOMS = ("ground", "firmware", "edge", "monitor", "plan", "controller", "hw", "tram")
SUFFIXES = {".py", ".po", ".css", ".js", ".svg", ".html", ".toml"}


def sources() -> set[str]:
    """Every file of the rooms that a program reads, as the wheel should name it."""
    return {
        path.relative_to(REPO).as_posix()
        for room in ROOMS
        for path in (REPO / room).rglob("*")
        if path.suffix in SUFFIXES and path.name != "ruff.toml"
    }


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, built from a copy (a build leaves its traces) without a network."""
    tree = tmp_path_factory.mktemp("tree")
    for room in ROOMS:
        shutil.copytree(
            REPO / room, tree / room, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPO / name, tree)
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "-v",
            "--no-deps",
            "--no-build-isolation",
            "--no-index",
            "--wheel-dir",
            str(tree / "dist"),
            str(tree),
        ],
        check=True,
        timeout=CEILING_S,
        capture_output=True,
        text=True,
    )
    (tree / "build.log").write_text(built.stdout + built.stderr)
    (wheel,) = (tree / "dist").glob("*.whl")
    content = tree / "content"
    zipfile.ZipFile(wheel).extractall(content)
    return content


def test_the_build_is_warned_of_nothing_that_is_about_to_end(unpacked: Path) -> None:
    log = (unpacked.parent / "build.log").read_text()
    assert "running bdist_wheel" in log
    assert not re.findall(r"(?i).*deprecat.*", log)


def test_the_wheel_names_its_licence_as_spdx_does(unpacked: Path) -> None:
    (metadata,) = unpacked.glob("tram-*.dist-info/METADATA")
    assert "\nLicense-Expression: Apache-2.0\n" in metadata.read_text()


def test_the_wheel_holds_every_file_of_the_rooms(unpacked: Path) -> None:
    packed = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*")}
    wanted = sources()
    assert {
        "ground/text/locale/vi/LC_MESSAGES/booth.po",
        "controller/console/static/console.css",
        "firmware/main.py",
        "hw/twins/micropython/machine.py",
    } <= wanted
    assert wanted - packed == set()


def test_a_region_verifies_with_the_wheel_alone(unpacked: Path, tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(unpacked)!r}); from tram.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, "journal", "verify", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 1
    assert "journal.db" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_figures_outside_the_repo_say_where_they_are(unpacked: Path, tmp_path: Path) -> None:
    # -S leaves site-packages out, where an editable install would lead back to the repo.
    site = next(path for path in sys.path if path.endswith("site-packages"))
    program = (
        f"import sys; sys.path += [{str(unpacked)!r}, {site!r}]; from tram.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, "bench"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 1
    assert "make bench" in done.stderr
    assert "Traceback" not in done.stderr
