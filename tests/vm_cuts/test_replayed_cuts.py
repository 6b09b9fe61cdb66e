"""A thousand power cuts in the recorded writes of a busy line's disk, each taken up by a start.

The disk is a real ext4 of this kernel with a volatile write cache: what was not flushed when the
power failed may be lost, in part, in any order, and torn between sectors (``stream``). At each cut
the kernel mounts what is left, the books must balance, nothing that a screen or a paper had told
may be missing, and the station starts on it and goes on.

``CUTS_SEED`` draws other cuts, ``CUTS`` more of them (never fewer than the flush boundaries).
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hil.premises import Keyring
from tests.vm_cuts import disk
from tests.vm_cuts.replay import Recording, record, replayed
from tests.vm_cuts.stream import Cut, Request, boundaries, draw

SEED = int(os.environ.get("CUTS_SEED", "1"))
CUTS = int(os.environ.get("CUTS", "1000"))
VISITORS, KILLS = 4, 2
"""About 500 flushes and 1,000 writes."""
LEAST_WITHIN = 300
MEMORY_MB = 1500
KEPT = Path(".cache/power-cuts")
LYING_CUTS = 20
LIE = 60
"""Requests that a disk which ignores flushes may lose: those of a second or two."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    assert not (lacks := disk.missing()), f"no disk can be recorded here, there is no {lacks}"
    disk.keep_mounts_private()
    with disk.in_memory(tmp_path_factory.mktemp("cuts") / "memory", MEMORY_MB) as folder:
        yield folder


@pytest.fixture(scope="module")
def recording(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    keyring = Keyring.cut(tmp_path_factory.mktemp("keys"))
    twins = tmp_path_factory.mktemp("twins")
    return record(folder, twins, keyring, VISITORS, KILLS, SEED)


@pytest.mark.timeout(1800)
def test_whenever_the_power_fails_nothing_told_is_lost_and_nothing_is_doubled(
    recording: Recording, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stream = recording.stream()
    edges = len(boundaries(stream, recording.first))
    cuts = draw(stream, recording.first, max(LEAST_WITHIN, CUTS - edges), SEED)
    lost = [(cut, why) for cut, why in replayed(recording, cuts, folder) if why]
    kinds = dict(Counter(cut.kind for cut in cuts))
    with capsys.disabled():
        print(
            f"\nseed {SEED}: {len(stream)} requests, {edges} flushes, "
            f"{len(recording.told.screens)} screens and {len(recording.told.papers)} papers told; "
            f"cuts {kinds}"
        )
        print(
            json.dumps(
                {
                    "name": "vm.power_cuts_lost",
                    "value": len(lost),
                    "unit": "cuts",
                    "limit": 0,
                    "note": f"of {len(cuts)} replayed",
                }
            )
        )
    if lost:
        keep(recording)
    assert not lost, f"seed {SEED}, kept in {KEPT}:\n" + "\n".join(
        f"{cut}\n{why}" for cut, why in lost[:5]
    )


def test_a_disk_that_says_flushed_and_has_not_is_found_out(
    recording: Recording, folder: Path
) -> None:
    """That the looking can fail: the same cuts on a disk that loses what it had promised."""
    stream = recording.stream()
    cuts = lying(stream, recording.first)
    wrong = [why for _, why in replayed(recording, cuts, folder) if why]
    assert len(wrong) > LYING_CUTS / 2, f"{len(wrong)} of {LYING_CUTS} were found out"


def lying(stream: list[Request], first: int) -> list[Cut]:
    """Cuts of the line's second half; of its last ``LIE`` requests a random part is there."""
    middle = (first + len(stream)) // 2
    step = (len(stream) - middle - LIE) // LYING_CUTS
    drawn = []
    for number in range(LYING_CUTS):
        begun = middle + LIE + number * step
        pieces = tuple(
            (i, 0, stream[i].sectors) for i in range(begun - LIE, begun) if (i * 7 + number) % 3
        )
        drawn.append(Cut(number, begun - LIE, begun, pieces, "lie"))
    return drawn


def keep(recording: Recording) -> None:
    """For whoever looks for the fault: the line is not the same twice."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for path in (recording.image, recording.log):
        shutil.copyfile(path, KEPT / path.name)
