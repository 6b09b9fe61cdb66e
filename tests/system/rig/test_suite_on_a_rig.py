"""A suite on a rig: the real conftest over a tiny suite whose only twin cannot start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import CEILING_S

REPO = Path(__file__).parents[3]

DEAD_TWIN = "import sys\nsys.exit('the lens cap is on')\n"
RIG = 'name = "tiny"\nkind = "sim"\nfeatures = ["camera", "hands"]\n'
SUITE = """
import pytest

def test_on_the_dead_camera(rig): rig.port("camera")
def test_after_it(rig): rig.port("camera")
def test_without_a_device(): pass
@pytest.mark.needs("lid", "camera", "cover")
def test_with_a_lid(rig): pass
@pytest.mark.needs("lit")
def test_misspelt(rig): pass
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest said about the tiny suite."""
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "tests" / "hil").mkdir(parents=True)
    for name in ("conftest.py", "patience.py"):
        shutil.copy(REPO / "tests" / name, folder / "tests")
    for module in (REPO / "tests" / "hil").glob("[!t]*.py"):  # all but the tests
        shutil.copy(module, folder / "tests" / "hil")
    shutil.copytree(REPO / "tests" / "rungs", folder / "tests" / "rungs")
    shutil.copytree(REPO / "hw" / "bench", folder / "hw" / "bench")
    twins = folder / "hw" / "twins"
    twins.mkdir(parents=True)
    (folder / "hw" / "__init__.py").touch()
    for twin in (REPO / "hw" / "twins").glob("*.py"):
        shutil.copy(twin, twins)
    (twins / "camera.py").write_text(DEAD_TWIN)
    (folder / "rig.toml").write_text(RIG)
    (folder / "tests" / "hil" / "test_tiny.py").write_text(SUITE)
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", "--rig", "rig.toml", "tests/hil"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},  # its twins, not ours
        capture_output=True,
        text=True,
        timeout=CEILING_S,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_first_failed_bring_up_fails_and_shows_what_the_twin_said(report: str) -> None:
    assert "_ test_on_the_dead_camera _" in report
    assert "RigBroken: camera did not come up: its twin ended with 1" in report
    assert "stderr of the twin: camera" in report
    assert "the lens cap is on" in report


def test_the_rest_skips_with_that_reason(report: str) -> None:
    assert "rig is broken: camera did not come up: its twin ended with 1" in report


def test_what_the_rig_lacks_is_skipped_by_name(report: str) -> None:
    assert "rig tiny lacks: cover, lid" in report


def test_a_misspelt_feature_is_an_error_not_a_skip(report: str) -> None:
    assert "no such feature: ['lit']" in report


def test_the_summary_counts_what_ran_and_where(report: str) -> None:
    assert "1 failed, 1 passed, 2 skipped, 1 error" in report
    assert "2 tests ran on: tiny" in report
