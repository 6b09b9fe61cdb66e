"""The demo's programs: started, listened to, and ended with it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from ground.error import TramError
from ground.text import N_
from hw.twins.booth import die_with_parent

START_S = 600.0
"""Generous: the machine may be busy. A program that ends before is noticed at once."""
END_S = 30.0


@dataclass
class Child:
    process: subprocess.Popen[str]
    lines: Queue[str | None]
    log: Path


@contextlib.contextmanager
def child(
    arguments: Sequence[str], log: Path, environment: dict[str, str] | None = None
) -> Iterator[Child]:
    """``python ARGUMENTS``, ended with us, its standard error in ``log``.

    ``-P``: what lies in the folder from which the demo is started is none of its modules.
    """
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-P", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=os.environ | (environment or {}),
            preexec_fn=die_with_parent,
        )
    assert process.stdout is not None
    lines: Queue[str | None] = Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    try:
        yield Child(process, lines, log)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def read_until(program: Child, word: str) -> str:
    """The first line that begins with ``word``. Raises ``TramError`` when none comes."""
    while True:
        try:
            line = program.lines.get(timeout=START_S)
        except Empty:
            line = None
        if line is None:
            raise TramError(
                f"a part of the demo did not start ({word}): see {program.log.name}",
                N_("The demo did not start. Look into the *.log files of its data folder."),
            )
        if line.startswith(word):
            return line


def _pump(stream: IO[str], lines: Queue[str | None]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(None)
