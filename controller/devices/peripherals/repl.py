"""MicroPython's raw REPL: programs sent to a Pico whose firmware has been stopped.

The protocol is that of shared/runtime/pyexec.c (``pyexec_raw_repl``): Ctrl-A enters it, Ctrl-D runs
what was sent; the answer is ``OK``, what the program printed, 0x04, its traceback, 0x04, ``>``.

Nothing in ``Repl`` waits forever, and every step is safe to repeat. It blocks: ``installing``
uses it. The station itself only needs the way out of a prompt: ``Prompt``, as pure as ``link``.
"""

from __future__ import annotations

import re
from typing import Protocol

from ground.error import TramError
from ground.text import N_

INTERRUPT, RAW, FRIENDLY, END = b"\x03", b"\x01", b"\x02", b"\x04"
BANNER = b"raw REPL; CTRL-B to exit\r\n>"
ENTER_TRIES = 5
QUIET_S = 0.2
ANSWER_S = 2.0
RUN_S = 15.0
"""The longest program writes a block of the flash, which may take 400 ms for each erase."""
_AT_PROMPT = re.compile(rb">>> |\.\.\. |>$")
"""What only a REPL leaves at the end: its prompt (">" that of the raw one) and the echo of what
came, in which our line feeds end nothing (shared/readline/readline.c). Our own frames begin with
``[``."""
LEAVE = b"\r" + INTERRUPT + FRIENDLY + b"import machine; machine.reset()\r"
"""Brings the firmware back from either prompt: clears what stands there, then resets the chip.
Never for a Pico that may be running its firmware: the interrupt stops it."""
NUDGE = b"\r" + FRIENDLY + b"\n"
"""Makes a prompt show itself: a raw REPL is silent, and the other one showed its prompt to somebody
before us. To the firmware it is a line of noise."""
FIRST_PAUSE_S = 2.0
MAX_PAUSE_S = 64.0
"""Between two tries: a Pico without a firmware comes back to its prompt each time."""


class ReplFailed(TramError):
    """The Pico did not do what it was told."""

    SILENT = N_(
        "The Pico does not answer. Pull its USB cable, put it back and try again; if the problem "
        "persists, hold BOOTSEL while plugging it in and copy MicroPython onto it first."
    )
    FAILED = N_(
        "The Pico could not do what it was told ({what}). Nothing was replaced: the firmware that "
        "it had is still there. Try again; if the problem persists, change the Pico."
    )


class Line(Protocol):
    """Bytes both ways."""

    def write(self, data: bytes) -> None: ...

    def read(self, within_s: float) -> bytes:
        """What came, as soon as anything did; empty after ``within_s``. OSError when it is gone."""
        ...


class Repl:
    """The raw REPL at the other end of ``line``."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._read = b""

    def enter(self) -> None:
        """Stop whatever runs. Raises ReplFailed."""
        for _ in range(ENTER_TRIES):
            self._line.write(b"\r" + INTERRUPT + INTERRUPT)
            while self._line.read(QUIET_S):
                pass
            self._read = b""
            self._line.write(b"\r" + RAW)
            if self._until(BANNER, ANSWER_S) is not None:
                return
            self._line.write(END)  # out of what may be half a program, or a raw paste
        raise ReplFailed("no raw REPL", ReplFailed.SILENT)

    def run(self, program: str, within_s: float = RUN_S) -> str:
        """Run it; gives what it printed. Raises ReplFailed."""
        self._line.write(program.encode() + END)
        if self._until(b"OK", within_s) is None:
            raise ReplFailed("no OK", ReplFailed.SILENT)
        printed = self._until(END, within_s)
        error = self._until(END + b">", within_s) if printed is not None else None
        if printed is None or error is None:
            raise ReplFailed("no end", ReplFailed.SILENT)
        if error:
            what = error.decode(errors="replace").strip().splitlines()[-1]
            raise ReplFailed(what, ReplFailed.FAILED, what=what)
        return printed.decode(errors="replace")

    def reset(self) -> None:
        """Reset the chip; the line goes with it."""
        self._line.write(b"import machine; machine.reset()" + END)

    def _until(self, mark: bytes, within_s: float) -> bytes | None:
        """What came before ``mark``; None when nothing more comes within ``within_s``."""
        while mark not in self._read:
            data = self._line.read(within_s)
            if not data:
                return None
            self._read += data
        found, _, self._read = self._read.partition(mark)
        return found


class Prompt:
    """Whether MicroPython's prompt is at the other end, where the firmware should be (it was
    interrupted, or is not there), and what to send then.
    """

    def __init__(self) -> None:
        self._line = b""
        self._again_at = 0.0
        self._pause_s = FIRST_PAUSE_S

    def heard(self, data: bytes) -> None:
        """Bytes from the Pico: only how the last line begins is of interest."""
        self._line = (self._line + data).rpartition(b"\n")[2][: len(b">>> ")]

    def answered(self) -> None:
        """The firmware speaks."""
        self._pause_s = FIRST_PAUSE_S

    def way_out(self, now: float) -> bytes:
        """For a Pico that owes an answer: LEAVE when it stands at its prompt, now and then."""
        if now < self._again_at or not _AT_PROMPT.match(self._line):
            return b""
        self._line = b""
        self._again_at = now + self._pause_s
        self._pause_s = min(2 * self._pause_s, MAX_PAUSE_S)
        return LEAVE
