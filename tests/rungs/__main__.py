"""``python -m tests.rungs > docs/hardware.md``: the page, from what runs left in .cache."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.rungs import RUNGS
from tests.rungs.record import FOLDER, Record, path_of
from tests.rungs.table import counts, reasons, table

HEAD = Path(__file__).with_name("head.md")


def page(folder: Path = FOLDER) -> str:
    """The whole page; ValueError when no run has left anything."""
    records = [Record.read(path) for rung in RUNGS if (path := path_of(rung, folder)).exists()]
    if not records:
        raise ValueError(f"{folder} holds no run: make hil, make test-arm64, … first")
    parts = [HEAD.read_text().rstrip().splitlines(), ["", "## The runs", ""], counts(records)]
    parts += [["", "## Test × rung"], table(records)]
    if why := reasons(records):
        parts += [["", "## Why tests were skipped", ""], why]
    return "\n".join(line for part in parts for line in part) + "\n"


if __name__ == "__main__":
    try:
        sys.stdout.write(page())
    except ValueError as error:
        sys.exit(str(error))
