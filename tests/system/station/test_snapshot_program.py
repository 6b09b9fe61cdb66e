"""A snapshot counts for the very program that took it: another word in it is another program."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.patience import CEILING_S

REPO = Path(__file__).parents[3]
ASK = "from controller.snapshot import _program; print(_program())"
TOUCHED = (
    "controller/rules.py",
    "controller/stages/base.py",
    "edge/journal/kinds.py",
    "ground/day.py",
)
"""Some that a fold goes through. Nobody has to think of them: all sources of the rooms count."""


def test_another_word_in_the_program_is_another_program(tmp_path: Path) -> None:
    for room in ("controller", "edge", "ground"):
        shutil.copytree(REPO / room, tmp_path / room)

    def program() -> str:
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=CEILING_S,
        )
        return done.stdout

    seen = [program()]
    assert program() == seen[0]
    for source in TOUCHED:
        with (tmp_path / source).open("a") as file:
            file.write("# another word\n")
        seen.append(program())
    assert len(set(seen)) == len(seen)
