"""The third stage's tests (``third_stage.py``) run in a program of their own: who registers a stage
knows it from then on, and the other tests are of a program that knows two.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.patience import CEILING_S

TESTS = Path(__file__).with_name("third_stage.py")


def test_a_third_stage_runs_through_the_line_into_packet_facts_and_screens() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", str(TESTS)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=CEILING_S,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    print(run.stdout.splitlines()[-1])
