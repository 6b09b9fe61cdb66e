"""A busy machine: ``python -m tests.busy 8 COMMAND …`` runs a command beside eight busy processes.

``make test BUSY=8`` puts it before each stage. Its exit code is the command's. The busy ones end
with it, also on Ctrl-C, SIGTERM and SIGKILL.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from hw.twins.booth import die_with_parent

SPIN = "while True: pass"


@contextmanager
def busy(processes: int) -> Iterator[list[int]]:
    """So many processes that take all they can get; their ids."""
    spinning: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(processes):
            command = [sys.executable, "-I", "-S", "-c", SPIN]
            spinning.append(subprocess.Popen(command, preexec_fn=die_with_parent))
        yield [process.pid for process in spinning]
    finally:
        for process in spinning:
            process.kill()
        for process in spinning:
            process.wait()


def run(processes: int, command: Sequence[str]) -> int:
    """The exit code of ``command``; 128 + signal when one ended it, as a shell has it."""
    with busy(processes), subprocess.Popen(command, preexec_fn=die_with_parent) as running:

        def pass_on(number: int, _: FrameType | None) -> None:
            running.send_signal(number)

        # Ctrl-C reaches the command by itself, and pytest tells what it had done by then.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, pass_on)
        code = running.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    if len(sys.argv) < 3 or not sys.argv[1].isdigit():
        sys.exit((__doc__ or "").strip())
    sys.exit(run(int(sys.argv[1]), sys.argv[2:]))
