"""A time server inside the machine: time_server.py SECONDS_AHEAD, on 127.0.0.1, port 123.

RFC 5905, a server's answer without extensions. Its own clock is the machine's monotonic one, so it
stands when the machine's wall clock is set.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

HEADER = struct.Struct(">BBbbII4sQQQQ")
SINCE_1900_S = 2_208_988_800
SERVER, STRATUM, PRECISION = 0o44, 1, -20
"""Leap indicator 0, version 4, mode 4; a primary server that is good to a microsecond."""
began = time.time() + float(sys.argv[1]) - time.monotonic()


def stamp() -> int:
    return int((began + time.monotonic() + SINCE_1900_S) * 2**32)


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
    line.bind(("127.0.0.1", 123))
    while True:
        asked, who = line.recvfrom(1024)
        if len(asked) >= HEADER.size:
            poll, sent = asked[2], asked[40:48]
            times = (stamp(), int.from_bytes(sent), stamp(), stamp())
            line.sendto(HEADER.pack(SERVER, STRATUM, poll, PRECISION, 0, 1, b"GPS\0", *times), who)
