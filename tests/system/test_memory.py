"""A station that crashes leaves no core file of the roster and the keys."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pyrage import x25519

from controller.vault import keys


def _cores_allowed() -> None:
    """Also where a test before in this process had the program forbid them: root may undo that."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    except ValueError:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def crashed(command: list[str], folder: Path, until: bytes) -> bool:
    """Start ``command``, let it say ``until``, abort it: did the kernel dump its core?"""
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=_cores_allowed,
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        assert line.startswith(until), line
    finally:
        process.send_signal(signal.SIGABRT)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
    assert process.returncode == -signal.SIGABRT
    return os.WCOREDUMP(status)


@pytest.fixture
def station(tmp_path: Path) -> list[str]:
    """The command line of a station without devices."""
    region = x25519.Identity.generate().to_public()
    keys.create(tmp_path / "data", str(region), "OP1", "a passphrase for tests")
    config = tmp_path / "station.toml"
    config.write_text(
        '[station]\ncode = "TH0417"\nname = "Bỉm Sơn"\naddress = "Thanh Hoá"\n'
        'region = "vn/thanh-hoa/bim-son"\n[console]\nport = 0\n'
        f'[paths]\ndata = "{tmp_path / "data"}"\n'
    )
    return [sys.executable, "-m", "tram", "station", "--config", str(config)]


def test_a_station_that_crashes_leaves_no_core(station: list[str], tmp_path: Path) -> None:
    assert not crashed(station, tmp_path, b"console ")
    assert not list(tmp_path.glob("core*"))


def test_another_program_would_leave_one(tmp_path: Path) -> None:
    """Else the test above proves nothing."""
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 and os.geteuid():
        pytest.skip("core files are forbidden here, and only root may allow them")
    program = "import time; print('up', flush=True); time.sleep(60)"
    if not crashed([sys.executable, "-c", program], tmp_path, b"up"):
        pytest.skip("this machine writes no core files")


def test_the_kernel_calls_the_program_not_dumpable_and_its_children_write_no_core() -> None:
    program = (
        "import ctypes, resource, subprocess\n"
        "from tram.memory import keep_to_itself\n"
        "PR_GET_DUMPABLE = 3\n"
        "libc = ctypes.CDLL(None)\n"
        "before = libc.prctl(PR_GET_DUMPABLE)\n"
        "keep_to_itself()\n"
        "after = libc.prctl(PR_GET_DUMPABLE)\n"
        "child = subprocess.check_output(['sh', '-c', 'ulimit -Hc'], text=True).strip()\n"
        "print(before, after, child)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 0 0\n"
