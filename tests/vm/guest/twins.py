"""Twins of devices inside the machine: twins.py FOLDER DEVICE…, until it is told to stop."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from hw.twins.booth import Booth

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
booth = Booth(Path(sys.argv[1]), 1.0, 1)
try:
    for device in sys.argv[2:]:
        booth.port(device)
    while True:
        signal.pause()
finally:
    booth.end_all()
