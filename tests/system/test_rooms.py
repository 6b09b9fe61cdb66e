"""The rooms table holds, and an import that breaks it is caught."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import CEILING_S

REPO = Path(__file__).parents[2]
ROOMS = ("ground", "firmware", "edge", "monitor", "plan", "controller", "hw", "tram")
LINT = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """What the import linter says about ``tree``; it looks there first for the rooms."""
    command = [sys.executable, "-c", LINT, "--no-cache"]
    return subprocess.run(
        command, cwd=tree, capture_output=True, text=True, timeout=CEILING_S, check=False
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(REPO / ".importlinter", tree)
    for room in ROOMS:
        for module in (REPO / room).rglob("*.py"):
            target = tree / module.relative_to(REPO)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, target)
    return tree


def test_the_rooms_import_only_what_the_table_allows() -> None:
    done = lint(REPO)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        ("ground", "import edge.journal.events", "ground/ imports nothing of ours BROKEN"),
        ("firmware", "import edge.journal.events", "firmware/ imports nothing of ours BROKEN"),
        ("edge", "import monitor.config", "edge/ imports ground only BROKEN"),
        ("edge", "import firmware", "edge/ imports ground only BROKEN"),
        (
            "controller",
            "import hw.twins.control",
            "controller/ imports ground, edge and firmware.wire only BROKEN",
        ),
        (
            "controller",
            "import firmware.pins",
            "controller/ imports ground, edge and firmware.wire only BROKEN",
        ),
        (
            "controller",
            "import edge.uplink.run",
            "controller/ imports ground, edge and firmware.wire only BROKEN",
        ),
        (
            "monitor",
            "import edge.uplink.run",
            "monitor/ imports ground, and the edge's vocabulary and codec only BROKEN",
        ),
        ("monitor", "import plan", "and the edge's vocabulary and codec only BROKEN"),
        ("plan", "import monitor.config", "plan/ imports ground only BROKEN"),
        ("plan", "import edge.journal.events", "plan/ imports ground only BROKEN"),
        ("hw/twins", "import edge.journal.events", "a twin never imports what it judges BROKEN"),
        ("tram", "import tests.conftest", "the tram command imports no tests BROKEN"),
    ],
)
def test_a_forbidden_import_is_caught(copy: Path, room: str, line: str, broken: str) -> None:
    (copy / "firmware" / "pins.py").touch()
    intruder = copy / room / "intruder.py"
    intruder.write_text(f"{line}\n")
    try:
        done = lint(copy)
    finally:
        intruder.unlink()
    assert done.returncode == 1
    assert broken in done.stdout
    assert "intruder" in done.stdout


def test_the_wire_is_the_one_part_of_the_firmware_that_the_station_imports(copy: Path) -> None:
    (copy / "firmware" / "wire.py").touch()
    neighbour = copy / "controller" / "neighbour.py"
    neighbour.write_text("import firmware.wire\n")
    try:
        done = lint(copy)
    finally:
        neighbour.unlink()
    assert done.returncode == 0, done.stdout


STAGES = "within controller/, doors and station stand on stages, these on devices BROKEN"
DESK = "within the console, pages stand on panels, and panels on the desk BROKEN"


def with_line(copy: Path, importer: str, line: str) -> subprocess.CompletedProcess[str]:
    """What the linter says when ``importer`` ends with ``line``."""
    where = copy / importer
    before = where.read_text()
    where.write_text(f"{before}\n\n{line}\n")
    try:
        return lint(copy)
    finally:
        where.write_text(before)


@pytest.mark.parametrize(
    ("importer", "module", "broken"),
    [
        (
            "monitor/store/fleet.py",
            "monitor.watch.rules",
            "within monitor/, pages stand on the judge, and both on the store BROKEN",
        ),
        ("controller/papers/layout.py", "controller.devices.ports", STAGES),
        ("controller/portrait/faces.py", "controller.devices.ports", STAGES),
        ("controller/api.py", "controller.console.words", STAGES),
        ("controller/console/forms.py", "controller.console.panels", DESK),
        ("controller/stages/base.py", "controller.station.means", STAGES),
        ("controller/stages/base.py", "controller.vault.packet", STAGES),
        ("controller/dossier/state.py", "controller.rules", STAGES),
        (
            "controller/stages/portrait/run.py",
            "controller.console.words",
            "a stage at work knows no screen BROKEN",
        ),
        (
            "controller/stages/portrait/panel.py",
            "controller.station.means",
            "what screens show of a stage knows nothing of the station and its devices BROKEN",
        ),
        (
            "ground/text/catalog.py",
            "ground.error",
            "within ground/, rows and serving stand on configuration, all on text BROKEN",
        ),
        (
            "edge/report/facts.py",
            "edge.uplink.book",
            "within edge/, the uplink stands on reports, reports on the journal BROKEN",
        ),
        (
            "monitor/web/markup.py",
            "monitor.web.app",
            "nothing stands on what stands on it BROKEN",
        ),
        (
            "hw/twins/crowd_watch.py",
            "hw.twins.crowd",
            "nothing stands on what stands on it BROKEN",
        ),
    ],
)
def test_a_circle_that_comes_back_is_caught(
    copy: Path, importer: str, module: str, broken: str
) -> None:
    done = with_line(copy, importer, f"import {module}")
    assert done.returncode == 1
    assert broken in done.stdout
    seen = rf"{Path(importer).stem} -> \S*{module.rpartition('.')[2]}\b"
    assert re.search(seen, done.stdout)


@pytest.mark.parametrize(
    "line",
    [
        "def late() -> None:\n    import controller.console.panels",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import controller.console.panels",
    ],
)
def test_no_circle_hides_in_a_function_or_from_all_but_the_type_checker(
    copy: Path, line: str
) -> None:
    done = with_line(copy, "controller/console/forms.py", line)
    assert done.returncode == 1
    assert DESK in done.stdout
