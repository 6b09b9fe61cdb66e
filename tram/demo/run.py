"""The flow of the demo: booths open, crowds walk through, the books are balanced."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ground.text import N_
from tram.demo import region
from tram.demo.booth import OPERATOR, OUTCOMES, Booth, Open, opened, settled
from tram.plain import said

PLACES = (
    ("TH", "Bỉm Sơn", "Nhà văn hoá phường Bỉm Sơn, Thanh Hoá", "vn/thanh-hoa/bim-son"),
    ("TH", "Quảng Phú", "Nhà văn hoá phường Quảng Phú, Thanh Hoá", "vn/thanh-hoa/quang-phu"),
    ("QT", "Đông Hà", "Trường THPT Đông Hà, Quảng Trị", "vn/quang-tri/dong-ha"),
    ("QT", "Hải Lăng", "Nhà văn hoá xã Hải Lăng, Quảng Trị", "vn/quang-tri/hai-lang"),
)
"""Where the demo's booths stand, in turn."""
LOOK_S = 1.0


@dataclass(frozen=True)
class Demo:
    """``citizens`` come to each of ``stations`` booths. The first booth lives in ``data`` itself,
    the others in ``data/stations/CODE``."""

    citizens: int
    speed: float
    seed: int
    exit: bool
    headless: bool
    data: Path
    port: int = 0
    stations: int = 1
    region_port: int = 0
    patience_s: float = region.ACKNOWLEDGED_S
    """How long the last facts may take to be acknowledged."""

    def booths(self) -> list[Booth]:
        first = Booth(self.data, self.citizens, self.speed, self.seed, self.port)
        others = []
        for number in range(1, self.stations):
            letters, name, address, place = PLACES[number % len(PLACES)]
            code = f"{letters}{417 + number:04}"
            others.append(
                replace(
                    first,
                    data=self.data / "stations" / code,
                    seed=self.seed + number,
                    port=0,
                    code=code,
                    name=f"Nhà văn hoá {name}",
                    address=address,
                    place=place,
                )
            )
        return [first, *others]


ALL_SERVED = N_("Everybody was served. The booths stay open; end them with Ctrl-C.")


def run(demo: Demo) -> int:
    """Run the demo; the exit code: 0 when the books balance."""
    out = Console(stderr=True)
    demo.data.mkdir(parents=True, exist_ok=True)
    out.print(said(N_("Setting up a region, and booths on virtual hardware …")))
    with contextlib.ExitStack() as stack:
        groups = sorted({booth.group for booth in demo.booths()})
        folder = demo.data / "region"
        above = stack.enter_context(region.opened(folder, groups, demo.region_port))
        pages = f"[bold]{above.console}[/]   ({region.ADMINISTRATOR}, {above.password})"
        out.print(said(N_("Region    {pages}"), pages=pages))
        silence = region.silence(above, demo.booths())

        def complain() -> None:
            if (line := silence.look()) is not None:
                out.print(line, style="yellow", markup=False, highlight=False)

        booths: list[Open] = []
        for plain in demo.booths():
            booth = replace(plain, uplink=above.uplink)
            booths.append(stack.enter_context(opened(booth)))
            stack.enter_context(region.reporting(booth))
            _introduce(booths[-1], out)
        _show_progress(demo, booths, out, complain)
        if not demo.exit and sys.stdin.isatty():
            out.print(said(ALL_SERVED))
            with contextlib.suppress(KeyboardInterrupt):
                signal.pause()
        for served in booths:
            if served.crowd.process.wait() != 0:
                out.print(served.crowd.log.read_text()[-2000:].strip())
                out.print(said(N_("Start it again on the same folder: it goes on where it was.")))
        everywhere = [served.booth for served in booths]
        there, missing = region.wait_until_acknowledged(
            above, everywhere, demo.patience_s, complain
        )
        reason = silence.reason
    balanced = summary(demo)
    print(f"acknowledged={there} missing={missing}")
    if missing:
        why = reason or said(N_("unknown; see the *.log files"))
        print(said(N_("missing because: {why}"), why=why), file=sys.stderr)
    return balanced or int(missing > 0)


def summary(demo: Demo) -> int:
    """Print the one line, from the journals and the outboxes, and say whether it balances."""
    books = [settled(booth) for booth in demo.booths()]
    print(" ".join(f"{name}={sum(b[name] for b in books)}" for name in (*OUTCOMES, "lost")))
    return 0 if all(b["lost"] == 0 for b in books) else 1


def _introduce(booth: Open, out: Console) -> None:
    address = booth.console
    code = booth.booth.code
    console = said(
        N_("{code}  operator console  {address}   (operator {operator}, {passphrase})"),
        code=code,
        address=f"[bold]{address}[/]",
        operator=OPERATOR,
        passphrase=booth.passphrase,
    )
    out.print(console)
    out.print(
        said(N_("{code}  public board      {address}"), code=code, address=f"{address}/board")
    )


def _show_progress(
    demo: Demo, booths: list[Open], out: Console, meanwhile: Callable[[], None]
) -> None:
    """Until every crowd has gone, or its station died under it."""
    figures: Queue[tuple[str, str | None]] = Queue()
    for booth in booths:
        Thread(target=_forward, args=(booth, figures), daemon=True).start()
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=out, disable=not out.is_terminal) as progress:
        bars = {
            open_.booth.code: progress.add_task(open_.booth.code, total=demo.citizens, figures="")
            for open_ in booths
        }
        before: dict[str, str] = {}
        there = len(booths)
        while there:
            meanwhile()
            try:
                code, line = figures.get(timeout=LOOK_S)
            except Empty:
                continue
            if line is None:
                there -= 1
                continue
            counted: dict[str, Any] = json.loads(line)
            done = sum(counted[name] for name in OUTCOMES)
            named = ((name, counted[name]) for name in (*OUTCOMES, "waiting", "open"))
            shown = ", ".join(f"{name} {count}" for name, count in named if count)
            progress.update(bars[code], completed=done, figures=shown)
            if not out.is_terminal and not demo.headless and shown != before.get(code):
                out.print(f"{code}  {shown}")
                before[code] = shown


def _forward(booth: Open, figures: Queue[tuple[str, str | None]]) -> None:
    """A crowd's lines, with the booth's code; None when it has gone."""
    while (line := booth.crowd.lines.get()) is not None:
        figures.put((booth.booth.code, line))
    figures.put((booth.booth.code, None))
