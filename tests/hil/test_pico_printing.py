"""Each paper comes out once and whole, whatever happens to the Pico, the line or the printer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from controller.devices.ports import Health
from controller.fault import DeviceFault
from controller.papers.bitmap import Bitmap
from controller.papers.escpos import RASTER_HEADER_BYTES
from edge.journal.events import Device, FaultCode
from firmware import wire
from tests.hil.pico_link import (
    JOBS,
    WIDTH_PX,
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

BAND_ROWS = (wire.CHUNK_MAX - RASTER_HEADER_BYTES) // (WIDTH_PX // 8)
"""Rows of these papers, inked in their whole width, that travel in one chunk."""
UNHEARD_ROWS = 3 * BAND_ROWS
"""A chunk on the line and two behind it: a fast line can send all before the station hears of it.
At the line's own pace there are two at most: tests/rp2040/test_uart.py.
"""

pytestmark = [pytest.mark.needs("pico", "printer", "hands")]


@pytest_asyncio.fixture
async def station(rig: LiveRig) -> AsyncIterator[Booth]:
    await forget_the_past(rig)
    async with booth(rig) as connected:
        await connected.do_at_printer("paper", state="in")
        await connected.do_at_printer("cover", state="closed")
        await connected.printer_ready()
        yield connected
        await connected.do_at_printer("paper", state="in")
        await connected.do_at_printer("cover", state="closed")


class Print:
    """A print under way and what the printer has made of it."""

    def __init__(self, station: Booth, seed: int) -> None:
        self.station = station
        self.paper: Bitmap = paper(seed)
        self.job = next(JOBS)
        self.slips_before = 0
        self.received_before = 0
        self.task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        state = await self.station.do_at_printer("state")
        self.slips_before, self.received_before = state["slips"], state["received"]
        self.task = asyncio.create_task(self.station.pico.print(self.job, self.paper))

    async def half_way(self) -> None:
        await self.station.do_at_printer(
            "wait", received=self.received_before + len(self.paper.rows) // 2
        )

    async def finished(self) -> list[bytes]:
        """The rows on the one slip that came out of it."""
        assert self.task
        await asyncio.wait_for(self.task, CEILING_S)
        state = await self.station.do_at_printer("state")
        assert state["slips"] == self.slips_before + 1
        assert state["uncut_rows"] == 0
        return rows_printed((await self.station.do_at_printer("tear"))["path"])


def assert_whole(printed: list[bytes], wanted: Bitmap) -> None:
    assert printed == rows_of(wanted)


def assert_whole_but_for_what_was_on_its_way(printed: list[bytes], wanted: Bitmap) -> None:
    """Every row once and in order; at most what was on its way again, the first time torn."""
    rows = rows_of(wanted)
    extra = len(printed) - len(rows)
    assert 0 <= extra <= UNHEARD_ROWS
    cut = next((n for n, row in enumerate(printed) if n >= len(rows) or row != rows[n]), len(rows))
    assert printed[:cut] == rows[:cut]
    tail = len(printed) - cut - extra
    starts = range(max(0, cut - UNHEARD_ROWS), cut + BAND_ROWS + 1)
    assert any(printed[start + extra :] == rows[start:] for start in starts), (cut, tail)


async def test_a_paper_is_printed_dot_for_dot(station: Booth) -> None:
    job = Print(station, 1)
    await job.begin()
    assert_whole(await job.finished(), job.paper)


async def test_a_print_repeated_comes_out_once(station: Booth) -> None:
    job = Print(station, 2)
    await job.begin()
    await job.finished()
    for _ in range(3):
        await station.pico.print(job.job, job.paper)
    assert (await station.do_at_printer("state"))["slips"] == job.slips_before + 1


async def test_the_same_number_with_another_content_is_another_paper(station: Booth) -> None:
    job = Print(station, 3)
    await job.begin()
    await job.finished()
    await station.pico.print(job.job, paper(4))
    assert (await station.do_at_printer("state"))["slips"] == job.slips_before + 2


async def test_two_prints_at_once_come_out_one_after_the_other(station: Booth) -> None:
    slips = (await station.do_at_printer("state"))["slips"]
    papers = [paper(5), paper(6)]
    await asyncio.gather(*(station.pico.print(next(JOBS), each) for each in papers))
    state = await station.do_at_printer("state")
    assert state["slips"] == slips + 2
    assert_whole(rows_printed((await station.do_at_printer("tear"))["path"]), papers[1])


@pytest.mark.needs("faults")
async def test_loss_corruption_and_duplicates_change_no_dot(station: Booth) -> None:
    await station.do("fault", kind="loss", percent=20)
    await station.do("fault", kind="corrupt", percent=5)
    await station.do("fault", kind="duplicate", percent=20)
    job = Print(station, 7)
    await job.begin()
    assert_whole(await job.finished(), job.paper)


@pytest.mark.needs("faults")
async def test_unplugged_and_plugged_in_mid_print_changes_no_dot(station: Booth) -> None:
    job = Print(station, 8)
    await job.begin()
    await job.half_way()
    await station.do("fault", kind="disconnect")
    await until(lambda: station.pico.status.fault is FaultCode.DISCONNECTED)
    await station.do("heal")
    assert_whole(await job.finished(), job.paper)


@pytest.mark.parametrize(
    "cause", ["power", pytest.param("watchdog", marks=pytest.mark.needs("faults"))]
)
async def test_a_reset_mid_print_repeats_what_was_on_its_way_at_most(
    station: Booth, cause: str
) -> None:
    job = Print(station, 9)
    await job.begin()
    await job.half_way()
    await station.do("reset", cause=cause)
    assert_whole_but_for_what_was_on_its_way(await job.finished(), job.paper)


async def test_three_resets_in_one_print_lose_no_row(station: Booth) -> None:
    job = Print(station, 10)
    await job.begin()
    for part in (1, 2, 3):
        await station.do_at_printer(
            "wait", received=job.received_before + part * len(job.paper.rows) // 4
        )
        await station.do("reset")
        await station.ready()
    printed = await job.finished()
    assert 0 <= len(printed) - job.paper.height_px <= 3 * UNHEARD_ROWS
    missing = set(rows_of(job.paper)) - set(printed)
    assert not missing


async def test_the_station_restarted_mid_print_goes_on_where_it_was(rig: LiveRig) -> None:
    await forget_the_past(rig)
    async with booth(rig) as first:
        await first.printer_ready()
        job = Print(first, 11)
        await job.begin()
        await job.half_way()
        assert job.task
        job.task.cancel()
    async with booth(rig) as second:
        await second.printer_ready()
        job.station = second
        job.task = asyncio.create_task(second.pico.print(job.job, job.paper))
        assert_whole(await job.finished(), job.paper)


async def test_a_printed_job_stays_printed_when_both_ends_forget(rig: LiveRig) -> None:
    await forget_the_past(rig)
    async with booth(rig) as first:
        await first.printer_ready()
        job = Print(first, 12)
        await job.begin()
        await job.finished()
        await first.do("reset")
    async with booth(rig) as second:
        await second.printer_ready()
        await asyncio.wait_for(second.pico.print(job.job, job.paper), 5.0)
        assert (await second.do_at_printer("state"))["slips"] == job.slips_before + 1


async def test_a_job_given_up_half_way_is_cut_off_before_the_next(station: Booth) -> None:
    torn = Print(station, 13)
    await torn.begin()
    await torn.half_way()
    assert torn.task
    torn.task.cancel()
    job = Print(station, 14)
    await job.begin()
    assert job.task
    await asyncio.wait_for(job.task, 30.0)
    state = await station.do_at_printer("state")
    assert state["slips"] == torn.slips_before + 2
    assert_whole(rows_printed((await station.do_at_printer("tear"))["path"]), job.paper)


# ---- the printer ---------------------------------------------------------------------------


@pytest.mark.needs("paper")
@pytest.mark.parametrize("when", ["before", "half way"])
async def test_paper_out_is_told_and_printing_goes_on_by_itself(station: Booth, when: str) -> None:
    job = Print(station, 15)
    if when == "before":
        await station.do_at_printer("paper", state="out")
        await until(lambda: station.pico.printer_status.fault is FaultCode.PAPER_OUT)
    await job.begin()
    if when == "half way":
        await job.half_way()
        await station.do_at_printer("paper", state="out")
    await until(lambda: station.pico.printer_status.fault is FaultCode.PAPER_OUT)
    await until(lambda: "paper_out" in station.kinds())
    assert job.task
    assert not job.task.done()
    assert station.pico.status.health is Health.READY
    await station.pico.self_test()  # the line is free meanwhile
    await station.do_at_printer("paper", state="in")
    assert_whole(await job.finished(), job.paper)
    await station.printer_ready()
    await until(lambda: "paper_ok" in station.kinds())


@pytest.mark.needs("cover")
async def test_an_open_cover_is_told_and_printing_goes_on_by_itself(station: Booth) -> None:
    job = Print(station, 16)
    await job.begin()
    await job.half_way()
    await station.do_at_printer("cover", state="open")
    await until(lambda: station.pico.printer_status.fault is FaultCode.COVER_OPEN)
    await station.do_at_printer("cover", state="closed")
    assert_whole(await job.finished(), job.paper)
    await until(lambda: "cover_closed" in station.kinds())


@pytest.mark.needs("paper", "faults")
async def test_a_reset_while_paper_is_out_repeats_what_was_on_its_way_at_most(
    station: Booth,
) -> None:
    job = Print(station, 17)
    await job.begin()
    await job.half_way()
    await station.do_at_printer("paper", state="out")
    await until(lambda: station.pico.printer_status.fault is FaultCode.PAPER_OUT)
    await station.do("reset")
    await station.ready()
    await station.do_at_printer("paper", state="in")
    assert_whole_but_for_what_was_on_its_way(await job.finished(), job.paper)


@pytest.mark.needs("faults")
async def test_a_job_whose_proof_is_owed_is_not_printed_again_after_another(
    station: Booth,
) -> None:
    """Cancelled while the printer, stopped for a second, holds all of it; another goes first."""
    first = Print(station, 18)
    first.paper = paper(18, height_px=10)
    await station.do_at_printer("fault", kind="hang")
    await first.begin()
    await until(lambda: "'done'" in "".join(list(station.pico._link.trace)[-2:]))
    assert first.task
    first.task.cancel()
    second = asyncio.create_task(station.pico.print(next(JOBS), paper(19, height_px=10)))
    await station.do_at_printer("heal")
    await asyncio.wait_for(second, 10.0)
    await asyncio.wait_for(station.pico.print(first.job, first.paper), 10.0)
    assert (await station.do_at_printer("state"))["slips"] == first.slips_before + 2


@pytest.mark.needs("faults")
async def test_a_printer_that_does_not_answer_is_named_and_nothing_is_sent_to_it(
    station: Booth,
) -> None:
    await station.do_at_printer("fault", kind="silence")
    await until(lambda: station.pico.printer_status.fault is FaultCode.NO_ANSWER)
    job = Print(station, 20)
    await job.begin()
    await station.pico.self_test()
    assert (await station.do_at_printer("state"))["received"] < job.received_before + 100
    await station.do_at_printer("heal")
    assert_whole(await job.finished(), job.paper)


@pytest.mark.needs("faults")
async def test_switched_off_mid_print_the_torso_is_cut_off_and_one_whole_paper_comes_out(
    station: Booth,
) -> None:
    job = Print(station, 21)
    await job.begin()
    await job.half_way()
    await station.do_at_printer("fault", kind="disconnect")
    await station.do_at_printer("power_cycle")
    await until(lambda: station.pico.printer_status.fault is FaultCode.NO_ANSWER)
    await station.do_at_printer("heal")
    assert job.task
    await asyncio.wait_for(job.task, 30.0)
    assert_whole(rows_printed((await station.do_at_printer("tear"))["path"]), job.paper)
    assert (await station.do_at_printer("state"))["slips"] == job.slips_before + 2


async def test_a_job_that_the_pico_refuses_is_a_fault_of_the_printer(station: Booth) -> None:
    with pytest.raises(DeviceFault) as fault:
        await station.pico.print(-1, paper(1))
    assert (fault.value.device, fault.value.code) == (Device.PRINTER, FaultCode.REFUSED)
