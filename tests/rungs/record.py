"""What a run of pytest writes down: outcome by test, in a file for each rung, of one commit.

The rung is TRAM_RUNG of the environment (a root or a machine in which a suite runs says so), else
the rig of tests/hil, else the folder of a suite that has one rung. Other runs leave nothing.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from tests.rungs import RUNGS

Outcome = Literal["green", "red", "skipped"]

TOP = Path(__file__).parents[2]
FOLDER = TOP / ".cache" / "rungs"
OF_ONE_RUNG = {
    "tests/rp2040": "rp2040",
    "tests/vm": "vm",
    "tests/vm_cuts": "vm",
    "tests/arm64": "arm64",
}
LOOPBACK = "loopback-"
"""How the rig of hw/bench/loopback.py begins its name."""


@dataclass
class Record:
    """One rung's file: ``commit`` of the tree, each test's outcome, and why it was skipped."""

    rung: str
    commit: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text()))

    def write(self, path: Path) -> None:
        """Whole or not at all, tests in order of name."""
        fresh = path.with_suffix(".new")
        content = {
            "rung": self.rung,
            "commit": self.commit,
            "outcomes": dict(sorted(self.outcomes.items())),
            "reasons": dict(sorted(self.reasons.items())),
        }
        fresh.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
        fresh.rename(path)


def path_of(rung: str, folder: Path = FOLDER) -> Path:
    return folder / f"{rung.replace(' ', '-')}.json"


def rung_of(test: str, rig: str, kind: str, environment: Mapping[str, str] = os.environ) -> str:
    """The rung that ``test`` (its node id) ran on; "" for none. ``rig`` and ``kind``: the run's."""
    if named := environment.get("TRAM_RUNG"):
        if named not in RUNGS:
            raise ValueError(f"TRAM_RUNG={named} is none of {', '.join(RUNGS)}")
        return named
    for folder, rung in OF_ONE_RUNG.items():
        if test.startswith(f"{folder}/"):
            return rung
    if not test.startswith("tests/hil/"):
        return ""
    if kind == "bench":
        return "dry bench" if rig.startswith(LOOPBACK) else "bench"
    return rig if rig in RUNGS else ""


def commit() -> str:
    """Of the tree, "+" when it holds what is not committed; TRAM_COMMIT where there is no git."""
    if named := os.environ.get("TRAM_COMMIT"):
        return named
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"],
            cwd=TOP,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def add(record: Record, folder: Path = FOLDER) -> Record:
    """Join ``record`` to what its rung's file holds of the same commit; gives the whole. What was
    found on another commit is forgotten: it says nothing about this one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = path_of(record.rung, folder)
    with _alone(folder):
        if path.exists():
            before = Record.read(path)
            if before.commit == record.commit:
                record.outcomes = before.outcomes | record.outcomes
                record.reasons = {
                    test: reason
                    for test, reason in (before.reasons | record.reasons).items()
                    if record.outcomes[test] == "skipped"
                }
        record.write(path)
    return record


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two suites may end at once."""
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
