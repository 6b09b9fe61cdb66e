"""A bench is held by a run and no longer: also when the run is killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hil.rig import Ports, Rig, RigError, held

REPO = Path(__file__).parents[3]
BENCH = Rig("bench-1", "bench", frozenset({"camera"}), Ports(camera="picamera2:"))


def test_a_killed_run_frees_its_bench(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, tests.hil.rig as r\n"
        "rig = r.Rig('bench-1', 'bench', frozenset())\n"
        "with r.held(rig, pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPO,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"held\n"
        with pytest.raises(RigError, match=f"pid {run.pid},"), held(BENCH, tmp_path):
            pass
        run.send_signal(signal.SIGKILL)
        run.wait()
    with held(BENCH, tmp_path):
        pass
