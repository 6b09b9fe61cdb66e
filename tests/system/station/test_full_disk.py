"""A disk that gets full in mid-capture: the operator is told once, the line pauses, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from controller import commands as c
from controller.api import status_of
from controller.dossier.state import Stage
from controller.stages.fingers.stage import next_position
from controller.station.storage import PAUSED
from controller.vault.durable import StorageFailed
from edge.journal import events as e
from edge.journal.error import DiskRefuses
from tests.hil.floor import Floor
from tests.hil.premises import TOAN, TWO_FINGERS, Keyring
from tests.unit.station.ready_booth import booth, complete, identified, misfits, sealed
from tests.unit.station.small_disk import SmallDisk, limited, mounted

Disk = Callable[[Path], AbstractContextManager[SmallDisk]]
BIG_PX = 640
"""A portrait of more than a megabyte."""
BY_HAND = TWO_FINGERS + "portrait_automatic = false\n"
LOOK_S = 2.0
"""How long to look at a booth in which nothing is to happen: four trials of its disk."""


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.cut(tmp_path_factory.mktemp("keys"))


async def paused(floor: Floor) -> None:
    await floor.until(lambda: PAUSED in [n.text for n in floor.view.notices], "the notice")


@pytest.mark.parametrize("disk", [mounted, limited])
async def test_the_operator_is_told_once_and_the_journal_stays_as_it_is(
    keyring: Keyring, tmp_path: Path, disk: Disk
) -> None:
    with disk(tmp_path / "disk") as small:
        async with booth(keyring, small.folder, portrait_px=BIG_PX) as floor:
            await floor.do(c.Lock())  # nobody goes to a device before the disk is full
            small.fill()
            await floor.admit(keyring.keys)
            first, second = await identified(floor), await identified(floor, TOAN, desk=2)
            await paused(floor)
            policy = floor.station.core.policy.capture
            await floor.until(
                lambda: next_position(first, policy) is None, "fingers, for which there is room"
            )
            rows = floor.station.core.journal.seq
            await asyncio.sleep(LOOK_S)
            assert floor.station.core.journal.seq == rows, "nothing is tried again in the journal"
            told = [notice.text for notice in floor.view.notices]
            assert len(told) == 2, "what happened, and that the line pauses"
            assert told[1] == PAUSED
            assert not first.portrait
            assert not second.portrait

            small.free()
            await complete(floor, first)
            await complete(floor, second)
            assert misfits(floor, first) + misfits(floor, second) == []
            await sealed(floor, first)
            await sealed(floor, second)
            assert len(floor.view.notices) == 2
            assert floor.count(e.DeviceTaken) == len(
                {(x.dossier, x.body) for x in floor.events() if isinstance(x.body, e.DeviceTaken)}
            ), "each device was given to each person once"


@pytest.mark.parametrize("disk", [mounted, limited])
async def test_while_the_vault_refuses_nobody_is_given_a_device(
    keyring: Keyring, tmp_path: Path, disk: Disk
) -> None:
    with disk(tmp_path / "disk") as small:
        async with booth(keyring, small.folder, BY_HAND, BIG_PX) as floor:
            first = await identified(floor)
            await floor.until(lambda: e.Device.CAMERA in first.holding, "at the camera")
            small.fill()
            with pytest.raises(StorageFailed) as refused:
                await floor.do(c.TakePortrait(first.id))
            assert status_of(refused.value) == 507
            await paused(floor)
            second = await identified(floor, TOAN, desk=2)
            await asyncio.sleep(LOOK_S)
            assert second.holding == {}, "what would be captured could not be kept"
            assert e.Device.CAMERA in first.holding, "the person keeps the place"

            small.free()
            await floor.until(lambda: second.holding, "a device for the second")
            await floor.do(c.TakePortrait(first.id))
            assert first.portrait
            assert misfits(floor, first) == []


@pytest.mark.parametrize("disk", [mounted, limited])
async def test_a_packet_that_finds_no_room_is_sealed_when_there_is_some(
    keyring: Keyring, tmp_path: Path, disk: Disk
) -> None:
    with disk(tmp_path / "disk") as small:
        async with booth(keyring, small.folder, portrait_px=BIG_PX) as floor:
            person = await identified(floor)
            await complete(floor, person)
            small.fill()
            await floor.do(c.Confirm(person.id))
            await paused(floor)
            assert person.stage is Stage.CONFIRMED
            small.free()
            await floor.until(lambda: person.stage is Stage.SEALED, "the packet")
            assert floor.count(e.ConfirmationUndone) == 0


async def dossiers_without_end(floor: Floor) -> None:
    """A file that has some pages left takes some rows yet."""
    while True:
        await floor.do(c.OpenDossier(1))


@pytest.mark.parametrize("disk", [mounted, limited])
async def test_a_journal_without_room_refuses_the_click_in_words_and_takes_the_next(
    keyring: Keyring, tmp_path: Path, disk: Disk
) -> None:
    with disk(tmp_path / "disk") as small:
        async with booth(keyring, small.folder) as floor:
            small.fill(left=0)
            with pytest.raises(DiskRefuses) as refused:
                await dossiers_without_end(floor)
            assert status_of(refused.value) == 507
            assert "disk" in refused.value.advice
            small.free()
            open_before = len(floor.station.core.state.dossiers)
            await floor.do(c.OpenDossier(1))
            assert len(floor.station.core.state.dossiers) == open_before + 1
