"""The fingerprint scanner over its real serial line: what it is there for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest
import serial

from controller.devices.fingerprint.maker import library
from controller.devices.ports import FingerprintScanner, Health
from edge.journal.events import FGP, FaultCode, Position
from hw.bench.hand import Doing
from hw.twins.finger.sensor import UP_IMAGE
from tests.hil.finger_glass import (
    WAIT_S,
    Seen,
    connected,
    failing,
    lifted_hand,
    touched,
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


async def test_a_new_sensor_is_found_at_57600_baud_and_raised_to_115200(
    rig: LiveRig, hand: Doing
) -> None:
    hand.do("power_cycle", factory=True)
    assert hand.do("state")["baud"] == 57600
    seen = Seen(rig.port("fingerprint"))
    await seen.scanner.start()
    await seen.until(Health.READY)
    await seen.scanner.close()
    state = hand.do("state")
    assert (state["baud"], state["packet_bytes"]) == (115200, 256)
    assert seen.history[-1].health is Health.READY


async def test_ten_fingers_are_captured_told_apart_and_found_again(
    scanner: FingerprintScanner, hand: Doing
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


async def test_wiping_empties_the_sensors_memory(scanner: FingerprintScanner, hand: Doing) -> None:
    await touched(scanner, hand)
    await scanner.keep(2)
    assert await scanner.match() == 2
    await scanner.wipe()
    assert hand.do("state")["templates"] == []
    assert await scanner.match() is None


async def test_an_image_is_the_glass_pixel_by_pixel(
    scanner: FingerprintScanner, hand: Doing
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
    lapsed_s = time.monotonic() - begun
    assert lapsed_s >= 0.5
    assert time.process_time() - begun_cpu < lapsed_s / 2


async def test_a_finger_that_stays_is_told_at_the_deadline(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    assert not await scanner.wait_for_removal(0.3)


async def test_a_finger_too_poor_for_a_template_matches_nothing_and_empties_its_slot(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    await scanner.keep(2)
    await touched(scanner, hand, quality=0.0, condition="worn")
    assert await scanner.match() is None
    await scanner.keep(2)
    assert hand.do("state")["templates"] == []
    assert scanner.status.health is Health.READY


async def test_reading_without_a_finger_is_a_fault_and_not_an_old_image(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    hand.do("lift")
    await scanner.wait_for_removal(WAIT_S)
    await failing(FaultCode.RESTARTED, lambda: scanner.read_image(WAIT_S))


async def test_the_ring_shows_the_colour_and_goes_out(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    shown = {}
    for colour in ("blue", "green", "red", "off"):
        await scanner.ring(colour)
        shown[colour] = hand.do("state")["led"]
    assert [shown[colour]["colour"] for colour in ("blue", "green", "red")] == [2, 4, 1]
    assert shown["off"]["mode"] == 4


async def test_a_sensor_without_green_shows_purple(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    hand.do("fault", kind="nak", code=0x1A, command=0x35, count=1)
    await scanner.ring("green")
    assert hand.do("state")["led"] == {"mode": 3, "colour": 3}


async def test_the_self_test_tells_rate_packets_and_templates(scanner: FingerprintScanner) -> None:
    line = await scanner.self_test()
    assert "115200 baud, 256 bytes a packet, 0 templates of 200" in line


async def test_light_commands_wait_until_the_transfer_is_over(
    scanner: FingerprintScanner, hand: Doing
) -> None:
    await touched(scanner, hand)
    collisions = hand.do("state")["collisions"]
    async with asyncio.TaskGroup() as together:
        reading = together.create_task(scanner.read_image(WAIT_S))
        for colour in ("green", "red", "blue"):
            together.create_task(scanner.ring(colour))
    assert reading.result().pixels.shape == (192, 192)
    assert hand.do("state")["collisions"] == collisions


def test_a_light_command_that_meets_a_transfer_breaks_it(rig: LiveRig, hand: Doing) -> None:
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
