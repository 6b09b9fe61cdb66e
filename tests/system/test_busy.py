"""The load that ``make test BUSY=N`` puts on the machine ends with the command it was made for."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.busy import SPIN, busy

REPO = Path(__file__).parents[2]
BUSY = [sys.executable, "-m", "tests.busy"]


def test_it_is_as_busy_as_asked_and_ends() -> None:
    with busy(2) as ids:
        assert [psutil.Process(pid).cmdline()[-1] for pid in ids] == [SPIN, SPIN]
    assert not any(psutil.pid_exists(pid) for pid in ids)


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_commands(code: int) -> None:
    done = subprocess.run(
        [*BUSY, "1", sys.executable, "-c", f"raise SystemExit({code})"], cwd=REPO, check=False
    )
    assert done.returncode == code


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_however_it_ends(end: signal.Signals) -> None:
    program = subprocess.Popen(
        [*BUSY, "2", sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"],
        cwd=REPO,
        stdout=subprocess.PIPE,
    )
    assert program.stdout
    try:
        assert program.stdout.readline(), "the command runs"
        family = psutil.Process(program.pid).children(recursive=True)
        spinning = [process for process in family if process.cmdline()[-1] == SPIN]
        assert len(spinning) == 2
    finally:
        program.send_signal(end)
        program.wait()
        program.stdout.close()
    _, alive = psutil.wait_procs(spinning, timeout=180)
    assert alive == []


def test_without_a_command_it_says_what_it_is_for() -> None:
    done = subprocess.run([*BUSY], cwd=REPO, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "make test BUSY=8" in done.stderr
