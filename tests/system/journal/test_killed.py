"""SIGKILL of a real writer at random instants: what it acknowledged is there, once, in order."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from edge.journal.events import UnlockFailed
from edge.journal.store import read_events
from edge.journal.verify import verify

WRITER = Path(__file__).with_name("killed_writer.py")
ROOT = Path(__file__).parents[3]
KILLS = 100
LONGEST_S = 0.06


def one_life(path: Path, lives_s: float) -> tuple[int, int]:
    """(seq found at the start, last acknowledged seq) of a writer killed after ``lives_s``."""
    writer = subprocess.Popen(
        [sys.executable, str(WRITER), str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert writer.stdout is not None
    opened = int(writer.stdout.readline().split()[1])
    time.sleep(lives_s)  # the instant of the kill is what is being chosen, nothing is waited for
    writer.kill()
    lines = writer.stdout.read().decode().splitlines(keepends=True)
    writer.wait()
    writer.stdout.close()
    acknowledged = [int(line.split()[1]) for line in lines if line.endswith("\n")]
    return opened, max(acknowledged, default=opened)


def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(2026)
    path = tmp_path / "journal.db"
    acknowledged = 0
    for _ in range(KILLS):
        opened, last = one_life(path, dice.uniform(0, LONGEST_S))
        assert opened >= acknowledged, "an acknowledged event was lost"
        assert opened - acknowledged <= 3, "more than the one transaction in hand appeared"
        acknowledged = last
    verdict = verify(path)
    assert verdict.bad_row is None, verdict
    assert verdict.rows >= acknowledged
    # Every transaction is whole: its rows carry where it began and how many they are.
    rows = [event.body for event in read_events(path)]
    at = 0
    while at < len(rows):
        body = rows[at]
        assert isinstance(body, UnlockFailed)
        assert body.tries == at
        assert rows[at : at + body.locked_out_s] == [body] * body.locked_out_s
        at += body.locked_out_s
    assert at == len(rows) > KILLS, "the writers were killed before they wrote anything"
