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
from collections.abc import Iterator
from random import Random

import pytest

from controller.policy import CapturePolicy
from controller.state import fold
from edge.journal.store import read_events
from hw.twins.booth import Booth
from tests.patience import CEILING_S
from tests.vm.image import image
from tests.vm_cuts import booth, disk
from tests.vm_cuts.starting import papers_said_printed
from tests.vm_cuts.stream import Cut, boundaries
from tests.vm_cuts.whole import Whole

SEED = int(os.environ.get("CUTS_SEED", "1"))
CUTS = int(os.environ.get("WHOLE_CUTS", "20"))
CACHES = ("all", "any", "all", "torn", "all", "none", "all", "but one", "all", "one")
"""What the disk still has of what was not flushed; every second one has no volatile cache."""
STARTING = 5
"""Every so many cuts one hits the start, not the line."""
START_S = 8.0
"""From the agent's first word to the station's, or nearly, in software emulation."""
SCREENS = (1, 60)
"""How many states the screen shows before a cut, at least and at most."""


SERVED_S = 4 * CEILING_S


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    assert not (lacks := disk.missing()), f"no disk can be recorded here, there is no {lacks}"
    disk.keep_mounts_private()
    twins = Booth(tmp_path_factory.mktemp("twins"), booth.SPEED, seed=SEED)
    try:
        twins.start_all()
        whole = Whole(image(), tmp_path_factory.mktemp("whole"), twins)
        whole.furnish()
        yield whole
        whole.platter.unlink()  # gigabytes
    finally:
        twins.end_all()


@pytest.mark.timeout(7200)
def test_twenty_times_without_power_the_booth_goes_on_by_itself_and_nothing_is_lost(
    whole: Whole, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = Random(SEED)
    wrong: list[str] = []
    lies = ""
    last_busy = max(number for number in range(CUTS) if not hits_the_start(number))
    for number in range(CUTS):
        live(whole, number, dice)
        cut = whole.cut(number, CACHES[number % len(CACHES)], dice)
        if number == last_busy:
            lies = whole.lied_to(lying(whole, number))
        whole.settle(cut)
        why = whole.audit()
        with capsys.disabled():
            print(f"\n{cut}; {len(booth.told(whole.told))} screens told; {why or 'whole'}", end="")
        if why:
            wrong.append(f"{cut}: {why}")
    with capsys.disabled():
        print()
        print(json.dumps({
            "name": "vm.power_cuts_lost", "value": len(wrong), "unit": "cuts", "limit": 0,
            "note": f"of {CUTS} whole",
        }))  # fmt: skip
    assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong)
    assert lies, "a disk that had ignored its last flushes would not have been found out"


@pytest.mark.timeout(3600)
def test_afterwards_everybody_inside_is_served_and_every_paper_came_out_once(
    whole: Whole,
) -> None:
    with whole.life() as machine, whole.crowd(machine, last=True) as crowd:
        crowd.wait(SERVED_S)
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
        assert Counter(whole.papers()) == said, "every paper came out once"
        assert not said or max(said.values()) == 1, "nobody has two of one paper"


def live(whole: Whole, number: int, dice: Random) -> None:
    """One life, from power to the cut."""
    unflushed = CACHES[number % len(CACHES)] != "all"
    with whole.life() as machine:
        if hits_the_start(number):
            machine.wait_agent()
            time.sleep(dice.uniform(0.0, START_S))  # an instant that nobody chose
            whole.cut_off(machine, unflushed=unflushed)
            return
        enough = len(booth.told(whole.told)) + dice.randint(*SCREENS)
        with whole.crowd(machine):  # it sees the power go
            machine.until(lambda: len(booth.told(whole.told)) >= enough, f"{enough} screens in all")
            time.sleep(dice.uniform(0.0, 0.5))  # likewise
            whole.cut_off(machine, unflushed=unflushed)


def hits_the_start(number: int) -> bool:
    return number % STARTING == STARTING - 1


def lying(whole: Whole, number: int) -> Cut:
    """The last life on a disk that says "flushed" and writes nothing for its second half."""
    edges = boundaries(whole.stream())
    middle = edges[len(edges) // 2]
    return Cut(number, middle, len(whole.stream()), (), "lie")
