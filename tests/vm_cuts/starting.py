"""The station's own start on what a power cut left, and what must be true before and after it."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from controller.config import Config
from controller.dossier.state import Stage
from controller.state import State
from controller.station.devices import Devices
from controller.station.station import Station
from edge.journal import events as e
from edge.journal.store import read_events
from tests.crash.books import Auditor
from tests.hil.premises import Keyring, configuration
from tests.patience import CEILING_S
from tests.vm_cuts.stream import Cut, Request, written_by
from tests.vm_cuts.told import SPEED, STATION, Told
from tram.station import alone


def check(data: Path, stream: Sequence[Request], cut: Cut, told: Told, keyring: Keyring) -> None:
    """Look at the disk, start a station on it, look again. AssertionError says what is not so."""

    def before(length: int) -> int:
        return written_by(stream, length)

    screens = bisect_right(told.screens, cut.begun, key=lambda seen: before(seen[0]))
    papers = bisect_right(told.papers, cut.begun, key=lambda seen: before(seen[0]))
    shown = told.screens[screens - 1][1] if screens else None
    auditor = Auditor(data, keyring.keys, keyring.identity)
    auditor.audit(shown)
    papers_are_in_the_journal(data, [code for _, code in told.papers[:papers]], STATION)
    asyncio.run(_taken_up(configuration(data, {}, SPEED, station=STATION), keyring))
    state = auditor.audit(shown)
    _nothing_is_left_over(data, state)
    no_paper_is_asked_for_twice(data)


async def _taken_up(config: Config, keyring: Keyring) -> None:
    """A start as after any power cut: the operator signs in, and what was confirmed is sealed.

    The booth's devices are left out: they are not on this disk.
    """
    trouble = _Trouble()
    logging.getLogger("tram").addHandler(trouble)
    try:
        with alone(config.paths.data):
            station = Station(config, Devices(None, None, None, None))
            try:
                await station.start()
                await station.access.admit(keyring.keys)
                async with asyncio.timeout(CEILING_S):
                    while _unsealed(station) and not trouble.said:
                        await station.changed(station.core.version, 1.0)
            finally:
                await station.stop()
    finally:
        logging.getLogger("tram").removeHandler(trouble)
    assert not trouble.said, trouble.said
    assert not station.core.notices, [notice.text for notice in station.core.notices]


def _unsealed(station: Station) -> bool:
    return any(d.stage is Stage.CONFIRMED for d in station.core.state.dossiers.values())


class _Trouble(logging.Handler):
    """What a start on an undamaged disk has no reason to say."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def papers_are_in_the_journal(data: Path, papers: Sequence[str], station: str) -> None:
    """Who holds a ticket has a number; who holds an appointment slip has a sealed packet."""
    if not papers:
        return
    asked: set[str] = set()
    appointed: set[str] = set()
    backed: set[str] = set()
    for event in read_events(data / "journal.db"):
        match event.body:
            case e.TicketNumbered(day=day, ticket=number):
                backed.add(f"{station}/{day}/{number}")
            case e.Sealed():
                backed.add(event.dossier or "")
            case e.PrintRequested() as job:
                code = code_of(event, job, station)
                asked.add(code)
                if job.paper in (e.Paper.TICKET, e.Paper.APPOINTMENT):
                    appointed.add(code)
    lost = [code for code in papers if code not in asked or code in appointed - backed]
    assert not lost, f"people hold papers of which the disk knows nothing: {sorted(lost)}"


def papers_said_printed(data: Path, station: str) -> Counter[tuple[e.Paper, str]]:
    """The papers that came out, each with what it is about, as the journal says."""
    jobs: dict[int, tuple[e.Paper, str]] = {}
    printed: Counter[tuple[e.Paper, str]] = Counter()
    for event in read_events(data / "journal.db"):
        match event.body:
            case e.PrintRequested() as job:
                jobs[event.seq] = job.paper, code_of(event, job, station)
            case e.Printed(job=number):
                printed[jobs[number]] += 1
    return printed


def code_of(event: e.Event, job: e.PrintRequested, station: str) -> str:
    """What stands in a paper's square; an intake form has none."""
    return f"{station}/{job.day}/{job.ticket}" if job.day else event.dossier or ""


def no_paper_is_asked_for_twice(data: Path) -> None:
    asked = Counter(
        (event.dossier, event.body.paper, event.body.day, event.body.ticket)
        for event in read_events(data / "journal.db")
        if isinstance(event.body, e.PrintRequested) and not event.body.again
    )
    assert not asked or max(asked.values()) == 1, f"asked for twice: {asked}"


def _nothing_is_left_over(data: Path, state: State) -> None:
    """No artefact of a closed dossier, and nothing of a write that did not end."""
    vault = data / "vault"
    kept = {path.name for path in vault.iterdir()} if vault.is_dir() else set()
    assert kept <= set(state.dossiers), f"artefacts of nobody: {sorted(kept)}"
    assert not list(data.rglob("*.tmp"))
