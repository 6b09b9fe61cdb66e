"""A real writer that is killed at any instant: tells each acknowledged (first, last) seq.

``python killed_writer.py JOURNAL``
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from edge.journal import events as e
from edge.journal.store import Journal
from ground.clock import SystemClock

journal = Journal(Path(sys.argv[1]), "TH0417", SystemClock())
os.write(1, f"opened {journal.seq}\n".encode())
while True:
    count = 1 + journal.seq % 3
    events = journal.append(*[e.UnlockFailed(journal.seq, count)] * count)
    os.write(1, f"{events[0].seq} {events[-1].seq}\n".encode())
