"""The booth's temperature and supply: read by itself, told, and called bad where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from controller.devices.ports import Climate, Health
from edge.journal.events import Device, FaultCode
from tests.hil.pico_link import Booth, booth, until
from tests.hil.rig import LiveRig

GOOD = {"celsius": 27.0, "volts": 12.1}


async def weather(station: Booth, *, celsius: float, volts: float) -> None:
    await station.do("temperature", celsius=celsius)
    await station.do("supply", volts=volts)


def settled(climates: Sequence[Climate], *, celsius: float, volts: float) -> bool:
    """The newest of ``climates`` is that."""
    if not climates:
        return False
    climate = climates[-1]
    return bool(
        climate.temperature_c == pytest.approx(celsius, abs=0.2)
        and climate.supply_v == pytest.approx(volts, abs=0.05)
    )


@pytest_asyncio.fixture
async def station(rig: LiveRig) -> AsyncIterator[Booth]:
    """A booth that reads its climate often."""
    async with booth(rig, climate_every_s=0.05) as live:
        try:
            yield live
        finally:
            if not rig.lacks("climate"):
                await weather(live, **GOOD)


async def test_the_climate_is_read_right_after_connecting(rig: LiveRig) -> None:
    async with booth(rig) as live:  # at its usual pace of one a minute
        await until(lambda: live.climates, 3.0)
        climate = live.climates[-1]
        told = f"; {climate.temperature_c:.1f} °C, {climate.supply_v:.2f} V"
        assert live.pico.status.detail.endswith(told)
        assert live.pico.status.health is Health.READY


@pytest.mark.needs("hands", "climate")
async def test_temperature_and_supply_are_read_again_by_themselves(station: Booth) -> None:
    await weather(station, celsius=41.5, volts=11.5)
    await until(lambda: settled(station.climates, celsius=41.5, volts=11.5))
    assert station.pico.climate_fault is None


@pytest.mark.needs("hands", "climate")
async def test_a_hot_booth_is_told_and_goes_on_working(station: Booth) -> None:
    told: list[FaultCode | None] = []
    station.pico.on_climate = lambda _, fault: told.append(fault)
    await weather(station, celsius=55.0, volts=12.1)
    await until(lambda: station.pico.climate_fault is FaultCode.OVERHEATED)
    assert told[-1] is FaultCode.OVERHEATED
    await until(lambda: "55." in station.pico.status.detail or "54.9" in station.pico.status.detail)
    assert station.pico.status.health is Health.READY
    assert station.pico.status.device is Device.PERIPHERALS
    await weather(station, **GOOD)
    await until(lambda: station.pico.climate_fault is None)
    assert told[-1] is None


@pytest.mark.needs("hands", "climate")
async def test_a_low_supply_is_told(station: Booth) -> None:
    await weather(station, celsius=55.0, volts=10.4)
    await until(lambda: station.pico.climate_fault is FaultCode.LOW_VOLTAGE)
    assert station.pico.status.health is Health.READY


@pytest.mark.needs("hands", "climate")
async def test_the_climate_is_read_after_a_reset_too(station: Booth) -> None:
    await until(lambda: station.climates)
    await station.do("reset", cause="power")
    await until(lambda: station.pico.status.health is Health.FAILED)
    await station.ready()
    await weather(station, celsius=33.0, volts=12.1)
    await until(lambda: settled(station.climates, celsius=33.0, volts=12.1))
