"""The last lines of the booth's logs, for a technician far away.

The programs of a booth log to standard error; systemd's journal keeps that, or whoever started them
does, in ``*.log`` files of the data folder. Neither log names anybody (the rule of the house); what
leaves the booth is bounded all the same.
"""

from __future__ import annotations

import gzip
import subprocess
from collections import deque
from pathlib import Path

UNITS = ("tram", "tram-edge")
LINES_MAX = 2_000
BYTES_MAX = 64_000
"""Compressed, on the wire."""
_LINE_CHARS = 500
_JOURNALCTL_S = 10.0


def tail(data: Path, lines: int) -> bytes:
    """gzip of UTF-8 text: the last ``lines`` lines of each log, at most ``BYTES_MAX`` bytes."""
    wanted = min(lines, LINES_MAX)
    text = _files(data, wanted) or _systemd(wanted) or "no log was found\n"
    while len(packed := gzip.compress(text.encode(), mtime=0)) > BYTES_MAX:
        text = text[len(text) // 4 :]
    return packed


def _files(data: Path, lines: int) -> str:
    parts = []
    for name in ("station.log", "edge.log"):
        try:
            with (data / name).open(encoding="utf-8", errors="replace") as file:
                last = deque((line.rstrip("\n")[:_LINE_CHARS] for line in file), maxlen=lines)
        except OSError:
            continue
        parts += [f"== {name}", *last]
    return "\n".join([*parts, ""]) if parts else ""


def _systemd(lines: int) -> str:
    command = ["journalctl", "--no-pager", "--quiet", "--output=short-iso", f"--lines={lines}"]
    for unit in UNITS:
        command += ["--unit", unit]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_JOURNALCTL_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    text = done.stdout.decode("utf-8", "replace")
    return "\n".join([*(line[:_LINE_CHARS] for line in text.splitlines()), ""]) if text else ""
