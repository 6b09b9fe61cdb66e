"""A byte proxy before the broker: it counts, records, and can go dead without closing anything."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """``swallow``: both ends keep their connection and nothing gets through any more, as on a 4G
    link that died. ``log``: what came, in order, per direction: True is from the booth."""

    def __init__(self, port: int) -> None:
        self.swallow = threading.Event()
        self.connections = 0
        self._target = port
        self.log: list[tuple[bool, bytes]] = []
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def sent(self) -> bytes:
        """All bytes from the booth to the broker."""
        return b"".join(data for upwards, data in self.log if upwards)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # closed
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:  # the broker is away
                near.close()
                continue
            self.connections += 1
            self._sockets += [near, far]
            threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if self.swallow.is_set():
                    continue
                self.log.append((upwards, data))
                sink.sendall(data)
        if not self.swallow.is_set():
            for end in (source, sink):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        for one in self._sockets:
            one.close()
