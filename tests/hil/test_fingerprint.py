"""The fingerprint scanner over its real serial line: captures, and every way it can fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import adafruit_fingerprint as library  # type: ignore[import-untyped]
import numpy as np
import pytest
import serial

from controller.devices.fingerprint import R503Scanner
from controller.devices.ports import DeviceStatus, FingerprintScanner, Health
from controller.errors import DeviceFault
from edge.journal.events import FGP, FaultCode, Position
from hw.twins.control import Hand
from hw.twins.finger.sensor import GEN_IMG, UP_IMAGE
from tests.hil.rig import LiveRig

pytestmark = pytest.mark.needs("fingerprint", "hands", "faults")

WAIT_S = 10.0
"""Far longer than anything here takes; a wait that ends by it has failed."""


@pytest.fixture
def hand(rig: LiveRig) -> Hand:
    hand = rig.hand("fingerprint")
    hand.do("lift")
    return hand


class Seen:
    """The scanner with all statuses it reported."""

    def __init__(self, port: str) -> None:
        self.scanner: FingerprintScanner = R503Scanner(port)
        self.history: list[DeviceStatus] = []
        self._changed = asyncio.Event()
        self.scanner.on_status = self._note

    def _note(self, status: DeviceStatus) -> None:
        self.history.append(status)
        self._changed.set()

    async def until(self, health: Health) -> DeviceStatus:
        """The status once it is ``health``, be it now or later."""
        async with asyncio.timeout(WAIT_S):
            while self.scanner.status.health is not health:
                self._changed.clear()
                await self._changed.wait()
        return self.scanner.status


@pytest.fixture
async def seen(rig: LiveRig, hand: Hand) -> AsyncIterator[Seen]:
    seen = Seen(rig.port("fingerprint"))
    await seen.scanner.start()
    await seen.until(Health.READY)
    await seen.scanner.wipe()
    yield seen
    await seen.scanner.close()


@pytest.fixture
def scanner(seen: Seen) -> FingerprintScanner:
    return seen.scanner


async def touched(scanner: FingerprintScanner, hand: Hand, **finger: Any) -> None:
    hand.do("put", **{"person": 1, "position": "right_index", **finger})
    assert await scanner.wait_for_finger(WAIT_S)


async def transfer_begun(hand: Hand) -> None:
    async with asyncio.timeout(WAIT_S):
        while not hand.do("state")["transferring"]:  # noqa: ASYNC110  (another process knows)
            await asyncio.sleep(0.001)


async def failing(code: FaultCode, within_s: float, call: Callable[[], Any]) -> None:
    """``call`` ends with ``code``, and does not take longer than ``within_s`` for it."""
    begun = time.monotonic()
    with pytest.raises(DeviceFault) as caught:
        await call()
    assert caught.value.code is code, caught.value
    assert time.monotonic() - begun < within_s


# ---- what it is there for ------------------------------------------------------------------


async def test_a_new_sensor_is_found_at_57600_baud_and_raised_to_115200(
    rig: LiveRig, hand: Hand
) -> None:
    hand.do("power_cycle", factory=True)
    assert hand.do("state")["baud"] == 57600
    seen = Seen(rig.port("fingerprint"))
    await seen.scanner.start()
    await seen.until(Health.READY)
    await seen.scanner.close()
    state = hand.do("state")
    assert (state["baud"], state["packet_bytes"]) == (115200, 256)
    assert [status.health for status in seen.history] == [Health.READY]


async def test_ten_fingers_are_captured_told_apart_and_found_again(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    for position in Position:
        await touched(scanner, hand, position=position.value)
        image = await scanner.read_image(WAIT_S)
        assert (image.pixels.shape, image.dpi) == ((192, 192), 508)
        assert 60 < image.pixels.mean() < 200
        assert await scanner.match() is None
        await scanner.keep(FGP[position])
        hand.do("lift")
        assert await scanner.wait_for_removal(WAIT_S)
    assert hand.do("state")["templates"] == list(range(1, 11))
    for position in Position:
        await touched(scanner, hand, position=position.value, quality=0.7)
        assert await scanner.match() == FGP[position]
    await touched(scanner, hand, person=2)
    assert await scanner.match() is None


async def test_wiping_empties_the_sensors_memory(scanner: FingerprintScanner, hand: Hand) -> None:
    await touched(scanner, hand)
    await scanner.keep(2)
    assert await scanner.match() == 2
    await scanner.wipe()
    assert hand.do("state")["templates"] == []
    assert await scanner.match() is None


async def test_an_image_is_the_glass_pixel_by_pixel(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    """Two transfers of one image are equal and use all sixteen levels, background 255."""
    await touched(scanner, hand)
    first, second = await scanner.read_image(WAIT_S), await scanner.read_image(WAIT_S)
    assert np.array_equal(first.pixels, second.pixels)
    assert set(np.unique(first.pixels)) == {level * 17 for level in range(16)}
    corners = first.pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 200


async def test_no_finger_is_told_at_the_deadline_without_a_busy_loop(
    scanner: FingerprintScanner,
) -> None:
    begun, begun_cpu = time.monotonic(), time.process_time()
    assert not await scanner.wait_for_finger(0.5)
    assert 0.5 <= time.monotonic() - begun < 1.5
    assert time.process_time() - begun_cpu < 0.25


async def test_a_finger_that_stays_is_told_at_the_deadline(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    assert not await scanner.wait_for_removal(0.3)


async def test_a_finger_too_poor_for_a_template_matches_nothing_and_empties_its_slot(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    await scanner.keep(2)
    await touched(scanner, hand, quality=0.0, condition="worn")
    assert await scanner.match() is None
    await scanner.keep(2)
    assert hand.do("state")["templates"] == []
    assert scanner.status.health is Health.READY


async def test_reading_without_a_finger_is_a_fault_and_not_an_old_image(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("lift")
    await scanner.wait_for_removal(WAIT_S)
    await failing(FaultCode.RESTARTED, 1.0, lambda: scanner.read_image(WAIT_S))


async def test_the_ring_shows_the_colour_and_goes_out(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    shown = {}
    for colour in ("blue", "green", "red", "off"):
        await scanner.ring(colour)
        shown[colour] = hand.do("state")["led"]
    assert [shown[colour]["colour"] for colour in ("blue", "green", "red")] == [2, 4, 1]
    assert shown["off"]["mode"] == 4


async def test_a_sensor_without_green_shows_purple(scanner: FingerprintScanner, hand: Hand) -> None:
    hand.do("fault", kind="nak", code=0x1A, command=0x35, count=1)
    await scanner.ring("green")
    assert hand.do("state")["led"] == {"mode": 3, "colour": 3}


async def test_the_self_test_tells_rate_packets_and_templates(scanner: FingerprintScanner) -> None:
    line = await scanner.self_test()
    assert "115200 baud, 256 bytes a packet, 0 templates of 200" in line


# ---- light and transfer --------------------------------------------------------------------


async def test_light_commands_wait_until_the_transfer_is_over(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    collisions = hand.do("state")["collisions"]
    async with asyncio.TaskGroup() as together:
        reading = together.create_task(scanner.read_image(WAIT_S))
        for colour in ("green", "red", "blue"):
            together.create_task(scanner.ring(colour))
    assert reading.result().pixels.shape == (192, 192)
    assert hand.do("state")["collisions"] == collisions


def test_a_light_command_that_meets_a_transfer_breaks_it(rig: LiveRig, hand: Hand) -> None:
    """What the scanner is careful about is real: spoken to by hand, the sensor loses both."""
    hand.do("put", person=1, position="right_index")
    collisions = hand.do("state")["collisions"]
    with serial.Serial(rig.port("fingerprint"), timeout=1.0) as port:
        port.baudrate = hand.do("state")["baud"]
        sensor = library.Adafruit_Fingerprint(port)
        assert sensor.get_image() == library.OK
        sensor._send_packet([UP_IMAGE])
        sensor._send_packet([0x35, 3, 0, 2, 0])
        whole = 12 + 18_432
        assert len(port.read(whole)) < whole
    assert hand.do("state")["collisions"] == collisions + 1


# ---- every way it can fail -----------------------------------------------------------------


async def test_a_silent_sensor_is_reported_in_time_and_comes_back(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="silence")
    await failing(FaultCode.NO_ANSWER, 2.5, lambda: scanner.read_image(2.0))
    await failing(FaultCode.NO_ANSWER, 0.5, lambda: scanner.wait_for_finger(WAIT_S))
    hand.do("heal")
    await seen.until(Health.READY)
    await touched(scanner, hand)
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_a_refusal_is_told_and_the_sensor_stays_ready(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="nak", code=0x0F, command=UP_IMAGE, count=1)
    await failing(FaultCode.REFUSED, 1.0, lambda: scanner.read_image(WAIT_S))
    assert scanner.status.health is Health.READY
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_one_corrupted_byte_costs_a_second_transfer_and_no_pixel(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    clean = await scanner.read_image(WAIT_S)
    for _ in range(10):
        hand.do("fault", kind="corrupt", count=1)
        assert np.array_equal((await scanner.read_image(WAIT_S)).pixels, clean.pixels)
        assert hand.do("state")["faults"] == []


async def test_a_corrupted_answer_is_asked_for_again(
    scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    await scanner.keep(4)
    for _ in range(10):
        hand.do("fault", kind="corrupt", where="ack", count=1, command=0x04)
        assert await scanner.match() == 4


async def test_a_line_that_corrupts_everything_is_bad_data(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="corrupt")
    with pytest.raises(DeviceFault) as caught:
        await scanner.read_image(WAIT_S)
    assert caught.value.code in (FaultCode.BAD_DATA, FaultCode.HUNG)
    hand.do("heal")
    await seen.until(Health.READY)


async def test_a_sensor_that_hangs_in_a_transfer_is_reported_and_comes_back(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="hang", command=UP_IMAGE)
    await failing(FaultCode.HUNG, 2.5, lambda: scanner.read_image(2.0))
    assert (await seen.until(Health.FAILED)).fault is FaultCode.HUNG
    hand.do("heal")
    await seen.until(Health.READY)


async def test_a_slow_sensor_does_not_outlast_the_deadline(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await touched(scanner, hand)
    hand.do("fault", kind="slow", factor=100, command=UP_IMAGE)
    await failing(FaultCode.SLOW, 1.0, lambda: scanner.read_image(0.5))
    hand.do("heal")
    await seen.until(Health.READY)


async def test_an_unplugged_sensor_is_noticed_even_when_nobody_asks_and_found_again(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await scanner.ring("blue")
    hand.do("fault", kind="disconnect")
    assert (await seen.until(Health.FAILED)).fault is FaultCode.DISCONNECTED
    await failing(FaultCode.DISCONNECTED, 0.5, scanner.match)
    hand.do("heal")
    await seen.until(Health.READY)
    assert hand.do("state")["led"] == {"mode": 3, "colour": 2}
    await touched(scanner, hand)


async def test_a_sensor_unplugged_in_a_transfer_is_disconnected(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
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
    seen: Seen, scanner: FingerprintScanner, hand: Hand
) -> None:
    await scanner.ring("blue")
    await touched(scanner, hand)
    hand.do("power_cycle")
    await failing(FaultCode.RESTARTED, 1.0, lambda: scanner.read_image(WAIT_S))
    await seen.until(Health.READY)
    assert hand.do("state")["led"] == {"mode": 3, "colour": 2}
    await failing(FaultCode.RESTARTED, 1.0, lambda: scanner.read_image(WAIT_S))
    await touched(scanner, hand)
    assert (await scanner.read_image(WAIT_S)).pixels.shape == (192, 192)


async def test_a_sensor_swapped_for_a_new_one_is_found_at_its_other_rate(
    seen: Seen, scanner: FingerprintScanner, hand: Hand
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
    scanner: FingerprintScanner, hand: Hand
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
    kind: str, seen: Seen, scanner: FingerprintScanner, hand: Hand
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
