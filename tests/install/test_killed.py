"""Whoever runs a command in a root or in emulation may be killed: it ends with him."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.install.container import TOP
from tests.install.technician import until


def running(seconds: str, *, told: bool = False, itself: bool = False) -> list[str]:
    """Ids of the processes that sleep so long, or are to start one that does, wherever they are.

    ``told``: only a script that has begun anew, to end with its caller. ``itself``: only the sleep.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")[:-1]
            environment = (process / "environ").read_bytes().decode()
        except OSError:
            continue
        if (
            command[-2:] == ["sleep", seconds]
            and (len(command) == 2 or not itself)
            and ("ENDS_WITH=" in environment or not told)
        ):
            found.append(process.name)
    return found


@pytest.mark.parametrize("how", ["in-root", "emulated"])
@pytest.mark.parametrize("when", ["it begins", "its command runs"])
def test_a_command_ends_with_who_called_it(how: str, when: str, root: Path) -> None:
    seconds = f"9{os.getpid()}"  # nobody else sleeps so long
    within = [str(root)] if how == "in-root" else []
    words = " ".join([str(TOP / "setup" / how), *within, "sleep", seconds])
    caller = subprocess.Popen(["bash", "-c", f"{words}; true"])
    begins = when == "it begins"
    try:  # without a pause: what it does first is quickly done
        while not running(seconds, told=begins, itself=not begins):
            assert caller.poll() is None
    finally:
        caller.kill()
        caller.wait()
    until(lambda: not running(seconds), "its end")
