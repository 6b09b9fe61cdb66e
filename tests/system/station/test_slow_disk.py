"""A slow disk: whatever is clicked meanwhile, each artefact is the one that the journal names.

The disk is slow where the kernel's is: ``fsync`` takes its time, as that of an SD card does.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller import commands as c
from controller.api import status_of
from edge.journal import events as e
from ground.error import NotAllowed, TramError
from tests.hil.premises import TWO_FINGERS, Keyring
from tests.unit.station.ready_booth import booth, complete, identified, misfits, sealed

BY_HAND = TWO_FINGERS + "portrait_automatic = false\n"


@pytest.fixture(scope="module")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    return Keyring.cut(tmp_path_factory.mktemp("keys"))


@contextmanager
def slow_disk(seed: int, least_s: float, most_s: float) -> Iterator[None]:
    """Every ``fsync`` of this process takes between ``least_s`` and ``most_s``."""
    kernels, chance = os.fsync, random.Random(seed)

    def fsync(descriptor: int) -> None:
        time.sleep(chance.uniform(least_s, most_s))
        kernels(descriptor)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", fsync)
        yield


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("policy", [TWO_FINGERS, BY_HAND], ids=["automatic", "by hand"])
async def test_five_clicks_on_a_slow_disk_are_one_portrait(
    keyring: Keyring, tmp_path: Path, seed: int, policy: str
) -> None:
    async with booth(keyring, tmp_path, policy) as floor:
        dossier = await identified(floor)
        await floor.until(lambda: e.Device.CAMERA in dossier.holding, "at the camera")

        async def click(after_s: float) -> c.PortraitResult | TramError:
            await asyncio.sleep(after_s)
            try:
                answer: c.PortraitResult = await floor.do(c.TakePortrait(dossier.id))
            except TramError as error:
                return error
            return answer

        with slow_disk(seed, 0.25, 0.8):
            answers = await asyncio.gather(*(click(0.12 * number) for number in range(5)))
            await complete(floor, dossier)

        statuses = [status_of(a) if isinstance(a, TramError) else 200 for a in answers]
        assert set(statuses) <= {200, 409}
        assert statuses[0] == 200, "whoever clicks while it is taken is told that it is"
        assert floor.count(e.PortraitTaken) == 1
        assert misfits(floor, dossier) == []
        await sealed(floor, dossier)


async def test_a_click_that_meets_the_automatic_portrait_undoes_no_confirmation(
    keyring: Keyring, tmp_path: Path
) -> None:
    async with booth(keyring, tmp_path) as floor:
        dossier = await identified(floor)
        with slow_disk(1, 0.2, 0.3):
            await floor.until(lambda: e.Device.CAMERA in dossier.holding, "at the camera")
            late = asyncio.create_task(floor.do(c.TakePortrait(dossier.id)))
            await complete(floor, dossier)
            await sealed(floor, dossier)
            with suppress(NotAllowed):
                await late
        assert floor.count(e.PortraitTaken) == 1
        assert floor.count(e.PortraitReopened) == 0


async def test_who_steps_aside_and_back_while_a_finger_is_stored_gives_it_once(
    keyring: Keyring, tmp_path: Path
) -> None:
    async with booth(keyring, tmp_path) as floor:
        dossier = await identified(floor)
        fingers = floor.station.core.data / "vault" / dossier.id / "fingers"
        with slow_disk(1, 0.2, 0.2):
            for _ in range(3):
                await floor.until(lambda: list(fingers.glob("*.tmp")), "a file half written")
                await floor.do(c.StepAside(dossier.id))
                await floor.do(c.StepBack(dossier.id))
            await complete(floor, dossier)
            assert misfits(floor, dossier) == []
            await sealed(floor, dossier)


async def test_who_is_sent_away_while_a_portrait_is_stored_leaves_nothing_in_the_vault(
    keyring: Keyring, tmp_path: Path
) -> None:
    async with booth(keyring, tmp_path, BY_HAND) as floor:
        dossier = await identified(floor)
        await floor.until(lambda: e.Device.CAMERA in dossier.holding, "at the camera")
        vault = floor.station.core.data / "vault"
        with slow_disk(1, 0.3, 0.3):
            click = asyncio.create_task(floor.do(c.TakePortrait(dossier.id)))
            await floor.until(lambda: list(vault.rglob("portrait*.tmp")), "a file half written")
            await floor.do(c.Abandon(dossier.id, e.AbandonReason.LEFT))
            with pytest.raises(NotAllowed):
                await click
            await floor.until(lambda: floor.count(e.DossierClosed) == 1, "the dossier's end")
        assert list(vault.iterdir()) == []


STEPS: dict[str, Callable[[str], c.Command]] = {
    "click": c.TakePortrait,
    "aside": c.StepAside,
    "back": c.StepBack,
    "another portrait": c.RetakePortrait,
    "another finger": lambda dossier: c.RetakeFinger(dossier, e.Position.RIGHT_INDEX),
}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 30)), min_size=4, max_size=14
    ),
    most_ms=st.sampled_from([1, 10, 40]),
    seed=st.integers(0, 1000),
)
def test_whatever_is_clicked_each_artefact_is_the_one_the_journal_names(
    keyring: Keyring, tmp_path: Path, steps: list[tuple[str, int]], most_ms: int, seed: int
) -> None:
    async def play() -> None:
        async with booth(keyring, tmp_path) as floor:
            dossier = await identified(floor)
            answers = []

            async def step(name: str) -> None:
                try:
                    await floor.do(STEPS[name](dossier.id))
                except TramError as error:
                    answers.append(error)

            with slow_disk(seed, 0, most_ms / 1000):
                async with asyncio.TaskGroup() as clicks:
                    for name, pause_ms in steps:
                        clicks.create_task(step(name))
                        await asyncio.sleep(pause_ms / 1000)
                await step("back")
                await complete(floor, dossier)
            assert [a for a in answers if not isinstance(a, NotAllowed)] == []
            assert floor.count(e.PortraitTaken) == floor.count(e.PortraitReopened) + 1
            assert misfits(floor, dossier) == []
            assert not list(floor.station.core.data.rglob("*.tmp"))
            await sealed(floor, dossier)

    asyncio.run(play())
