"""A real PostgreSQL in a folder of its own, on a port that the system gives, ended by its pid.

The server refuses to run as root: as root it is run by the user ``postgres`` of Debian's package.
https://www.postgresql.org/docs/current/app-initdb.html
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

UP_S = 30.0
USER = "postgres"


def programs() -> Path:
    """Folder of initdb and postgres, of the newest version. Raises ``RuntimeError``."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: p.parts[-3])
    if not found:
        raise RuntimeError("PostgreSQL is not installed: setup/apt.txt names the packages")
    return found[-1].parent


class Postgres:
    """``start`` and ``stop`` as often as wanted; the data stay, and so does the port.

    It does not wait for the disk: no test cuts this machine's power, and what a killed server wrote
    is in the kernel's hands.
    """

    def __init__(self) -> None:
        # Not in pytest's folder: user postgres may not pass through root's.
        self.folder = Path(tempfile.mkdtemp(prefix="tram-postgres-"))
        self._data = self.folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None
        if os.getuid() == 0:
            shutil.chown(self.folder, USER, USER)
        self._run(
            "initdb",
            "-D",
            str(self._data),
            "-U",
            USER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        )

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database; its URL."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER, database)
        return self.url(database)

    def empty(self, database: str) -> str:
        """Take everything out of ``database``, whoever is still connected to it; its URL."""
        engine = create_engine(self.url(database).replace("://", "+psycopg://", 1))
        with engine.begin() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
        return self.url(database)

    def start(self) -> None:
        """Run until it takes connections. Raises ``RuntimeError``."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    programs() / "postgres",
                    "-D",
                    self._data,
                    "-p",
                    str(self.port),
                    "-c",
                    "fsync=off",
                    "-c",
                    "full_page_writes=off",
                    "-c",
                    "listen_addresses=127.0.0.1",
                    "-c",
                    f"unix_socket_directories={self.folder}",
                ],
                stdout=log,
                stderr=log,
                **_as_user(),
            )
        until = time.monotonic() + UP_S
        while time.monotonic() < until and self._process.poll() is None:
            ready = subprocess.run(
                [programs() / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)],
                check=False,
            )
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it by its pid and wait. SIGINT: at once and orderly; SIGQUIT: as if it crashed."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [programs() / program, *arguments], check=True, capture_output=True, **_as_user()
        )


def _as_user() -> dict[str, Any]:
    if os.getuid() != 0:
        return {"cwd": "/"}
    user = pwd.getpwnam(USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


@contextmanager
def running() -> Iterator[Postgres]:
    """A started server, ended and removed afterwards."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.remove()
