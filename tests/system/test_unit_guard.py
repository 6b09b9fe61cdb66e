"""A unit test that starts a process or opens a connection fails, however it does so."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.patience import CEILING_S
from tests.unit.guard import NotAlone, alone

REPO = Path(__file__).parents[2]


def piped() -> None:
    with os.popen("true") as said:
        said.read()


def awaited() -> None:
    asyncio.run(asyncio.create_subprocess_exec("true"))


def bound() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))


def connected() -> None:
    with socket.socket() as door:
        door.connect(("127.0.0.1", 1))


def spawned() -> None:
    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()


def swallowed() -> None:
    with contextlib.suppress(BaseException):
        subprocess.run(["true"], check=True)


def in_a_thread() -> None:
    thread = threading.Thread(target=swallowed)
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    "act",
    [
        lambda: subprocess.run(["true"], check=True),
        lambda: os.system("true"),
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        os.fork,
        lambda: os.execv("/bin/true", ["true"]),
        piped,
        awaited,
        bound,
        connected,
        spawned,
        swallowed,
        in_a_thread,
    ],
)
def test_what_only_a_test_of_whole_programs_may_do_is_refused(act: Callable[[], object]) -> None:
    with pytest.raises(NotAlone, match="tests/system"), alone():
        act()


def test_what_only_computes_is_left_alone() -> None:
    with alone():
        asyncio.run(asyncio.sleep(0))
        near, far = socket.socketpair()
        near.close()
        far.close()


SUITE = """
import contextlib, subprocess
import pytest

@pytest.fixture(scope="session")
def program(): return subprocess.run(["true"])

def test_in_a_fixture(program): pass
def test_in_the_call(): subprocess.run(["true"])
def test_in_secret():
    with contextlib.suppress(BaseException): subprocess.run(["true"])
def test_alone(): pass
"""


def test_the_folder_of_unit_tests_keeps_the_rule(tmp_path: Path) -> None:
    """Its real conftest over a tiny suite."""
    unit = tmp_path / "tests" / "unit"
    unit.mkdir(parents=True)
    for name in ("conftest.py", "guard.py"):
        shutil.copy(REPO / "tests" / "unit" / name, unit)
    (unit / "test_tiny.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "--import-mode=importlib", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=CEILING_S,
    )
    found = re.findall(r"^(PASSED|FAILED|ERROR) .*::test_(\w+)", done.stdout, re.MULTILINE)
    assert {name: outcome for outcome, name in found} == {
        "in_a_fixture": "ERROR",
        "in_the_call": "FAILED",
        "in_secret": "FAILED",
        "alone": "PASSED",
    }, done.stdout
