"""A station that is gone after any word to the Pico: each paper comes out once all the same.

The words are frames on the byte line: after the k-th one of a print the line is cut, and the
station with it. The next station knows nothing of it.
"""

from __future__ import annotations

import asyncio
import os
import tty

import pytest
import serial

from controller.devices.peripherals import PicoPeripherals, firmware_hash
from controller.devices.ports import Health
from controller.papers import escpos
from controller.papers.bitmap import Bitmap
from firmware import wire
from tests.hil.pico_link import (
    JOBS,
    Booth,
    booth,
    forget_the_past,
    paper,
    rows_of,
    rows_printed,
    until,
)
from tests.hil.rig import LiveRig
from tests.patience import CEILING_S

pytestmark = [pytest.mark.needs("pico", "printer", "hands")]

HEIGHT_PX = 44
WORDS = len(escpos.commands(paper(1, HEIGHT_PX), wire.CHUNK_MAX)) + 2
"""``begin``, ``print`` for each chunk, ``done``."""
OF_A_PRINT = (b'"begin"', b'"print"', b'"done"')


class Cable:
    """A pty before the Pico's port that carries ``words`` frames of a print and then no byte."""

    def __init__(self, port: str, words: int) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self._master, False)
        self._slave, self.port = slave, os.ttyname(slave)
        self._pico = serial.Serial(port, exclusive=True, timeout=0)
        self._left, self._part = words, b""
        self.cut = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._master, self._from_station)
        self._loop.add_reader(self._pico.fileno(), self._from_pico)

    def close(self) -> None:
        self._loop.remove_reader(self._master)
        self._loop.remove_reader(self._pico.fileno())
        self._pico.close()
        os.close(self._master)
        os.close(self._slave)

    def _from_station(self) -> None:
        *lines, self._part = (self._part + os.read(self._master, 4096)).split(b"\n")
        for line in lines:
            if not self._left:
                break
            self._pico.write(line + b"\n")
            self._left -= any(word in line for word in OF_A_PRINT)
        if not self._left:
            self.cut.set()

    def _from_pico(self) -> None:
        data = os.read(self._pico.fileno(), 4096)
        if self._left:
            os.write(self._master, data)


async def gone_after(rig: LiveRig, words: int, job: int, wanted: Bitmap) -> None:
    """A station that prints and is gone after so many words of it."""
    cable = Cable(rig.port("pico"), words)
    station = PicoPeripherals(cable.port, expected_firmware_hash=firmware_hash())
    await station.start()
    try:
        await until(lambda: station.printer_status.health is Health.READY)
        printing = asyncio.create_task(station.print(job, wanted))
        await asyncio.wait_for(cable.cut.wait(), CEILING_S)
        printing.cancel()
    finally:
        await station.close()
        cable.close()


async def slips_since(station: Booth, before: int) -> list[list[bytes]]:
    """The rows of each paper that came out after the first ``before``."""
    state = await station.do_at_printer("wait", uncut_rows=0)
    last, name = (await station.do_at_printer("tear"))["path"], f"{state['slips']:04d}"
    return [
        rows_printed(last.replace(name, f"{number:04d}"))
        for number in range(before + 1, state["slips"] + 1)
    ]


@pytest.mark.parametrize("words", range(1, WORDS + 1))
@pytest.mark.parametrize("asks_first", [True, False])
async def test_each_paper_comes_out_once(rig: LiveRig, words: int, asks_first: bool) -> None:
    await forget_the_past(rig)
    first, other = (next(JOBS), paper(31, HEIGHT_PX)), (next(JOBS), paper(32, HEIGHT_PX))
    async with booth(rig) as station:
        await station.printer_ready()
        before = (await station.do_at_printer("state"))["slips"]
    await gone_after(rig, words, *first)
    async with booth(rig) as station:
        await station.printer_ready()
        half_way = await station.pico.half_printed()
        assert half_way in (0, first[0])
        order = [first, other] if asks_first and half_way else [other, first]
        for job, wanted in order:
            await asyncio.wait_for(station.pico.print(job, wanted), CEILING_S)
        slips = await slips_since(station, before)
    whole = [rows_of(first[1]), rows_of(other[1])]
    assert sorted(slip for slip in slips if slip in whole) == sorted(whole)
    torn = [slip for slip in slips if slip not in whole]
    assert all(whole[0][: len(slip)] == slip for slip in torn)
    assert len(torn) <= (0 if asks_first or not half_way else 1)
