"""What the uplink remembers survives a kill at any moment."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from edge.uplink.db import EdgeDb

COUNTER = """
import sys
from pathlib import Path
from edge.uplink.db import EdgeDb, Watermark
db = EdgeDb(Path(sys.argv[1]))
for n in range(10**9):
    number = db.next_bd_seq()
    db.acknowledge(Watermark("0a1b2c3d", n, b"x" * 500))
    print(number, n, flush=True)
"""


def test_what_was_told_is_on_the_disk_when_the_process_is_killed(tmp_path: Path) -> None:
    path, seq, through = tmp_path / "edge.db", -1, -1
    for life in range(1, 4):
        process = subprocess.Popen(
            [sys.executable, "-c", COUNTER, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(20 * life):
            seq, through = map(int, process.stdout.readline().split())
        process.send_signal(signal.SIGKILL)
        for line in process.communicate()[0].splitlines():
            if len(words := line.split()) == 2:
                seq, through = map(int, words)
        db = EdgeDb(path)
        mark = db.watermark()
        assert mark is not None
        assert mark.through in (through, through + 1)
        assert db.next_bd_seq() in ((seq + 1) % 256, (seq + 2) % 256)
        db.close()
