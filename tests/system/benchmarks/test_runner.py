"""The runner of the figures: the real program over a folder of tiny families."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import CEILING_S

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"

FAMILIES = {
    "bench_a.py": """
def run():
    yield {"name": "a.fast_ms", "value": 1.5, "unit": "ms", "limit": 2, "note": "đo 3 lần"}
    yield {"name": "a.slow_ms", "value": 2.5, "unit": "ms", "limit": 2, "note": ""}
""",
    "bench_b.py": """
def run():
    yield {"name": "b.before", "value": 1, "unit": "", "limit": None, "note": ""}
    raise OSError("no disk")
""",
    "bench_c.py": """
def run():
    yield {"name": "c.good", "value": 0.95, "unit": "", "limit": "≥ 0.90", "note": ""}
    yield {"name": "c.bad", "value": 0.85, "unit": "", "limit": "≥ 0.90", "note": ""}
""",
    "bench_d.py": "import no_such_module",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    (folder / "benchmarks").mkdir()
    for name in ("__init__.py", "__main__.py"):
        shutil.copy(BENCHMARKS / name, folder / "benchmarks")
    for name, text in FAMILIES.items():
        (folder / "benchmarks" / name).write_text(text)
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=CEILING_S,
        check=False,
    )


@pytest.fixture(scope="module")
def all_families(folder: Path) -> subprocess.CompletedProcess[str]:
    return run(folder)


def test_each_figure_is_one_json_object_a_line(
    all_families: subprocess.CompletedProcess[str],
) -> None:
    figures = [json.loads(line) for line in all_families.stdout.splitlines()]
    assert all(list(figure) == ["name", "value", "unit", "limit", "note"] for figure in figures)
    assert [figure["name"] for figure in figures] == [
        "a.fast_ms",
        "a.slow_ms",
        "b.before",
        "b",
        "c.good",
        "c.bad",
        "d",
    ]


def test_a_crashed_family_is_reported_and_the_rest_goes_on(
    all_families: subprocess.CompletedProcess[str],
) -> None:
    notes = {f["name"]: f["note"] for f in map(json.loads, all_families.stdout.splitlines())}
    assert notes["b"].endswith("OSError: no disk")
    assert "no_such_module" in notes["d"]
    assert all_families.returncode == 1


def test_the_table_says_how_each_figure_stands_to_its_limit(
    all_families: subprocess.CompletedProcess[str],
) -> None:
    rows = {line.split()[0]: line for line in all_families.stderr.splitlines()[-7:]}
    assert " ok " in rows["a.fast_ms"]
    assert rows["a.fast_ms"].endswith("đo 3 lần")
    assert rows["a.slow_ms"].endswith("≤ 2       over the limit")
    assert rows["c.good"].endswith(" ok")
    assert rows["c.bad"].endswith("over the limit")
    assert "crashed" in rows["b"]


def test_a_figure_over_its_limit_is_no_failure(folder: Path) -> None:
    done = run(folder, "--only", "a")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2


def test_an_unknown_family_is_answered_with_those_there_are(folder: Path) -> None:
    done = run(folder, "--only", "x")
    assert done.returncode == 2
    assert re.search(r"choose from '?a\b", done.stderr)  # quoted up to Python 3.11
    assert "Traceback" not in done.stderr
