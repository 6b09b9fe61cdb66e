"""Start a booth's twins and keep them running until standard input closes.

A twin that ends is started anew, as a device that is unplugged is put back after a while.
"""

from __future__ import annotations

import argparse
import select
import signal
import sys
from pathlib import Path

from hw.twins.booth import DEVICES, Booth

PUT_BACK_S = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    booth = Booth(arguments.folder, arguments.speed, arguments.seed)
    try:
        booth.start_all()
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], PUT_BACK_S)[0]:
            for device in DEVICES:
                booth.port(device)
    finally:
        booth.end_all()


if __name__ == "__main__":
    main()
