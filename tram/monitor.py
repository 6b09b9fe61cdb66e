"""``tram monitor``: the region. A parent that starts what it consists of and starts it again.

Parts are processes: an ingest worker for each list of groups, the pages, the watch over alarms.
Each gets the settings on its standard input, not on its command line, where a password would be
read by everybody; that pipe also tells it that the parent is gone.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ground.backoff import Doubling
from tram.accounts_cli import account
from tram.ca_cli import ca
from tram.plain import parts_of, plain_errors, say

if TYPE_CHECKING:
    from monitor.config import Settings

LOG = "%(asctime)s %(levelname)s %(name)s %(message)s"
FIRST_WAIT_S, LAST_WAIT_S = 0.5, 30.0
LONG_LIFE_S = 60.0
"""A part that lived so long is started again at once when it dies."""
END_S = 20.0
"""How long parts have to end by themselves."""

monitor = typer.Typer(
    help="The region: take in what booths report, show it, watch over it.",
    invoke_without_command=True,
    no_args_is_help=False,
)
monitor.add_typer(account, name="account")
monitor.command("ca")(ca)


@monitor.callback()
def run(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The region's configuration.")] = None,
    db: Annotated[
        str | None, typer.Option(help="sqlite:///path or postgresql://user@server/name")
    ] = None,
    broker: Annotated[str | None, typer.Option(help="The broker's host:port.")] = None,
    groups: Annotated[
        list[str] | None,
        typer.Option(help="Sparkplug groups of a worker, commas between; again for another one."),
    ] = None,
    port: Annotated[int | None, typer.Option(help="Of the pages; 0: any that is free.")] = None,
    command_key: Annotated[Path | None, typer.Option(help="Made by tram monitor key.")] = None,
) -> None:
    """Run the region until SIGINT or SIGTERM. Options go before the configuration's values."""
    if context.invoked_subcommand is not None:
        return
    with plain_errors(), parts_of("monitor", "sqlalchemy", "paho.mqtt", "jinja2"):
        from ground.config import load_document
        from monitor.config import read

        raw: dict[str, Any] = load_document(config) if config is not None else {}
        if db is not None:
            raw["db"] = db
        if broker is not None:
            host, _, number = broker.rpartition(":")
            given = {"host": host, "port": int(number) if number.isdecimal() else number}
            raw["broker"] = raw.get("broker", {}) | given
        if groups:
            raw["workers"] = [one.split(",") for one in groups]
        if port is not None:
            raw["web"] = raw.get("web", {}) | {"port": port}
        if command_key is not None:
            raw["command_key"] = str(command_key)
        Region(read(raw)).run()


@monitor.command("key")
def key(
    path: Annotated[Path, typer.Argument(help="File of the new key.")],
) -> None:
    """Make the key that signs the region's commands; prints what stations need of it."""
    with plain_errors(), parts_of("monitor", "sqlalchemy"):
        from monitor.config import write_command_key

        public = write_command_key(path)
        say("key made: {path}. For every station's configuration:", path=path)
        typer.echo(f'[uplink]\ncommand_key = "{public}"')


@monitor.command("rights")
def rights(
    config: Annotated[Path, typer.Option(help="The region's configuration.")] = Path(
        "/etc/tram/monitor.toml"
    ),
) -> None:
    """Print what the broker lets booths and region do: mosquitto's acl_file."""
    with plain_errors(), parts_of("monitor", "sqlalchemy"):
        from monitor import rights as of_broker
        from monitor.config import load

        typer.echo(of_broker.rights(load(config)), nl=False)


@monitor.command("certificate")
def certificate(
    folder: Annotated[Path, typer.Argument(help="Where web.pem and web.key are written.")],
    name: Annotated[
        list[str],
        typer.Option(help="Name or address that other screens open; again for another one."),
    ],
) -> None:
    """Make a certificate for the region's pages. Again when it has expired."""
    with plain_errors():
        from tram.certificates import pages as tls

        made = tls.make(folder, "web", name)
        typer.echo("\n".join(tls.lines(made, "web", "0.0.0.0")))


class Part:
    """One process of the region."""

    def __init__(self, name: str, settings: bytes) -> None:
        self.name = name
        self._settings = settings
        self._wait = Doubling(FIRST_WAIT_S, LAST_WAIT_S)
        self._start_at = 0.0
        self._started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def see_to(self, now: float) -> None:
        """Start it when it is due; note when it died."""
        if self.process is not None and self.process.poll() is not None:
            log = logging.getLogger(__name__)
            if now - self._started_at > LONG_LIFE_S:
                self._wait.anew()
            log.error(
                "%s ended (%s); again in %.1f s",
                self.name,
                self.process.returncode,
                self._wait.wait,
            )
            self._start_at = now + self._wait.longer()
            self._close()
        if self.process is None and now >= self._start_at:
            self._started_at = now
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "tram.monitor", self.name], stdin=subprocess.PIPE
            )  # -P: what lies in the folder from which it is started is none of its modules
            assert self.process.stdin is not None
            with suppress(BrokenPipeError):  # died already: seen next time
                self.process.stdin.write(self._settings + b"\n")
                self.process.stdin.flush()

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def ended(self, deadline: float) -> None:
        """Wait for it, until ``deadline`` with patience."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._close()

    def _close(self) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process = None


class Region:
    """The parent."""

    def __init__(self, settings: Settings) -> None:
        import msgspec

        wire = msgspec.json.encode(settings, enc_hook=str)
        workers = [f"worker-{number}" for number in range(len(settings.workers))]
        self._parts = [Part(name, wire) for name in [*workers, "web", "watch"]]
        self._settings = settings
        self._stopped = threading.Event()

    def run(self) -> None:
        """Until SIGINT or SIGTERM. Raises ``BadStoreUrl``."""
        os.umask(0o077)  # what the region keeps is its user's alone, however it is started
        logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=LOG)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self._stopped.set())
        self._prepare()
        while not self._stopped.is_set():
            for part in self._parts:
                part.see_to(time.monotonic())
            self._stopped.wait(0.2)
        for part in self._parts:
            part.end()
        deadline = time.monotonic() + END_S
        for part in self._parts:
            part.ended(deadline)

    def _prepare(self) -> None:
        """Tables and the region tree, once the database answers."""
        from sqlalchemy.exc import DBAPIError

        from monitor import tree_file
        from monitor.store.absence import Absence, reason
        from monitor.store.database import is_away, open_store
        from monitor.store.places import put_tree

        make_folder(self._settings.db)
        log = logging.getLogger(__name__)
        region = self._settings.region
        tree = tree_file.load(region) if region is not None else None
        for told in tree.said() if tree is not None else ():
            log.info("%s: %s", region, told)
        absence = Absence(log)
        while not self._stopped.is_set():
            try:
                engine = open_store(self._settings.db)
                if tree is not None:
                    put_tree(engine, tree.places)
                engine.dispose()
                absence.over()
                return
            except DBAPIError as error:
                if not is_away(error):
                    raise
                absence.note(reason(error))
                self._stopped.wait(1.0)


def make_folder(db: str) -> None:
    """SQLite makes its file, not the folder."""
    from sqlalchemy import make_url

    url = make_url(db)
    if url.drivername.startswith("sqlite") and url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def part(name: str) -> int:
    """Be part ``name`` of the region whose settings are on standard input; the exit code.

    What it ends of stands in the log in plain words: its parent starts it again.
    """
    from sqlalchemy.exc import DBAPIError

    from monitor.store.absence import reason
    from monitor.store.database import is_away

    try:
        with plain_errors():
            try:
                _be(name)
            except DBAPIError as error:
                if not is_away(error):
                    raise
                logging.getLogger(__name__).error("%s: the store is away: %s", name, reason(error))
                return 1
    except typer.Exit as ended:
        return ended.exit_code
    return 0


def _be(name: str) -> None:
    from ground.decode import from_json
    from monitor.config import read

    settings = read(from_json(dict)(sys.stdin.buffer.readline()))
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format=LOG)
    stopped = threading.Event()
    if name == "web":
        _die_with(sys.stdin.fileno(), lambda: os.kill(os.getpid(), signal.SIGTERM))
        from monitor.web.app import run as serve

        serve(settings)
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _die_with(sys.stdin.fileno(), stopped.set)
    if name == "watch":
        from monitor.watch.loop import run as watch
        from monitor.web.notify import started

        with started(settings, stopped):
            watch(settings.db, stopped)
    else:
        from monitor.ingest.worker import run as ingest

        ingest(settings, int(name.removeprefix("worker-")), stopped.is_set)


def _die_with(pipe: int, end: Callable[[], None]) -> None:
    """Call ``end`` when the parent is gone: nothing else is ever written into the pipe."""

    def wait() -> None:
        while os.read(pipe, 1):
            pass
        end()

    threading.Thread(target=wait, daemon=True, name="parent").start()


if __name__ == "__main__":
    sys.exit(part(sys.argv[1]))
