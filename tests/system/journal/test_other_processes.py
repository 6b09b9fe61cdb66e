"""The journal beside another process, and on a disk of its own that is really full."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from edge.journal import events as e
from edge.journal.error import FULL
from edge.journal.store import Journal
from edge.journal.verify import verify
from ground.clock import SteppedClock
from tests.unit.journal.journal_rows import STATION, until_refused

TAKEN = e.DeviceTaken(e.Device.CAMERA)
ROOT = Path(__file__).parents[3]


def test_it_is_read_whole_at_any_time_while_another_process_writes(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    program = (
        "import sys; from pathlib import Path; from ground.clock import SystemClock\n"
        "from edge.journal import events as e; from edge.journal.store import Journal\n"
        "journal = Journal(Path(sys.argv[1]), 'TH0417', SystemClock())\n"
        "print('open', flush=True)\n"
        "for _ in range(300): journal.append(*[e.DeviceTaken(e.Device.CAMERA)] * 3)\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    seen = []
    while writer.poll() is None:
        verdict = verify(path)
        assert verdict.bad_row is None, verdict
        assert verdict.rows % 3 == 0  # never half a transaction
        seen.append(verdict.rows)
    writer.stdout.close()
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 2, "the reader never met the writer at work"
    assert verify(path).rows == 900


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tram-test", disk], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("needs root to mount a small disk")
    return disk


def test_a_disk_that_is_really_full_says_so_and_nothing_is_lost(small_disk: Path) -> None:
    path, ballast = small_disk / "journal.db", small_disk / "ballast"
    journal = Journal(path, STATION, SteppedClock())
    try:
        ballast.write_bytes(b"x" * 100_000)
        refused = until_refused(journal, TAKEN)
        written = journal.seq
        assert refused.advice == FULL
        assert verify(path).rows == written
        ballast.unlink()
        journal.append(TAKEN, TAKEN)
        verdict = verify(path)
        assert (verdict.rows, verdict.bad_row) == (written + 2, None)
    finally:
        journal.close()
        subprocess.run(["umount", small_disk], check=True)
