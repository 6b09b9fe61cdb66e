"""Runs the same program on both interpreters of the link's contract."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hw.twins.pico_install import find_micropython
from tests.patience import CEILING_S

HERE = Path(__file__).resolve().parent
FIRMWARE = HERE.parents[2] / "firmware"
INTERPRETERS = {"cpython": sys.executable, "micropython": find_micropython()}


def judge(interpreter: str, values: Sequence[object], folder: Path) -> list[str]:
    """Contract hash, then the verdict of ``judge.py`` on each of ``values``."""
    file = folder / f"{interpreter}.jsonl"
    file.write_text("".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))
    return run(interpreter, HERE / "judge.py", str(FIRMWARE), str(file))


def run(interpreter: str, program: Path, *arguments: str) -> list[str]:
    """The program's output lines; CalledProcessError shows what went wrong."""
    result = subprocess.run(
        [INTERPRETERS[interpreter], str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.splitlines()
