"""A rig's file is checked before anything runs on it, and a bench is held by one run at a time."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import pytest

from tests.hil.rig import Ports, Rig, RigError, held, load

RIGS = Path(__file__).parents[2] / "hil" / "rigs"
BENCH = Rig("bench-1", "bench", frozenset({"camera"}), Ports(camera="picamera2:"))


def rig_file(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["sim.toml", "bench.example.toml"])
def test_the_rigs_in_the_repo_load(name: str) -> None:
    assert "camera" in load(RIGS / name).features


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('name = "x"\nkind = "sim"\nfeatures = ["camara"]', "unknown features ['camara']"),
        ('name = "x"\nkind = "bunch"\nfeatures = []', 'kind must be "sim" or "bench"'),
        ('name = "x"\nkind = "bench"\nfeatures = ["pico"]', "['pico'] have no port"),
        ('name = "x"\nkind = "bench"\nfeatures = []\n[ports]\npicco = ""', "picco"),
        ('name = "x"\nkind = "bench"\nfeatures = ["hands"]', "needs somebody in [hands]"),
        ('kind = "sim"\nfeatures = []', "lacks name"),
        ('name = "x"\nkind = sim', "line 2, column 8"),
    ],
)
def test_a_wrong_rig_file_is_refused_with_its_place(
    tmp_path: Path, text: str, complaint: str
) -> None:
    path = rig_file(tmp_path, text)
    with pytest.raises(RigError) as refused:
        load(path)
    assert str(refused.value).startswith(str(path))
    assert complaint in str(refused.value)


def test_a_missing_rig_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RigError, match="cannot be read: No such file"):
        load(tmp_path / "none.toml")


def test_a_second_run_on_a_bench_is_told_who_holds_it(tmp_path: Path) -> None:
    with held(BENCH, tmp_path):
        holder = f"bench bench-1 is in use by {getpass.getuser()}, pid {os.getpid()}, since "
        with pytest.raises(RigError, match=holder), held(BENCH, tmp_path):
            pass


def test_a_lock_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    refused = pytest.raises(
        RigError, match=r"lock .*tram-rig-bench-1\.lock cannot be opened: No such"
    )
    with refused, held(BENCH, tmp_path / "away"):
        pass


def test_a_bench_is_free_after_its_run(tmp_path: Path) -> None:
    for _ in range(2):
        with held(BENCH, tmp_path):
            pass


def test_two_runs_on_virtual_hardware_do_not_exclude_each_other(tmp_path: Path) -> None:
    sim = Rig("sim", "sim", frozenset())
    with held(sim, tmp_path), held(sim, tmp_path):
        assert list(tmp_path.iterdir()) == []
