"""Hands inside the machine: hands.py FOLDER, requests on standard input, answers on its output.

A request is a JSON list a line, ``[twin, op, {arguments}]``; each is done when the one before it
has been answered (``hw/twins/control.py`` says what twins understand).
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any


def ask(path: str, request: dict[str, Any]) -> str:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.sendall(json.dumps(request).encode() + b"\n")
        return line.makefile("r").readline()


for request in sys.stdin:
    twin, op, arguments = json.loads(request)
    print(ask(f"{sys.argv[1]}/{twin}.ctl", {"op": op, **arguments}), end="", flush=True)
