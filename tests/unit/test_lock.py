"""The lock: all that is installed, in one version each, by hash; and why the rest is left out."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPO = Path(__file__).parents[2]
LOCK = REPO / "setup" / "lock"
SETS = {"dev": ["dev"], "booth": ["station", "provisioning"], "region": ["monitor"]}
"""The extras of pyproject.toml that each set installs; see setup/lock/renew."""
MACHINES = [
    {
        "sys_platform": "linux",
        "platform_machine": machine,
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "platform_system": "Linux",
    }
    for machine in ("x86_64", "aarch64")
    for minor in (11, 12, 13)
]
PRIVATE = {
    "paho-mqtt",
    "protobuf",
    "nicegui",
    "opencv-python-headless",
    "gpiozero",
    "adafruit-circuitpython-fingerprint",
}
"""We lean on more of these than they promise to keep, so a next major release is not for us yet."""
LGPIO = ("lgpio", "adafruit-lgpio")
"""One library: its own wheels end with Python 3.12, Adafruit's are for a Pi's 3.13. A PC with 3.13
has none, and no pins."""


PYPROJECT: dict[str, Any] = tomllib.loads((REPO / "pyproject.toml").read_text())


def lines_of(name: str) -> list[str]:
    """The requirements of ``setup/lock/NAME.txt``, each in one line with its hashes."""
    text = (LOCK / f"{name}.txt").read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]


@cache
def locked(name: str) -> dict[str, Requirement]:
    found: dict[str, Requirement] = {}
    for line in lines_of(name):
        requirement = Requirement(line.partition(" --hash=")[0])
        found[canonicalize_name(requirement.name)] = requirement
    return found


def holds(requirement: Requirement, machine: dict[str, str] | None = None) -> bool:
    """Whether it is installed on ``machine``, or here."""
    return requirement.marker is None or requirement.marker.evaluate(machine)


def pinned(requirement: Requirement) -> str:
    (pin,) = requirement.specifier
    assert pin.operator == "==", requirement
    return pin.version


def declared(*extras: str) -> list[Requirement]:
    """The requirements of the base, the build and ``extras``, those they include too."""
    optional = PYPROJECT["project"]["optional-dependencies"]
    left = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["build-system"]["requires"]]
    left += [line for extra in extras for line in optional[extra]]
    found = []
    while left:
        wanted = Requirement(left.pop())
        if wanted.name == "tram":
            left += [line for extra in wanted.extras for line in optional[extra]]
        else:
            found.append(wanted)
    return found


def excluded() -> dict[str, str]:
    """Each package that is left out, with its reason."""
    found: dict[str, str] = {}
    for line in (LOCK / "excluded.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, reason = line.partition("#")
            found[canonicalize_name(name.strip())] = reason.strip()
    return found


@pytest.mark.parametrize("name", SETS)
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    lines = lines_of(name)
    assert lines
    for line in lines:
        assert re.search(r"==[^ ]+ .*--hash=sha256:[0-9a-f]{64}\b", line), line[:80]


@pytest.mark.parametrize("name", SETS)
def test_the_lock_is_for_every_machine_we_support(name: str) -> None:
    for package, requirement in locked(name).items():
        for machine in MACHINES if package not in LGPIO else []:
            assert requirement.marker is None or requirement.marker.evaluate(machine), requirement


@pytest.mark.parametrize("machine", MACHINES)
def test_every_pi_has_one_lgpio_that_has_a_wheel_for_it(machine: dict[str, str]) -> None:
    there = [name for name in LGPIO if holds(locked("booth")[name], machine)]
    if machine["python_version"] != "3.13":
        assert there == ["lgpio"]
    else:
        assert there == (["adafruit-lgpio"] if machine["platform_machine"] == "aarch64" else [])


@pytest.mark.parametrize("name", SETS)
def test_the_lock_holds_what_pyproject_declares(name: str) -> None:
    for wanted in declared(*SETS[name]):
        found = locked(name).get(canonicalize_name(wanted.name))
        assert found, f"{wanted.name} is declared and not locked: make lock"
        assert wanted.specifier.contains(pinned(found)), f"{wanted} against {found}: make lock"


@pytest.mark.parametrize("name", SETS)
def test_what_a_locked_package_needs_is_locked_or_left_out_for_a_reason(name: str) -> None:
    for package, requirement in locked(name).items():
        if not holds(requirement):
            continue
        extras = requirement.extras | {""}
        for wanted in map(Requirement, requires(package) or []):
            marker = wanted.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in extras):
                continue
            needed = canonicalize_name(wanted.name)
            if needed in locked(name):
                assert wanted.specifier.contains(pinned(locked(name)[needed])), (package, wanted)
            else:
                assert needed in excluded(), f"{package} needs {needed}"


def test_booth_and_region_have_the_versions_that_are_tested() -> None:
    for name in ("booth", "region"):
        for package, requirement in locked(name).items():
            assert str(requirement) == str(locked("dev")[package])


def test_the_tests_run_on_what_is_locked() -> None:
    for package, requirement in locked("dev").items():
        if holds(requirement):
            assert version(package) == pinned(requirement), "make setup"


def test_what_is_left_out_has_its_reason_and_is_absent() -> None:
    assert excluded()
    for package, reason in excluded().items():
        assert len(reason) > 20, package
        for name in SETS:
            assert package not in locked(name)
        with pytest.raises(PackageNotFoundError):
            version(package)


def test_numpy_for_the_older_raspberry_pi_os_is_of_the_older_abi() -> None:
    (requirement,) = locked("numpy1").values()
    assert requirement.name == "numpy"
    (declared_numpy,) = (line for line in declared() if line.name == "numpy")
    assert declared_numpy.specifier.contains(pinned(requirement))
    assert pinned(requirement).startswith("1.")


def test_what_promises_no_interface_has_an_upper_bound() -> None:
    bounded = {
        canonicalize_name(line.name)
        for line in declared(*SETS["dev"])
        if any(pin.operator in ("<", "==") for pin in line.specifier)
    }
    assert bounded >= PRIVATE & {canonicalize_name(line.name) for line in declared("dev")}


def test_no_file_of_the_lock_names_an_index_or_a_folder_of_somebody_s_machine() -> None:
    for file in LOCK.iterdir():
        text = file.read_text()
        assert not re.search(r"[a-z]+://|--(extra-)?index|--find-links|pypi\.org", text), file
        if file.suffix == ".txt":
            assert not re.search(r"^ .*[ =]/", text, re.MULTILINE), file
