"""``tram demo``: a booth on virtual hardware, and a crowd that walks through it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from controller.errors import TramError
from controller.policy import CapturePolicy
from controller.roster.load import read_csv
from controller.roster.seal import seal
from controller.state import Books, books, fold
from controller.vault import durable, keys
from edge.journal.store import read_events
from hw.twins.booth import die_with_parent
from hw.twins.population import write_csv

OPERATOR = "OP1"
STATION = "TH0417"
DESKS = 2
START_S = 60.0
END_S = 10.0
OUTCOMES = ("sealed", "referred", "refused", "abandoned")


@dataclass(frozen=True)
class Demo:
    citizens: int
    speed: float
    seed: int
    exit: bool
    headless: bool
    data: Path
    port: int


def run(demo: Demo) -> int:
    """Run the demo; the exit code: 0 when the books balance."""
    out = Console(stderr=True)
    demo.data.mkdir(parents=True, exist_ok=True)
    out.print("Setting up a booth on virtual hardware …")
    passphrase = prepare(demo)
    with contextlib.ExitStack() as stack:
        twins = stack.enter_context(
            _child(_twins_command(demo), passphrase, demo.data / "twins.log")
        )
        _read_until(twins, "ready")
        station = stack.enter_context(
            _child(_station_command(demo), passphrase, demo.data / "station.log")
        )
        address = _read_until(station, "console").split()[1]
        out.print(f"Operator console  [bold]{address}[/]   (operator {OPERATOR}, {passphrase})")
        out.print(f"Public board      {address}/board")
        _read_until(station, "ready")
        crowd = stack.enter_context(
            _child(_crowd_command(demo, address), passphrase, demo.data / "crowd.log")
        )
        _show_progress(demo, crowd, station, out)
        if not demo.exit and sys.stdin.isatty():
            out.print("Everybody was served. The booth stays open; end it with Ctrl-C.")
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
        if crowd.process.wait() != 0:
            out.print((demo.data / "crowd.log").read_text()[-2000:].strip())
            out.print("Start it again on the same folder: it goes on where it was.")
    return summary(demo)


def summary(demo: Demo) -> int:
    """Print the one line, from the journal and the outbox, and say whether it balances."""
    state = fold(read_events(demo.data / "journal.db"), CapturePolicy())
    count: Books = books(state)
    packets = {path.stem for path in (demo.data / "outbox").glob("*.tram")}
    sealed = {d.id for d in state.ended if d.outcome.value == "sealed"}
    lost = count.lost + len(sealed ^ packets) + max(0, demo.citizens - _settled(count))
    print(
        f"sealed={count.sealed} referred={count.referred} refused={count.refused} "
        f"abandoned={count.abandoned} lost={lost}"
    )
    return 0 if lost == 0 else 1


def _settled(count: Books) -> int:
    ended = count.sealed + count.referred + count.refused + count.abandoned
    return ended + count.no_shows + count.expired


# ---- preparation -----------------------------------------------------------------------------


def prepare(demo: Demo) -> str:
    """Keys, roster and configuration in the data folder, once. Gives the demo's passphrase."""
    data = demo.data
    secret = data / "demo.passphrase"
    if not keys.exist(data):
        import pyrage

        region = pyrage.x25519.Identity.generate()
        _private(data / "region.key", f"# public key: {region.to_public()}\n{region}\n")
        _private(secret, f"demo-{secrets.token_hex(4)}\n")
        keys.create(data, str(region.to_public()), OPERATOR, secret.read_text().strip())
    if not (data / "roster.age").exists():
        file = os.memfd_create("people")  # never on a disk in clear, whenever we are killed
        people = Path(f"/proc/self/fd/{file}")
        write_csv(people, demo.citizens, demo.seed, _roster_day(data))
        seal(read_csv(people), data / "roster.age", [keys.shift_recipient(data)])
        os.close(file)
    (data / "station.toml").write_text(_configuration(demo))
    return secret.read_text().strip()


def _roster_day(data: Path) -> date:
    """The day of the first start. It decides who the people are, so it stays the same later."""
    path = data / "demo.day"
    if not path.exists():
        durable.write(path, f"{datetime.now(UTC).date()}\n".encode())
    return date.fromisoformat(path.read_text().strip())


def _private(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)


def _configuration(demo: Demo) -> str:
    """Times of the line's policy follow the crowd's speed."""
    devices, quick = demo.data / "dev", demo.speed
    return f"""\
# Configuration of the demo; a real station's is explained in docs/station.toml.
[station]
code = "{STATION}"
name = "Nhà văn hoá Bỉm Sơn"
address = "Nhà văn hoá phường Bỉm Sơn, Thanh Hoá"
region = "vn/thanh-hoa/bim-son"
desks = {DESKS}

[devices]
pico = "{devices / "pico"}"
fingerprint = "{devices / "fingerprint"}"
scanner = "{devices / "scanner"}"
camera = "twin:{devices / "camera"}"

[console]
port = {demo.port}

[paths]
data = "{demo.data}"

[policy.queue]
double_press_s = {2.0 / quick}

[policy.line]
arrival_s = {45.0 / quick}
device_s = {60.0 / quick}
camera_s = {20.0 / quick}
spare_s = {45.0 / quick}
"""


# ---- programs ----------------------------------------------------------------------------------


@dataclass
class Child:
    process: subprocess.Popen[str]
    lines: Queue[str | None]


def _twins_command(demo: Demo) -> list[str]:
    return [
        "-m", "hw.twins", "--folder", str(demo.data / "dev"), "--speed", str(demo.speed),
        "--seed", str(demo.seed),
    ]  # fmt: skip


def _station_command(demo: Demo) -> list[str]:
    return ["-m", "tram", "station", "--config", str(demo.data / "station.toml")]


def _crowd_command(demo: Demo, address: str) -> list[str]:
    return [
        "-m", "hw.twins.crowd", "--api", address, "--folder", str(demo.data / "dev"),
        "--citizens", str(demo.citizens), "--speed", str(demo.speed), "--seed", str(demo.seed),
        "--today", str(_roster_day(demo.data)), "--desks", str(DESKS), "--operator", OPERATOR,
    ]  # fmt: skip


@contextlib.contextmanager
def _child(command: list[str], passphrase: str, log: Path) -> Iterator[Child]:
    """A program of the demo; ended with us, its standard error in ``log``."""
    with log.open("a") as stderr:
        process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=os.environ | {"TRAM_PASSPHRASE": passphrase},
            preexec_fn=die_with_parent,
        )
    assert process.stdout is not None
    lines: Queue[str | None] = Queue()
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    try:
        yield Child(process, lines)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _pump(stream: IO[str], lines: Queue[str | None]) -> None:
    for line in stream:
        lines.put(line.rstrip("\n"))
    lines.put(None)


def _read_until(child: Child, word: str) -> str:
    while True:
        try:
            line = child.lines.get(timeout=START_S)
        except Empty:
            line = None
        if line is None:
            raise TramError(
                f"a part of the demo did not start ({word})",
                "The demo did not start. Look into the *.log files of its data folder.",
            )
        if line.startswith(word):
            return line


def _show_progress(demo: Demo, crowd: Child, station: Child, out: Console) -> None:
    """Until the crowd has gone, or the station died under it."""
    columns = (
        TextColumn("[progress.description]{task.description}"), BarColumn(), MofNCompleteColumn(),
        TimeElapsedColumn(), TextColumn("{task.fields[figures]}"),
    )  # fmt: skip
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        bar = progress.add_task("citizens", total=demo.citizens, figures="")
        before = ""
        while (line := crowd.lines.get()) is not None:
            figures: dict[str, Any] = json.loads(line)
            done = sum(figures[name] for name in OUTCOMES)
            named = ((name, figures[name]) for name in (*OUTCOMES, "waiting", "open"))
            shown = ", ".join(f"{name} {count}" for name, count in named if count)
            progress.update(bar, completed=done, figures=shown)
            if not out.is_terminal and not demo.headless and shown != before:
                out.print(shown)
                before = shown
