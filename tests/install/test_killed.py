"""Whoever runs a command in a root or in emulation may be killed: it ends with him."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.install.container import TOP
from tests.install.technician import until


def running(seconds: str) -> list[str]:
    """Ids of the processes that sleep so long, wherever they do."""
    words = ["sleep", seconds]
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if command[-3:-1] == words:
            found.append(process.name)
    return found


@pytest.mark.parametrize("how", ["in-root", "emulated"])
def test_a_command_ends_with_who_called_it(how: str, root: Path) -> None:
    seconds = f"9{os.getpid()}"  # nobody else sleeps so long
    within = [str(root)] if how == "in-root" else []
    words = " ".join([str(TOP / "setup" / how), *within, "sleep", seconds])
    caller = subprocess.Popen(["bash", "-c", f"{words}; true"])
    try:
        until(lambda: running(seconds), "the command")
    finally:
        caller.kill()
        caller.wait()
    until(lambda: not running(seconds), "its end")
