"""Each room imports what pyproject.toml declares for it, and nothing is declared unused.

The module's distribution comes from the installed packages' own records, so that ``cv2`` is found
under ``opencv-python-headless``.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pyrage import x25519

from controller.vault import keys

REPO = Path(__file__).parents[2]
OURS = {"firmware", "edge", "monitor", "controller", "hw", "tram", "benchmarks", "tests"}
OF_THE_SYSTEM = {"picamera2", "libcamera"}
"""From apt: see setup/apt.txt."""
ON_MICROPYTHON = ("hw/twins/micropython/", "tests/system/link/feeding", "tests/system/link/judge",
                  "tests/system/link/proving", "tests/system/link/remembering")  # fmt: skip
TOOLS = {
    "ruff", "mypy", "import-linter", "setuptools", "mpremote",  # programs
    "pytest-timeout", "pytest-xdist",  # plug-ins of pytest
    "psycopg",  # SQLAlchemy loads it by the database's address
    "micropython-rp2-stubs", "pyrage-stubs",  # types for mypy
    "types-protobuf", "types-pyserial", "types-psutil",
}  # fmt: skip
"""Declared though nothing imports them."""

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
            found.add(canonicalize_name(wanted.name))
    return found


def imported(files: Iterable[Path]) -> dict[str, Path]:
    """Distributions that ``files`` import, each with one file that does."""
    owners = packages_distributions()
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
                found[canonicalize_name(runtime[0])] = path.relative_to(REPO)
    return found


def sources(*rooms: str) -> list[Path]:
    return [path for room in rooms for path in sorted((REPO / room).rglob("*.py"))]


DEMO = sources("tram/demo")
PARTS = {
    "edge": (sources("edge"), ("uplink",)),
    "monitor": (sources("monitor"), ("monitor",)),
    "controller": (sources("controller"), ("station",)),
    "tram": ([path for path in sources("tram") if path not in DEMO], ("station", "monitor")),
    "tram demo": (DEMO, ("demo",)),
    "hw": (sources("hw"), ("demo",)),
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
    assert declared("station") - imported(sources("edge", "controller", "tram")).keys() == set()


def test_everything_declared_for_the_demo_is_imported_by_it() -> None:
    files = sources("edge", "monitor", "controller", "tram", "hw")
    assert declared("demo") - imported(files).keys() == {"psycopg"}


def test_everything_else_declared_is_imported_or_a_tool() -> None:
    used = imported(sources(*OURS - {"firmware"})).keys()
    assert declared(*EXTRAS) - used == TOOLS


def test_every_declaration_has_its_reason() -> None:
    text = (REPO / "pyproject.toml").read_text()
    lines = text[text.index("dependencies = [") : text.index("[project.scripts]")].splitlines()
    for line in lines:
        if re.match(r'\s+"(?!tram\[)', line):
            assert re.search(r'",\s+# .{5,}', line), line


# ---- what a booth installs is enough ---------------------------------------------------------

BLOCKING = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
from tram.cli import main
main()
"""


def closure(names: set[str]) -> set[str]:
    """``names`` and everything that pip would install with them."""
    found: set[str] = set()
    left = [Requirement(name) for name in names]
    while left:
        wanted = left.pop()
        name = canonicalize_name(wanted.name)
        if name in found and not wanted.extras:
            continue
        found.add(name)
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue  # for another system or Python
        for requirement in map(Requirement, lines):
            marker = requirement.marker
            if marker is None or any(
                marker.evaluate({"extra": extra}) for extra in (wanted.extras or {""})
            ):
                left.append(requirement)
    return found


def tram_with(extras: tuple[str, ...], *arguments: str) -> list[str]:
    """The command line of ``tram`` where nothing but ``extras`` is installed."""
    present = closure(declared(*extras)) | {"tram"}
    blocked = {
        module
        for module, owners in packages_distributions().items()
        if not present & {canonicalize_name(owner) for owner in owners}
    }
    assert "pytest" in blocked
    program = f"BLOCKED = {sorted(blocked)!r}\n{BLOCKING}"
    return [sys.executable, "-c", program, *arguments]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a station without devices, whose keys are made."""
    data, file = tmp_path / "data", tmp_path / "station.toml"
    region = x25519.Identity.generate().to_public()
    keys.create(data, str(region), "OP1", "a passphrase for tests")
    file.write_text(
        '[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "Thanh Hoá"\n'
        'region = "vn/thanh-hoa/bim-son"\n[console]\nport = 0\n'
        f'[paths]\ndata = "{data}"\n'
    )
    return file


def test_a_station_runs_with_what_a_booth_installs(config: Path) -> None:
    command = tram_with(("station",), "station", "--config", str(config))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            first = process.stdout.readline()
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=30)
    assert first.startswith("console http://"), errors
    assert process.returncode == 0, errors


@pytest.mark.parametrize("command", [("--help",), ("verify", "--help"), ("journal", "--help")])
def test_a_region_needs_the_base_alone(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        tram_with((), *command), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_a_station_names_what_is_not_installed(config: Path) -> None:
    done = subprocess.run(
        tram_with((), "station", "--config", str(config)),
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "pip install 'tram[station]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_says_what_to_install_on_a_booth(tmp_path: Path) -> None:
    done = subprocess.run(
        tram_with(("station",), "demo", "--exit"),
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "pip install 'tram[demo]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
