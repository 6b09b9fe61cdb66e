"""Every way the fingerprint scanner can fail, and how it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from controller.devices.ports import FingerprintScanner, Health
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from hw.bench.hand import Doing
from hw.twins.finger.sensor import GEN_IMG, UP_IMAGE
from tests.hil.finger_glass import (
    WAIT_S,
    Seen,
    connected,
    failing,
    lifted_hand,
    touched,
    transfer_begun,
)
from tests.hil.rig import LiveRig

pytestmark = pytest.mark.needs("fingerprint", "hands", "faults")


@pytest.fixture
def hand(rig: LiveRig) -> Doing:
    return lifted_hand(rig)


@pytest.fixture
async def seen(rig: LiveRig, hand: Doing) -> AsyncIterator[Seen]:
    async with connected(rig) as seen:
        yield seen


@pytest.fixture
def scanner(seen: Seen) -> FingerprintScanner:
    return seen.scanner


async def test_a_silent_sensor_is_reported_in_time_and_comes_back(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="silence")
    await failing(FaultCode.NO_ANSWER, lambda: scanner.read_image(2.0))
    await failing(FaultCode.NO_ANSWER, lambda: scanner.wait_for_finger(WAIT_S))
    hand.do("heal")
    await seen.until(Health.READY)
    await touched(scanner, hand)
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_a_refusal_is_told_and_the_sensor_stays_ready(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="nak", code=0x0F, command=UP_IMAGE, count=1)
    await failing(FaultCode.REFUSED, lambda: scanner.read_image(WAIT_S))
    assert scanner.status.health is Health.READY
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_one_corrupted_byte_costs_a_second_transfer_and_no_pixel(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    clean = await scanner.read_image(WAIT_S)
    for _ in range(10):
        hand.do("fault", kind="corrupt", count=1)
        assert np.array_equal((await scanner.read_image(WAIT_S)).pixels, clean.pixels)
        assert hand.do("state")["faults"] == []


async def test_a_corrupted_answer_is_asked_for_again(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    await scanner.keep(4)
    for _ in range(10):
        hand.do("fault", kind="corrupt", where="ack", count=1, command=0x04)
        assert await scanner.match() == 4


async def test_a_line_that_corrupts_everything_is_bad_data(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="corrupt")
    with pytest.raises(DeviceFault) as caught:
        await scanner.read_image(WAIT_S)
    assert caught.value.code in (FaultCode.BAD_DATA, FaultCode.HUNG)
    hand.do("heal")
    await seen.until(Health.READY)


async def test_a_sensor_that_hangs_in_a_transfer_is_reported_and_comes_back(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="hang", command=UP_IMAGE)
    await failing(FaultCode.HUNG, lambda: scanner.read_image(2.0))
    assert (await seen.until(Health.FAILED)).fault is FaultCode.HUNG
    hand.do("heal")
    await seen.until(Health.READY)


async def test_a_slow_sensor_does_not_outlast_the_deadline(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="slow", factor=100, command=UP_IMAGE)
    await failing(FaultCode.SLOW, lambda: scanner.read_image(0.5))
    hand.do("heal")
    await seen.until(Health.READY)


async def test_an_unplugged_sensor_is_noticed_even_when_nobody_asks_and_found_again(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await scanner.ring("blue")
    hand.do("fault", kind="disconnect")
    assert (await seen.until(Health.FAILED)).fault is FaultCode.DISCONNECTED
    await failing(FaultCode.DISCONNECTED, scanner.match)
    hand.do("heal")
    await seen.until(Health.READY)
    assert hand.do("state")["led"] == {"mode": 3, "colour": 2}
    await touched(scanner, hand)


async def test_a_sensor_unplugged_in_a_transfer_is_disconnected(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="slow", factor=100, command=UP_IMAGE)
    reading = asyncio.create_task(scanner.read_image(WAIT_S))
    await transfer_begun(hand)
    hand.do("fault", kind="disconnect")
    with pytest.raises(DeviceFault) as caught:
        await reading
    assert caught.value.code is FaultCode.DISCONNECTED
    hand.do("heal")
    await seen.until(Health.READY)


async def test_a_sensor_whose_power_failed_loses_its_image_and_says_so(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    await scanner.ring("blue")
    await touched(scanner, hand)
    hand.do("power_cycle")
    await failing(FaultCode.RESTARTED, lambda: scanner.read_image(WAIT_S))
    await seen.until(Health.READY)
    assert hand.do("state")["led"] == {"mode": 3, "colour": 2}
    await failing(FaultCode.RESTARTED, lambda: scanner.read_image(WAIT_S))
    await touched(scanner, hand)
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_a_sensor_swapped_for_a_new_one_is_found_at_its_other_rate(
    seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    hand.do("fault", kind="disconnect")
    await seen.until(Health.FAILED)
    hand.do("power_cycle", factory=True)
    hand.do("heal")
    await seen.until(Health.READY)
    assert hand.do("state")["baud"] == 115200
    await touched(scanner, hand)


async def test_a_missing_port_is_not_found_until_it_is_there(rig: LiveRig) -> None:
    port = rig.port("fingerprint")
    rig.unplug("fingerprint")
    seen = Seen(port)
    await seen.scanner.start()
    assert (await seen.until(Health.FAILED)).fault is FaultCode.NOT_FOUND
    rig.port("fingerprint")
    await seen.until(Health.READY)
    await seen.scanner.close()


async def test_a_cancelled_transfer_leaves_the_line_clean_for_the_next_call(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    clean = await scanner.read_image(WAIT_S)
    reading = asyncio.create_task(scanner.read_image(WAIT_S))
    await transfer_begun(hand)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert np.array_equal((await scanner.read_image(WAIT_S)).pixels, clean.pixels)
    assert scanner.status.health is Health.READY


@pytest.mark.parametrize("kind", ["silence", "nak", "corrupt", "hang", "slow", "disconnect"])
async def test_after_any_fault_while_waiting_the_next_finger_is_captured(
    kind: str, seen: Seen, scanner: FingerprintScanner, hand: Doing
) -> None:
    """The fault strikes while the citizen has not yet put the finger on the glass."""
    details = {"where": "ack"} if kind == "corrupt" else {"factor": 100} if kind == "slow" else {}
    command = {} if kind == "disconnect" else {"command": GEN_IMG}
    waiting = asyncio.create_task(scanner.wait_for_finger(1.0))
    await asyncio.sleep(0)
    hand.do("fault", kind=kind, **details, **command)
    (outcome,) = await asyncio.gather(waiting, return_exceptions=True)
    assert outcome is False or isinstance(outcome, DeviceFault)
    hand.do("heal")
    await seen.until(Health.READY)
    await touched(scanner, hand)
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_a_look_that_ends_behind_the_deadline_is_no_fault(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    """The sensor needs most of a second for it; that its asker has less says nothing about it."""
    await touched(scanner, hand)
    hand.do("fault", kind="slow", factor=100.0)
    assert not await scanner.wait_for_removal(0.05)
    hand.do("heal")
    assert scanner.status.health is Health.READY
