"""``tram monitor`` as its users have it: a program with all its processes, asked over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
from sqlalchemy import Engine

from edge.report.orders import Role
from hw.twins.broker import Broker, free_port
from monitor import access
from monitor.config import write_command_key
from monitor.store.database import open_store
from monitor.store.places import put_tree
from monitor.tree import Place
from tests.patience import CEILING_S

PASSWORD = "correct horse battery"


class Monitor:
    """A region of one worker on a SQLite store in ``folder``, with an account of each role.

    The pages keep their port over restarts.
    """

    def __init__(self, folder: Path, broker: Broker, group: str = "vn-thanh-hoa") -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.db = f"sqlite:///{folder / 'region.db'}"
        self.engine: Engine = open_store(self.db)
        ca = f'ca = "{broker.authority.ca}"\n' if broker.authority else ""
        self.key_file = folder / "command.key"
        self.public_key = write_command_key(self.key_file)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / "monitor.log"
        self.uplink = (
            f'\n[uplink]\nhost = "{broker.host}"\nport = {broker.port}\n'
            f'{ca or "tls = false"}\ncommand_key = "{self.public_key}"\n'
        )
        """The table of a booth that reports here."""
        self._config = folder / "monitor.toml"
        self._config.write_text(
            f'db = "{self.db}"\nworkers = [["{group}"]]\ncommand_key = "{self.key_file}"\n'
            f'[broker]\nhost = "{broker.host}"\nport = {broker.port}\n{ca}'
            f"[web]\nport = {self.port}\n"
        )
        places = ("vn", "vn/thanh-hoa", "vn/thanh-hoa/bim-son", "vn/quang-tri")
        put_tree(self.engine, [Place(path, path.rsplit("/", 1)[-1]) for path in places])
        for role in Role:
            self.account(role.value, role, "")
        self._process: subprocess.Popen[bytes] | None = None
        self._family: dict[int, psutil.Process] = {}
        self._tokens: dict[str, str] = {}

    def account(self, name: str, role: Role, branch: str) -> None:
        now = time.time_ns() // 1_000_000
        access.add_account(self.engine, name, PASSWORD, role, branch, by="test", now=now)

    # ---- the program ---------------------------------------------------------------------

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tram", "monitor", "--config", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def until_it_answers(self) -> None:
        """Its pages, that is: its other parts are up sooner."""
        deadline = time.monotonic() + CEILING_S
        while not self._answers():
            assert self._process is not None
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.text("/signin")
        except (URLError, OSError):
            return False
        return True

    def part(self, name: str) -> psutil.Process:
        """The process of a part, waited for."""
        deadline = time.monotonic() + CEILING_S
        while True:
            for process in self.family():
                try:
                    if process.cmdline()[-1:] == [name]:
                        return process
                except psutil.NoSuchProcess:
                    continue  # it ended meanwhile
            assert time.monotonic() < deadline, f"no {name}:\n{self.log()}"
            time.sleep(0.05)

    def family(self) -> list[psutil.Process]:
        """The parent first, then its parts."""
        assert self._process is not None
        own = psutil.Process(self._process.pid)
        family = [own, *own.children(recursive=True)]
        self._family |= {process.pid: process for process in family}
        return family

    def kill(self, *, parent_only: bool = False) -> None:
        """SIGKILL to the parent, and to its parts unless they are to find out by themselves."""
        assert self._process is not None
        family = self.family()
        for process in family[:1] if parent_only else family:
            process.kill()
        self._process.wait(CEILING_S)
        _, alive = psutil.wait_procs(family[1:], CEILING_S)
        assert not alive, f"left behind: {alive}"
        self._process = None

    def end(self) -> int:
        """SIGTERM; the exit code. Everything it ever started is gone then."""
        assert self._process is not None
        self.family()
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(CEILING_S)
        self._process = None
        left = [process for process in self._family.values() if process.is_running()]
        assert not left, f"left behind: {left}"
        return code

    def close(self) -> None:
        """Whatever state it is in."""
        if self._process is not None:
            self.kill()
        self.engine.dispose()

    def log(self) -> str:
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    # ---- asked as a program asks ---------------------------------------------------------

    def text(self, path: str, who: str | None = None, body: object = None) -> str:
        """Raises ``urllib.error.HTTPError`` with the status."""
        headers = {"Content-Type": "application/json"}
        if who is not None:
            headers["Authorization"] = f"Bearer {self._token(who)}"
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.address + path, data, headers), timeout=CEILING_S) as answer:
            return str(answer.read().decode())

    def ask(self, path: str, who: str = "administrator", body: object = None) -> Any:
        return json.loads(self.text(path, who, body))

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            credentials = {"name": who, "password": PASSWORD}
            self._tokens[who] = json.loads(self.text("/api/v1/session", None, credentials))["token"]
        return self._tokens[who]

    def order(self, station: str, order: str, who: str = "administrator", **more: int) -> str:
        """Give a command over the API; its id. Raises ``HTTPError`` 403 when it is refused."""
        body = {"order": order, **more}
        return str(self.ask(f"/api/v1/booths/{station}/commands", who, body)["id"])


@contextmanager
def running(folder: Path, broker: Broker) -> Iterator[Monitor]:
    """A region whose pages answer, ended in order, without a traceback."""
    monitor = Monitor(folder, broker)
    try:
        monitor.start()
        monitor.until_it_answers()
        yield monitor
        assert monitor.end() == 0, monitor.log()
        assert "Traceback" not in monitor.log()
    finally:
        monitor.close()
