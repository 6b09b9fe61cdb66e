"""The real firmware at the end of a real port: buttons, lights, sensors, faults of the line."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from controller.devices.peripherals import PicoPeripherals
from controller.devices.ports import Health, Light, Sound
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from firmware import wire
from tests.hil.pico_link import (
    Booth,
    bare_line,
    booth,
    forget_the_past,
    until,
)
from tests.hil.rig import LiveRig

pytestmark = [pytest.mark.needs("pico")]

SAVED_WITHIN_MS = 1500
"""Of the Pico's time after a press: calm, age and the flash itself (firmware/events.py)."""


@pytest_asyncio.fixture
async def station(rig: LiveRig) -> AsyncIterator[Booth]:
    """A connected booth with nothing left over from before."""
    await forget_the_past(rig)
    async with booth(rig) as connected:
        await connected.printer_ready()
        yield connected


@pytest.mark.needs("hands")
async def test_a_pico_that_is_up_is_ready_sooner_than_one_that_starts(rig: LiveRig) -> None:
    await forget_the_past(rig)

    async def ready_after_s() -> float:
        began = time.monotonic()
        async with booth(rig) as connected:
            took_s = time.monotonic() - began
            await connected.printer_ready()
        return took_s

    up_s = min([await ready_after_s() for _ in range(3)])
    await asyncio.to_thread(rig.hand("pico").do, "reset")
    assert up_s < await ready_after_s()


async def test_echoes_of_every_size_come_back_whole(rig: LiveRig) -> None:
    """Around every packet boundary of the USB line, up to the longest frame."""
    room = wire.LINE_MAX - len(wire.encode([wire.INT_MAX, "echo", ""]))
    with bare_line(rig) as raw:
        raw.say("hello")
        for size in range(1, room + 1):
            text = ("0123456789" * 30)[:size]
            assert raw.say("echo", text) == ["ok", text]


async def test_oversize_lines_and_garbage_are_skipped(rig: LiveRig) -> None:
    with bare_line(rig) as raw:
        raw.say("hello")
        for size in (255, 256, 257, wire.LINE_MAX, wire.LINE_MAX + 1, 520, 5_000):
            raw.port.write(b"[" * size + b"\n")
            raw.port.write(bytes(range(4, 256)) + b"\n")
            assert raw.say("nop") == ["ok"]


@pytest.mark.needs("hands", "faults")
async def test_what_comes_byte_by_byte_while_the_chip_is_busy_is_read(rig: LiveRig) -> None:
    with bare_line(rig) as raw:
        raw.say("hello")
        rig.hand("pico").do("fault", kind="hang")
        for _ in range(500):
            raw.port.write(b"[")
            rig.hand("pico").do("state")  # the byte before has gone its own way
        rig.hand("pico").do("heal")
        raw.port.write(b"\n")
        assert raw.say("nop") == ["ok"]


@pytest.mark.needs("hands", "faults", "lid")
async def test_every_change_at_the_pins_reaches_a_chip_that_was_busy(rig: LiveRig) -> None:
    hand = rig.hand("pico")
    with bare_line(rig) as raw:
        raw.say("hello")
        hand.do("fault", kind="hang")
        for _ in range(1200):
            hand.do("temperature", celsius=21)
        hand.do("lid", open=True)
        hand.do("heal")
        await until(lambda: raw.say("show", "ready")[-1] == "open")


async def test_a_command_repeated_is_answered_alike_and_acts_once(rig: LiveRig) -> None:
    with bare_line(rig) as raw:
        raw.say("hello")
        first = raw.say("begin", 1, 3, "0" * 16, 0)
        assert raw.send([raw.seq, "begin", 1, 3, "f" * 16, 2])[1:] == first
        raw.port.write(wire.encode([raw.seq - 1, "hello"]))  # a late duplicate gets no answer
        assert raw.say("nop") == ["ok"]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("dance",), "op"),
        (("show", "disco"), "args"),
        (("show",), "args"),
        (("play", 3), "args"),
        (("begin", 1, 0, "x", 0), "args"),
        (("begin", 1, 2, "x", -1), "args"),
        (("next", 1, 1), "args"),
        (("print", 123, 0, "AAAA"), "job"),
        (("done", 123), "job"),
    ],
)
async def test_nonsense_is_refused_with_a_reason(
    rig: LiveRig, command: tuple[str, *tuple[int | str, ...]], reason: str
) -> None:
    with bare_line(rig) as raw:
        raw.say("hello")
        assert raw.say(*command) == ["no", reason]


@pytest.mark.needs("hands")
async def test_without_a_session_nothing_acts(rig: LiveRig) -> None:
    rig.hand("pico").do("reset")
    with bare_line(rig) as raw:
        assert raw.say("nop") == ["no", "hello"]


# ---- lights, sound, sensors ----------------------------------------------------------------


@pytest.mark.needs("hands")
async def test_every_scene_looks_different(station: Booth) -> None:
    looks = set()
    for light in Light:
        await station.pico.show(light)
        await station.pico.climate()  # answered after the scene was set; blinking begins lit
        lights = await station.do("lights")
        tower = tuple(lights[name] for name in ("red", "amber", "green", "blue"))
        ring = lights["ring"]
        looks.add((tower, max(map(tuple, ring)), sum(map(any, ring))))
    assert len(looks) == len(Light)


@pytest.mark.needs("hands", "faults")
async def test_three_silent_seconds_put_the_lights_out_of_service(station: Booth) -> None:
    await station.pico.show(Light.DONE)
    await until(lambda: station.sees("green"))
    await station.do("fault", kind="silence")
    began = time.monotonic()
    await until(lambda: station.sees("red"))
    lapsed_s = time.monotonic() - began
    assert lapsed_s > 1.5
    # Lamps and ring change one after the other, each at once.
    await until(lambda: not any(station.sees(name) for name in ("green", "amber", "blue")))
    await until(lambda: not any(map(any, station.sees("ring"))))
    await station.do("heal")
    await until(lambda: station.sees("green"))  # renewed by itself


@pytest.mark.needs("hands")
async def test_the_lease_is_renewed_while_the_station_lives(station: Booth) -> None:
    await station.pico.show(Light.READY)
    await until(lambda: station.sees("green"))
    end = time.monotonic() + wire.LEASE_MS / 1000 + 1.0
    while time.monotonic() < end:
        assert (await station.do("lights"))["green"]
        await asyncio.sleep(0.1)


@pytest.mark.needs("hands")
async def test_each_sound_begins_and_ends(station: Booth) -> None:
    for sound in Sound:
        if sound is Sound.CLICK:
            continue  # 15 ms: too short to look at
        await station.pico.play(sound)
        await until(lambda: station.sees("buzzer_hz") > 0)
        await until(lambda: station.sees("buzzer_hz") == 0)


async def test_the_self_test_tells_what_a_technician_wants(station: Booth) -> None:
    report = await station.pico.self_test()
    assert "echo" in report
    assert "lid closed" in report
    assert "printer ok" in report


# ---- buttons and lid -----------------------------------------------------------------------


@pytest.mark.needs("buttons", "hands")
async def test_presses_come_once_each_in_order_even_when_they_bounce(station: Booth) -> None:
    pressed = ["ticket", "confirm", "ticket", "ticket", "confirm"] * 2
    for n, button in enumerate(pressed):
        await station.do("press", button=button, bounce=n % 2 == 1)
    await until(lambda: len(station.events) >= len(pressed))
    assert station.kinds() == pressed
    assert [event.no for event in station.events] == list(
        range(station.events[0].no, station.events[0].no + len(pressed))
    )


@pytest.mark.needs("buttons", "hands")
async def test_a_bounce_without_a_press_is_none(station: Booth) -> None:
    await station.do("press", button="ticket", ms=2, bounce=True)
    await station.do("press", button="confirm")
    await until(lambda: station.events)
    assert station.kinds() == ["confirm"]


@pytest.mark.needs("buttons", "faults")
async def test_presses_under_a_fifth_of_loss_and_corruption_come_once(station: Booth) -> None:
    await station.do("fault", kind="loss", percent=20)
    await station.do("fault", kind="corrupt", percent=10)
    await station.do("fault", kind="duplicate", percent=20)
    for _ in range(15):
        await station.do("press", button="ticket")
    await station.do("heal")
    await until(lambda: len(station.events) >= 15)
    await station.pico.self_test()
    assert station.kinds() == ["ticket"] * 15


@pytest.mark.needs("buttons", "faults")
async def test_presses_while_unplugged_and_over_resets_come_once_each(rig: LiveRig) -> None:
    """Nobody is connected; the Pico keeps them, in flash once nobody has pressed for a moment."""
    await forget_the_past(rig)
    hand = rig.hand("pico")
    for round_ in range(3):
        hand.do("press", button="ticket")
        hand.do("press", button="confirm")
        hand.do("press", button="ticket", ms=400)
        hand.do("wait", ms=SAVED_WITHIN_MS)
        hand.do("reset", cause="watchdog" if round_ else "power")
    async with booth(rig, acknowledge=False) as station:
        await until(lambda: len(station.events) >= 9)
        assert station.kinds() == ["ticket", "confirm", "ticket"] * 3
        assert len({event.boot for event in station.events}) == 3
    hand.do("reset")
    async with booth(rig) as again:  # nothing was acknowledged: all of it once more, then no more
        await until(lambda: len(again.events) >= 9)
        await again.pico.self_test()
        assert [(e.boot, e.no) for e in again.events] == [(e.boot, e.no) for e in station.events]
    async with booth(rig) as after:
        await after.pico.self_test()
        assert after.events == []


@pytest.mark.needs("buttons", "faults")
async def test_presses_over_unplugging_with_the_station_running_come_once_each(
    station: Booth,
) -> None:
    for _ in range(4):
        await station.do("fault", kind="disconnect")
        await until(lambda: station.pico.status.health is Health.FAILED)
        await station.do("press", button="confirm")
        await station.do("heal")
        await station.do("press", button="ticket")
        await station.ready()
    await until(lambda: len(station.events) >= 8)
    await station.pico.self_test()
    assert station.kinds() == ["confirm", "ticket"] * 4


@pytest.mark.needs("lid", "hands")
async def test_an_opened_lid_is_reported_even_when_the_power_is_cut_at_once(rig: LiveRig) -> None:
    await forget_the_past(rig)
    hand = rig.hand("pico")
    hand.do("lid", open=True)
    await asyncio.to_thread(hand.do, "press", button="confirm", ms=1)  # the lid's 20 ms pass
    hand.do("lid", open=False)
    hand.do("reset")
    async with booth(rig) as station:
        await until(lambda: "lid_open" in station.kinds())


@pytest.mark.needs("lid", "hands")
async def test_a_lid_found_open_at_power_up_is_reported(rig: LiveRig) -> None:
    await forget_the_past(rig)
    hand = rig.hand("pico")
    hand.do("lid", open=True)
    hand.do("reset")
    async with booth(rig) as station:
        await until(lambda: "lid_open" in station.kinds())
        await station.do("lid", open=False)
        await until(lambda: "lid_closed" in station.kinds())


@pytest.mark.needs("buttons", "lid", "faults")
async def test_a_hundred_presses_with_nobody_there_do_not_push_out_the_lid(rig: LiveRig) -> None:
    await forget_the_past(rig)
    hand = rig.hand("pico")
    hand.do("press", button="ticket")
    hand.do("lid", open=True)
    for _ in range(80):
        await asyncio.to_thread(hand.do, "press", button="ticket", ms=30)
    hand.do("lid", open=False)
    await asyncio.to_thread(hand.do, "press", button="confirm", ms=1)  # the lid's 20 ms pass
    async with booth(rig) as station:
        await until(lambda: len(station.events) >= 64)
        await station.pico.self_test()
        assert len(station.events) == 64
        assert station.kinds()[0] == "lid_open"
        assert station.kinds()[-1] == "lid_closed"


# ---- faults of the line --------------------------------------------------------------------


@pytest.mark.needs("faults")
async def test_a_silent_pico_is_named_and_comes_back_by_itself(
    station: Booth, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await station.do("fault", kind="silence")
        await until(lambda: station.pico.status.fault is FaultCode.NO_ANSWER)
    assert "last frames" in caplog.text
    assert "'show'" in caplog.text
    with pytest.raises(DeviceFault, match="no_answer"):
        await station.pico.play(Sound.GOOD)
    await station.do("heal")
    await station.ready()


@pytest.mark.needs("faults")
async def test_an_unplugged_pico_is_named_and_comes_back_by_itself(station: Booth) -> None:
    await station.do("fault", kind="disconnect")
    await until(lambda: station.pico.status.fault is FaultCode.DISCONNECTED)
    assert station.pico.printer_status.fault is FaultCode.DISCONNECTED
    with pytest.raises(DeviceFault, match="disconnected"):
        await station.pico.climate()
    await station.do("heal")
    await station.printer_ready()


@pytest.mark.needs("hands", "faults")
async def test_a_reset_is_a_fault_and_not_a_detail(station: Booth) -> None:
    await station.do("reset", cause="watchdog")
    await until(lambda: station.pico.status.health is Health.READY and len(station.statuses) > 2)
    assert "last reset: watchdog" in station.pico.status.detail
    faults = [status.fault for status in station.statuses]
    assert FaultCode.RESTARTED in faults


@pytest.mark.needs("faults")
async def test_a_hung_pico_is_started_anew_by_its_watchdog(station: Booth) -> None:
    boots = (await station.do("state"))["boots"]
    await station.do("fault", kind="hang")
    await until(lambda: FaultCode.NO_ANSWER in (status.fault for status in station.statuses))
    await until(lambda: station.pico.status.health is Health.READY, 15.0)
    assert (await station.do("state"))["boots"] == boots + 1
    assert "last reset: watchdog" in station.pico.status.detail


async def test_a_port_that_is_not_there_is_named(rig: LiveRig) -> None:
    pico = PicoPeripherals(rig.port("pico") + "-missing")
    await pico.start()
    await until(lambda: pico.status.fault is FaultCode.NOT_FOUND)
    with pytest.raises(DeviceFault, match="not_found"):
        await pico.show(Light.READY)
    await pico.close()


async def test_another_firmware_is_refused(rig: LiveRig) -> None:
    pico = PicoPeripherals(rig.port("pico"), expected_firmware_hash="0" * 16)
    await pico.start()
    await until(lambda: pico.status.fault is FaultCode.WRONG_FIRMWARE)
    with pytest.raises(DeviceFault, match="wrong_firmware"):
        await pico.play(Sound.GOOD)
    await pico.close()
