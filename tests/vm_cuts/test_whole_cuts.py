"""The whole machine's power is cut twenty times while its line is busy; it goes on by itself.

A Debian with the booth as a technician installed it boots in QEMU; the station and its uplink come
up by their units, people and operators wait outside (``booth``). QEMU is killed at random instants,
of the line and of the start. Half of the disks keep all that they were given; the others have a
volatile cache, the power goes while it holds something, and what was not flushed is lost, in part
or torn. The next start has what is left, and nobody helps it.

``CUTS_SEED`` draws other instants, ``WHOLE_CUTS`` another number of them.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from typing import Any

import pytest

from controller.policy import CapturePolicy
from controller.state import fold
from edge.journal.store import read_events
from edge.journal.terms import Paper
from hw.twins.booth import Booth
from tests.patience import CEILING_S
from tests.vm.image import image
from tests.vm_cuts import booth, disk
from tests.vm_cuts.starting import papers_said_printed
from tests.vm_cuts.stream import Cut, boundaries
from tests.vm_cuts.whole import Whole

SEED = int(os.environ.get("CUTS_SEED", "1"))
CUTS = int(os.environ.get("WHOLE_CUTS", "20"))
LINES = min(2, CUTS)
"""Booths at a time."""
CACHES = ("all", "any", "all", "torn", "all", "none", "all", "but one", "all", "one")
"""What the disk still has of what was not flushed; every second one has no volatile cache."""
STARTING = 5
"""Every so many cuts one hits the start, not the line."""
START_REQUESTS = (10, 300)
"""So many requests to the disk come before such a cut, at least and at most. A start has about 400
before the operators' console is there."""
SCREENS = (1, 60)
"""How many states the screen shows before a cut, at least and at most."""


SERVED_S = 8 * CEILING_S


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Whole]]:
    assert not (lacks := disk.missing()), f"no disk can be recorded here, there is no {lacks}"
    disk.keep_mounts_private()
    with ExitStack() as stack:
        lines = []
        for seed in range(LINES):
            twins = Booth(tmp_path_factory.mktemp("twins"), booth.TWINS_SPEED, seed=seed)
            stack.callback(twins.end_all)
            twins.start_all()
            whole = Whole(image(), tmp_path_factory.mktemp("whole"), twins)
            stack.callback(whole.platter.unlink, missing_ok=True)  # gigabytes
            lines.append(whole)
        together(Whole.furnish, lines)
        yield lines


@pytest.mark.timeout(4 * 3600)
def test_twenty_times_without_power_the_booth_goes_on_by_itself_and_nothing_is_lost(
    lines: list[Whole], capsys: pytest.CaptureFixture[str]
) -> None:
    shares = [range(CUTS)[i * CUTS // LINES : (i + 1) * CUTS // LINES] for i in range(LINES)]
    wrong: list[str] = []

    def tell(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}", end="", flush=True)

    lies = together(lambda whole, share: series(whole, share, wrong, tell), lines, shares)
    tell(
        json.dumps(
            {
                "name": "vm.power_cuts_lost",
                "value": len(wrong),
                "unit": "cuts",
                "limit": 0,
                "note": f"of {CUTS} whole",
            }
        )
        + "\n"
    )
    assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong)
    assert all(lies), "a disk that had ignored its last flushes would not have been found out"


@pytest.mark.timeout(3600)
def test_afterwards_everybody_inside_is_served_and_every_paper_came_out_once(
    lines: list[Whole],
) -> None:
    together(served, lines)


def together(work: Callable[..., Any], *over: Iterable[Any]) -> list[Any]:
    """One line a processor: an emulated one has no use for a second."""
    with ThreadPoolExecutor(LINES) as threads:
        return list(threads.map(work, *over))


def series(
    whole: Whole, numbers: Sequence[int], wrong: list[str], tell: Callable[[str], None]
) -> str:
    """Lives and cuts of one line. Gives what was found of a disk that had lied in its last busy
    life; "" when nothing was."""
    lies = ""
    last_busy = max(number for number in numbers if not hits_the_start(number))
    for number in numbers:
        dice = Random(f"{SEED} {number}")
        live(whole, number, dice)
        cut = whole.cut(number, CACHES[number % len(CACHES)], dice)
        if number == last_busy:
            lies = whole.lied_to(lying(whole, number))
        whole.settle(cut)
        why = whole.audit()
        tell(f"{cut}; {len(booth.told(whole.told))} screens told; {why or 'whole'}")
        if why:
            wrong.append(f"{cut}: {why}")
    return lies


def served(whole: Whole) -> None:
    """The line's last life: nobody comes in any more, and nobody is forgotten."""
    with whole.life() as machine, whole.crowd(machine, last=True) as crowd:
        machine.until(lambda: crowd.poll() is not None, "everybody served", SERVED_S)
        assert crowd.returncode == 0, whole.told.with_suffix(".log").read_text()[-2000:]
        failed = machine.sh("systemctl list-units --failed --plain --no-legend")
        machine.power_off()
    assert not failed, failed
    whole.settle(whole.cut(CUTS, "all", Random(SEED)))
    with whole.at_rest() as data:
        assert not (why := whole.look(data)), why
        state = fold(read_events(data / "journal.db"), CapturePolicy())
        assert not state.dossiers, "nobody is left inside"
        assert not state.jobs, "no paper is owed"
        assert list((data / "outbox").glob("*.tram")), "somebody went home with a packet sealed"
        said = papers_said_printed(data, booth.CODE)
        codes = ["" if paper is Paper.INTAKE_FORM else code for paper, code in said.elements()]
        assert Counter(whole.papers()) == Counter(codes), "every paper came out once"
        assert not said or max(said.values()) == 1, "nobody has two of one paper"


def live(whole: Whole, number: int, dice: Random) -> None:
    """One life, from power to the cut."""
    unflushed = CACHES[number % len(CACHES)] != "all"
    with whole.life() as machine:
        if hits_the_start(number):
            asked = dice.randint(*START_REQUESTS)
            machine.until(lambda: len(whole.stream()) >= asked, f"{asked} requests")
            whole.cut_off(machine, unflushed=unflushed)
            return
        enough = len(booth.told(whole.told)) + dice.randint(*SCREENS)
        with whole.crowd(machine) as crowd:  # it sees the power go

            def shown() -> bool:
                assert crowd.poll() is None, whole.told.with_suffix(".log").read_text()[-2000:]
                return len(booth.told(whole.told)) >= enough

            machine.until(shown, f"{enough} screens in all", booth.PATIENCE_S)
            time.sleep(dice.uniform(0.0, 0.5))  # likewise
            whole.cut_off(machine, unflushed=unflushed)


def hits_the_start(number: int) -> bool:
    return number % STARTING == STARTING - 1


def lying(whole: Whole, number: int) -> Cut:
    """The last life on a disk that says "flushed" and writes nothing for its second half."""
    edges = boundaries(whole.stream())
    middle = edges[len(edges) // 2]
    return Cut(number, middle, len(whole.stream()), (), "lie")
