"""The region's pages as a program of their own, on a store, at a chosen time of day.

Usage: ``python -m tests.console_monitor.serve URL KEY-FILE SHIFT-MS``; prints the address. The
clock is the machine's, ``SHIFT-MS`` ahead, so that tests see a region at work at any hour.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from monitor.store.database import open_store
from monitor.web.app import build
from monitor.web.live import wall_clock


def main(url: str, key_file: str, shift_ms: str) -> None:
    key = load_pem_private_key(Path(key_file).read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    shift = int(shift_ms)
    app = build(open_store(url), key, clock=lambda: wall_clock() + shift)
    bound = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False)).run([bound])


if __name__ == "__main__":
    main(*sys.argv[1:])
