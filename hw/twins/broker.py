"""The region's broker: a real mosquitto with its own configuration, ended by its pid.

Its port is one that the system gives. It can be killed and started again on the same port. With
``tls`` it shows the certificate that it is given.
https://mosquitto.org/man/mosquitto-conf-5.html
"""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hw.twins.booth import die_with_parent

UP_S = 20.0


def free_port() -> int:
    """A TCP port on 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Certificates(Protocol):
    """PEM files: of the CA, and of the broker and its key."""

    @property
    def ca(self) -> Path: ...
    @property
    def cert(self) -> Path: ...
    @property
    def key(self) -> Path: ...


class Broker:
    """``start`` and ``kill`` as often as wanted; ``lines`` are more of its configuration."""

    def __init__(
        self, folder: Path, *, tls: Certificates | None = None, lines: tuple[str, ...] = ()
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.host, self.port = "127.0.0.1", free_port()
        self.authority = tls
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        config = [
            f"listener {self.port} {self.host}",
            f"user {getpass.getuser()}",  # started by root, it would drop to a user of its own
            "allow_anonymous true",
            "persistence false",
            "max_queued_messages 0",
            "log_dest stderr",
            *(f"log_type {kind}" for kind in ("error", "warning", "notice")),
            *lines,
        ]
        if self.authority:
            config += [f"certfile {self.authority.cert}", f"keyfile {self.authority.key}"]
        self._config.write_text("\n".join(config) + "\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run until the port answers. Raises ``RuntimeError`` with the log when it does not."""
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
        if program is None:
            raise RuntimeError("mosquitto is not installed: setup/apt.txt names the packages")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [program, "-c", str(self._config)],
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        until = time.monotonic() + UP_S
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection((self.host, self.port), 1.0).close()
                return
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"mosquitto did not start:\n{self.log()[-2000:]}")

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it by its pid, SIGKILL by default, and wait."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        return self._log.read_text(errors="replace")


@contextmanager
def running(
    folder: Path, *, tls: Certificates | None = None, lines: tuple[str, ...] = ()
) -> Iterator[Broker]:
    """A started broker, ended afterwards."""
    broker = Broker(folder, tls=tls, lines=lines)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()
