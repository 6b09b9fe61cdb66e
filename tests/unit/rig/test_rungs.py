"""The table test × rung: what a run writes down, what is forgotten, and what a row says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rungs.__main__ import page
from tests.rungs.record import Outcome, Record, add, path_of, rung_of
from tests.rungs.table import cell, row_of

PICO = "tests/hil/test_pico.py"


@pytest.mark.parametrize(
    ("test", "rig", "kind", "rung"),
    [
        (f"{PICO}::test_a", "sim", "sim", "sim"),
        (f"{PICO}::test_a", "rp2040", "sim", "rp2040"),
        (f"{PICO}::test_a", "bench-1", "bench", "bench"),
        (f"{PICO}::test_a", "loopback-812", "bench", "dry bench"),
        (f"{PICO}::test_a", "of somebody", "sim", ""),
        ("tests/vm/test_boot.py::test_a", "sim", "sim", "vm"),
        ("tests/vm_cuts/test_cuts.py::test_a", "sim", "sim", "vm"),
        ("tests/unit/line/test_a.py::test_a", "sim", "sim", ""),
    ],
)
def test_a_test_is_on_the_rung_of_its_rig_or_of_its_suite(
    test: str, rig: str, kind: str, rung: str
) -> None:
    assert rung_of(test, rig, kind, {}) == rung


def test_a_root_that_is_a_rung_says_so() -> None:
    assert rung_of("tests/unit/a.py::test_a", "sim", "sim", {"TRAM_RUNG": "arm64"}) == "arm64"
    with pytest.raises(ValueError, match="TRAM_RUNG=arm is none of sim, "):
        rung_of("tests/unit/a.py::test_a", "sim", "sim", {"TRAM_RUNG": "arm"})


def test_runs_of_one_commit_add_up_and_the_newest_counts(tmp_path: Path) -> None:
    add(Record("sim", "c1", {"a": "red", "b": "skipped"}, {"b": "lacks: lid"}), tmp_path)
    whole = add(Record("sim", "c1", {"a": "green", "b": "green", "c": "green"}), tmp_path)
    assert whole.outcomes == {"a": "green", "b": "green", "c": "green"}
    assert whole.reasons == {}
    assert Record.read(path_of("sim", tmp_path)) == whole


def test_what_another_commit_showed_is_forgotten(tmp_path: Path) -> None:
    add(Record("sim", "c1", {"a": "green", "b": "green"}), tmp_path)
    assert add(Record("sim", "c2", {"a": "green"}), tmp_path).outcomes == {"a": "green"}


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], ""),
        (["green"], "green"),
        (["green", "green", "skipped"], "green 2 of 3"),
        (["skipped", "skipped"], "–"),
        (["green", "red", "skipped"], "**red 1 of 2**"),
    ],
)
def test_a_cell_hides_no_red_and_no_skip(outcomes: list[Outcome], said: str) -> None:
    assert cell(outcomes) == said


def test_a_test_of_the_devices_has_its_row_and_a_unit_test_its_folders() -> None:
    assert row_of(f"{PICO}::test_nonsense[dance]") == (PICO, "test_nonsense")
    assert row_of("tests/unit/line/test_a.py::test_a") == ("whole folders", "tests/unit/line")
    assert row_of("tests/unit/test_clock.py::test_a") == (
        "whole folders",
        "tests/unit/test_clock.py",
    )


def test_the_page_is_the_same_for_the_same_runs_in_any_order(tmp_path: Path) -> None:
    outcomes: dict[str, Outcome] = {f"{PICO}::test_b": "green", f"{PICO}::test_a[1]": "red"}
    backwards = dict(reversed(outcomes.items()))
    for name, some in (("one", outcomes), ("two", backwards)):
        add(Record("sim", "c1", some), tmp_path / name)
        lacking = {f"{PICO}::test_b": "lacks: lid"}
        add(Record("bench", "c1", {f"{PICO}::test_b": "skipped"}, lacking), tmp_path / name)
    assert page(tmp_path / "one") == page(tmp_path / "two")
    said = page(tmp_path / "one")
    assert "| test | sim | rp2040 | vm | arm64 | dry bench | bench |\n" in said
    assert "| a | **red 1 of 1** |  |  |  |  |  |\n| b | green |  |  |  |  | – |\n" in said
    assert "- bench: 1 × lacks: lid" in page(tmp_path / "one")


def test_no_page_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no run: make hil"):
        page(tmp_path)
