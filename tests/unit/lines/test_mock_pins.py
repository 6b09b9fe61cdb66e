"""The adapter on gpiozero's mock pins: the test drives levels, the library tells edges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from gpiozero.pins.mock import MockFactory

from controller.devices.lines import GpioLines, Wire, Wiring
from controller.devices.lines.board import Nothing, Pins, Pulls, Refused
from controller.devices.ports import DeviceStatus, Health, Power, Press
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode
from tests.patience import CEILING_S

WIRING = Wiring(Wire(17, True), Wire(27, False), Wire(22, False), 23)


class Bench(Nothing):
    """Mock pins that the test has hold of; ``refusal`` keeps the door shut, as a system does."""

    def __init__(self) -> None:
        super().__init__()
        self.factory: Any = MockFactory()
        self.refusal: Refused | None = None

    def open(self, pulls: Pulls) -> Pins:
        if self.refusal:
            raise self.refusal
        self.factory.reset()
        pins: Pins = self.factory
        return pins

    def pin(self, gpio: int) -> Any:
        return self.factory.pin(f"GPIO{gpio}")


class Told:
    """What the station hears."""

    def __init__(self, lines: GpioLines) -> None:
        self.statuses: list[DeviceStatus] = []
        self.power: list[Power] = []
        self.presses: list[Press] = []
        lines.on_status = self.statuses.append
        lines.on_power = self.power.append
        lines.on_press = self.presses.append

    @property
    def faults(self) -> list[FaultCode | None]:
        return [status.fault for status in self.statuses]


@asynccontextmanager
async def opened(
    wiring: Wiring = WIRING, bench: Bench | None = None
) -> AsyncIterator[tuple[GpioLines, Bench, Told]]:
    bench = bench or Bench()
    lines = GpioLines("mock:", wiring, source=lambda _: bench)
    told = Told(lines)
    await lines.start()
    try:
        if bench.refusal is None:
            await until(lambda: lines.status.health is Health.READY)
        yield lines, bench, told
    finally:
        await lines.close()


async def until(true: Callable[[], object]) -> None:
    deadline = asyncio.get_running_loop().time() + CEILING_S
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)


async def test_lines_at_rest_are_mains() -> None:
    async with opened() as (lines, _, told):
        assert lines.power is Power.MAINS
        assert lines.status == DeviceStatus(Device.POWER, Health.READY, None, "mock pins: mains")
        assert told.power == []


async def test_a_wire_that_has_come_off_reads_as_no() -> None:
    async with opened() as (_, bench, _told):
        assert [bench.pin(gpio).pull for gpio in (17, 27, 22)] == ["down", "up", "up"]


async def test_the_mains_fail_and_come_back() -> None:
    async with opened() as (lines, bench, told):
        bench.pin(17).drive_high()
        await until(lambda: lines.status.fault is FaultCode.ON_BATTERY)
        bench.pin(27).drive_low()
        await until(lambda: lines.status.fault is FaultCode.LOW_VOLTAGE)
        bench.pin(27).drive_high()
        bench.pin(17).drive_low()
        await until(lambda: lines.status.health is Health.READY)
        assert told.power[0] is Power.BATTERY
        assert told.power[-1] is Power.MAINS
        assert told.faults[:3] == [None, FaultCode.ON_BATTERY, FaultCode.LOW_VOLTAGE]


async def test_a_press_of_the_service_button_is_heard() -> None:
    async with opened() as (_, bench, told):
        bench.pin(22).drive_low()
        await asyncio.sleep(0.1)  # as long as a finger is down: the time is what is tested
        bench.pin(22).drive_high()
        await until(lambda: told.presses)
        assert told.presses == [Press.SHORT]


async def test_a_long_press_is_heard_while_the_button_is_down() -> None:
    async with opened() as (_, bench, told):
        bench.pin(22).drive_low()
        await until(lambda: told.presses)
        assert told.presses == [Press.LONG]


async def test_run_is_pulled_low_and_let_go_and_never_driven_high() -> None:
    async with opened() as (lines, bench, _):
        run = bench.pin(23)
        assert (run.function, run.pull) == ("input", "floating")
        run.drive_high()  # the Pico's own pull-up
        run.clear_states()
        await lines.reset_pico()
        assert [state.state for state in run.states] == [True, False]
        assert (run.function, run.pull) == ("input", "floating")


async def test_a_booth_without_the_wire_resets_nothing() -> None:
    async with opened(Wiring(mains_fail=Wire(17, True))) as (lines, _, _told):
        assert not lines.can_reset_pico
        with pytest.raises(DeviceFault):
            await lines.reset_pico()


async def test_what_keeps_the_chip_shut_is_told_and_it_is_tried_again() -> None:
    bench = Bench()
    bench.refusal = Refused(FaultCode.TAKEN, "GPIO busy")
    async with opened(bench=bench) as (lines, _, _told):
        await until(lambda: lines.status.health is Health.FAILED)
        assert lines.status.fault is FaultCode.TAKEN
        assert lines.status.detail == "mock pins: GPIO busy"
        with pytest.raises(DeviceFault, match="taken"):
            await lines.reset_pico()
        with pytest.raises(DeviceFault, match="taken"):
            await lines.self_test()
        bench.refusal = None
        await until(lambda: lines.status.health is Health.READY)
        assert await lines.self_test() == "mock pins: mains"


async def test_it_ends_while_it_waits() -> None:
    async with opened() as (lines, _, _told):
        before = asyncio.get_running_loop().time()
        await lines.close()
        assert asyncio.get_running_loop().time() - before < CEILING_S
