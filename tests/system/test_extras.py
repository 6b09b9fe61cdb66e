"""What a booth and a region install is enough for what they run; what lacks is named."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pyrage import x25519

from controller.vault import keys
from tests.patience import CEILING_S
from tests.unit.test_dependencies import declared

BLOCKING = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Absent())
"""
TRAM = "from tram.cli import main; main()"
HEAVY = {
    "cv2",
    "babel",
    "busio",
    "board",
    "adafruit_blinka",
    "uvloop",
    "httptools",
    "watchfiles",
    "scipy",
    "skimage",
}
"""What a booth does without since its environment was weighed (446 MB). Named, so that a line of
pyproject.toml or of a dependency's does not bring one back unseen."""


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


def program_with(extras: tuple[str, ...], program: str, *arguments: str) -> list[str]:
    """The command line of a program where nothing but ``extras`` is installed."""
    present = closure(declared(*extras)) | {"tram"}
    blocked = {
        module
        for module, owners in packages_distributions().items()
        if not present & {canonicalize_name(owner) for owner in owners}
    }
    assert "pytest" in blocked
    blocked |= HEAVY if extras == ("station",) else set()
    return [sys.executable, "-c", f"BLOCKED = {sorted(blocked)!r}\n{BLOCKING}{program}", *arguments]


def tram_with(extras: tuple[str, ...], *arguments: str) -> list[str]:
    return program_with(extras, TRAM, *arguments)


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
            _, errors = process.communicate(timeout=CEILING_S)
    assert first.startswith("console http://"), errors
    assert process.returncode == 0, errors


PARTS = [
    "controller.devices.camera.worker",
    "controller.devices.fingerprint",
    "controller.portrait.crop",
    "controller.papers",
    "tram.station",
]
"""What a booth with devices imports more: also in processes of their own."""


@pytest.mark.parametrize("part", PARTS)
def test_a_booths_parts_are_imported_with_what_it_installs(part: str) -> None:
    done = subprocess.run(
        program_with(("station",), f"import {part}"),
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 0, done.stderr


def test_a_booth_declares_nothing_heavy() -> None:
    names = {
        module
        for module, owners in packages_distributions().items()
        if {canonicalize_name(owner) for owner in owners} & declared("station")
    }
    assert names & HEAVY == set()


@pytest.mark.parametrize("command", [("--help",), ("verify", "--help"), ("journal", "--help")])
def test_a_region_needs_the_base_alone(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        tram_with((), *command), capture_output=True, text=True, check=False, timeout=CEILING_S
    )
    assert done.returncode == 0, done.stderr


def test_a_station_names_what_is_not_installed(config: Path) -> None:
    done = subprocess.run(
        tram_with((), "station", "--config", str(config)),
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 1
    assert "pip install 'tram[station]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_demo_says_what_to_install_on_a_booth(tmp_path: Path) -> None:
    done = subprocess.run(
        tram_with(("station",), "demo", "--exit"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert done.returncode == 1
    assert "pip install 'tram[demo]'" in done.stderr
    assert list(tmp_path.iterdir()) == []
