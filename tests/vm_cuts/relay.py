"""Join standard input, a socket, with a Unix socket: ``relay.py PATH``.

QEMU starts one for each connection that the machine makes to its camera.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for end in (source, target):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def main() -> None:
    machine = socket.socket(fileno=0)
    twin = socket.socket(socket.AF_UNIX)
    twin.connect(sys.argv[1])
    back = threading.Thread(target=pump, args=(twin, machine))
    back.start()
    pump(machine, twin)
    back.join()


if __name__ == "__main__":
    main()
