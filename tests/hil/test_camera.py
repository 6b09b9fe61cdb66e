"""The camera through its worker process, on the rig's camera."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BytesIO

import psutil
import pytest
from PIL import Image as Pillow

from controller.devices.camera.adapter import WorkerCamera
from controller.devices.ports import DeviceStatus, Health
from controller.fault import DeviceFault
from controller.portrait import PortraitLimits
from edge.journal.events import FaultCode
from tests.hil.rig import LiveRig
from tests.patience import CEILING_S

CARD = "001201012345|123456789|Nguyễn Văn Đức|01012001|Nam|Thôn Đoài, Hà Nội|01012021"

pytestmark = pytest.mark.needs("camera")


async def until(true: Callable[[], object], what: str) -> None:
    """Wait for a condition; the test fails when it does not come."""
    deadline = time.monotonic() + CEILING_S
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(source: str, deadline_s: float = 5.0) -> AsyncIterator[WorkerCamera]:
    camera = WorkerCamera(source, PortraitLimits(), deadline_s=deadline_s)
    await camera.start()
    try:
        yield camera
    finally:
        await camera.close()


@asynccontextmanager
async def ready(source: str, deadline_s: float = 5.0) -> AsyncIterator[WorkerCamera]:
    async with opened(source, deadline_s) as camera:
        await until(lambda: camera.status.health is Health.READY, "camera ready")
        yield camera


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# ---- what a camera does, on any rig --------------------------------------------------------


async def test_a_preview_is_a_jpeg_of_at_most_640_px_with_its_checks(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        preview = await camera.preview()
    image = Pillow.open(BytesIO(preview.jpeg))
    assert image.format == "JPEG"
    assert image.width <= 640
    assert preview.assessment.checks[0].name == "face"


async def test_the_technicians_test_names_the_camera_and_its_size(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        assert "1280x960" in await camera.self_test()


async def test_the_station_leaves_the_work_on_pictures_to_its_worker(rig: LiveRig) -> None:
    program = (
        "import sys, controller.devices.camera.adapter;"
        "sys.exit('controller.portrait.faces' in sys.modules)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


async def test_a_worker_needs_no_more_than_70_mb_and_no_opencv(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        await camera.burst(5)
        await camera.read_code(0)
        assert camera.worker_pid
        worker = psutil.Process(camera.worker_pid)
        assert worker.memory_info().rss < 70e6
        assert [m.path for m in worker.memory_maps() if "cv2" in m.path] == []


# ---- with hands ----------------------------------------------------------------------------


@pytest.mark.needs("hands")
async def test_the_preview_says_what_to_do_and_where_the_face_is(rig: LiveRig) -> None:
    rig.hand("camera").do("sit", person=1, distance=1.7)
    async with ready(rig.camera()) as camera:
        preview = await camera.preview()
        assert [c.advice for c in preview.assessment.checks if not c.passed] == ["Move closer"]
        rig.hand("camera").do("sit", person=1)
        preview = await camera.preview()
    assert preview.assessment.passed
    assert preview.assessment.face
    x, y, width, height = preview.assessment.face
    assert x < 320 < x + width, "in pixels of the preview"
    assert y < 200 < y + height


@pytest.mark.needs("hands")
async def test_a_burst_gives_the_best_frame_as_a_35x45_mm_picture(rig: LiveRig) -> None:
    rig.hand("camera").do("sit", person=2, blink_every=2)
    async with ready(rig.camera()) as camera:
        shots = [await camera.burst(3), await camera.burst(3)]
    # Three is odd: one of the two began with a frame whose eyes are shut.
    for shot in shots:
        assert shot.frames == 3
        assert shot.assessment.passed
        assert shot.png
        assert Pillow.open(BytesIO(shot.png)).size == (413, 531)


@pytest.mark.needs("hands")
async def test_an_empty_chair_is_taken_only_when_forced(rig: LiveRig) -> None:
    rig.hand("camera").do("leave")
    async with ready(rig.camera()) as camera:
        assert (await camera.burst(2)).png is None
        forced = await camera.burst(2, forced=True)
    assert forced.png
    assert not forced.assessment.passed


@pytest.mark.needs("hands")
async def test_a_card_held_before_the_camera_is_read_byte_for_byte(rig: LiveRig) -> None:
    rig.hand("camera").do("sit", person=3)
    rig.hand("camera").do("show_code", text=CARD)
    async with ready(rig.camera()) as camera:
        assert await camera.read_code(CEILING_S) == CARD.encode()


@pytest.mark.needs("hands")
async def test_a_code_that_nobody_shows_is_none_at_the_deadline(rig: LiveRig) -> None:
    rig.hand("camera").do("leave")
    async with ready(rig.camera()) as camera:
        began = time.monotonic()
        assert await camera.read_code(0.3) is None
        assert time.monotonic() - began >= 0.3


@pytest.mark.needs("hands")
async def test_previews_go_on_while_a_code_is_looked_for(rig: LiveRig) -> None:
    rig.hand("camera").do("leave")
    async with ready(rig.camera()) as camera:
        reading = asyncio.create_task(camera.read_code(CEILING_S))
        for _ in range(3):
            await camera.preview()
        assert not reading.done()
        rig.hand("camera").do("show_code", text=CARD)
        assert await reading == CARD.encode()


@pytest.mark.needs("hands")
async def test_who_gives_up_waiting_does_not_get_the_next_ones_answer(rig: LiveRig) -> None:
    rig.hand("camera").do("sit", person=4)
    async with ready(rig.camera()) as camera:
        burst = asyncio.create_task(camera.burst(10))
        served = rig.hand("camera").do("state")["served"]
        await until(
            lambda: rig.hand("camera").do("state")["served"] > served, "the burst under way"
        )
        burst.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await burst
        assert (await camera.preview()).jpeg[:2] == b"\xff\xd8"


# ---- with faults ---------------------------------------------------------------------------


@pytest.mark.needs("faults")
async def test_a_camera_that_hangs_is_killed_at_the_deadline_and_comes_back(rig: LiveRig) -> None:
    async with ready(rig.camera(), deadline_s=1.0) as camera:
        seen: list[DeviceStatus] = []
        camera.on_status = seen.append
        worker = camera.worker_pid
        assert worker
        rig.hand("camera").do("fault", kind="hang")
        with pytest.raises(DeviceFault) as caught:
            await camera.preview()
        assert caught.value.code is FaultCode.HUNG
        await until(lambda: camera.status.health is Health.READY, "camera back")
        assert gone(worker)
        assert camera.worker_pid != worker
        assert (await camera.preview()).jpeg
        assert [(s.health, s.fault) for s in seen] == [
            (Health.FAILED, FaultCode.HUNG),
            (Health.READY, None),
        ]


@pytest.mark.needs("faults")
async def test_a_hang_is_noticed_while_nobody_uses_the_camera(rig: LiveRig) -> None:
    async with ready(rig.camera(), deadline_s=0.5) as camera:
        worker = camera.worker_pid
        rig.hand("camera").do("fault", kind="hang")
        await until(lambda: camera.status.fault is FaultCode.HUNG, "the hang is noticed")
        await until(lambda: camera.status.health is Health.READY, "camera back")
        assert camera.worker_pid != worker


async def test_a_worker_that_is_killed_is_replaced(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        worker = camera.worker_pid
        assert worker
        waiting = asyncio.create_task(camera.burst(200))
        await asyncio.sleep(0)
        os.kill(worker, signal.SIGKILL)
        with pytest.raises(DeviceFault) as caught:
            await waiting
        assert caught.value.code is FaultCode.RESTARTED
        await until(lambda: camera.status.health is Health.READY, "camera back")
        assert (await camera.preview()).jpeg


@pytest.mark.needs("faults")
async def test_an_unplugged_camera_is_said_and_found_again(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        rig.hand("camera").do("fault", kind="disconnect")
        with pytest.raises(DeviceFault) as caught:
            await camera.preview()
        assert caught.value.code is FaultCode.DISCONNECTED
        await until(lambda: camera.status.fault is FaultCode.NOT_FOUND, "said to be missing")
        with pytest.raises(DeviceFault):
            await camera.preview()
        rig.hand("camera").do("heal")
        await until(lambda: camera.status.health is Health.READY, "camera back")
        assert (await camera.preview()).jpeg


@pytest.mark.needs("faults", "hands")
async def test_a_broken_frame_is_passed_over(rig: LiveRig) -> None:
    rig.hand("camera").do("sit", person=5)
    async with ready(rig.camera()) as camera:
        rig.hand("camera").do("fault", kind="corrupt", count=2)
        assert (await camera.preview()).assessment.passed
        assert rig.hand("camera").do("state")["fault"] is None, "both were served"


@pytest.mark.needs("faults")
async def test_nothing_but_broken_frames_is_a_fault_until_healed(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        rig.hand("camera").do("fault", kind="corrupt", count=0)
        with pytest.raises(DeviceFault) as caught:
            await camera.preview()
        assert caught.value.code is FaultCode.BAD_DATA
        rig.hand("camera").do("heal")
        await until(lambda: camera.status.health is Health.READY, "camera back")


@pytest.mark.needs("faults")
async def test_a_slow_camera_within_its_deadline_is_waited_for(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        rig.hand("camera").do("fault", kind="slow", seconds=0.3, count=1)
        began = time.monotonic()
        assert (await camera.preview()).jpeg
        assert time.monotonic() - began >= 0.3


@pytest.mark.needs("faults")
async def test_the_worker_dies_with_its_station_even_in_the_middle_of_a_hang(rig: LiveRig) -> None:
    station = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STATION, rig.camera(), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert station.stdout
        worker = int(await station.stdout.readline())
        rig.hand("camera").do("fault", kind="hang")
        assert await station.stdout.readline() == b"hangs\n"
        assert not gone(worker)
        station.kill()
        await until(lambda: gone(worker), "worker gone")
    finally:
        with contextlib.suppress(ProcessLookupError):
            station.kill()
        await station.wait()


STATION = """
import asyncio, sys
from controller.devices.camera.adapter import WorkerCamera
from controller.portrait import PortraitLimits

async def main():
    camera = WorkerCamera(sys.argv[1], PortraitLimits())
    await camera.start()
    while camera.status.health != "ready":
        await asyncio.sleep(0.01)
    print(camera.worker_pid, flush=True)
    while True:
        done, _ = await asyncio.wait([asyncio.create_task(camera.preview())], timeout=1)
        if not done:
            print("hangs", flush=True)

asyncio.run(main())
"""


# ---- without a camera ----------------------------------------------------------------------


async def test_a_station_without_picamera2_says_what_to_install(rig: LiveRig) -> None:
    if rig.rig.kind == "bench":
        pytest.skip("a bench has picamera2")
    async with opened("picamera2:") as camera:
        await until(lambda: camera.status.health is Health.FAILED, "camera failed")
        assert camera.status.fault is FaultCode.NOT_FOUND
        assert "python3-picamera2" in camera.status.detail
        with pytest.raises(DeviceFault):
            await camera.preview()


async def test_a_technician_tries_the_camera_alone(rig: LiveRig) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "controller.devices.camera.worker",
        f"--source={rig.camera()}",
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert "1280x960, frame" in said.decode().splitlines()[-1]


async def test_on_a_machine_too_slow_for_its_first_start_the_camera_comes_late_not_never(
    rig: LiveRig,
) -> None:
    """Twenty ms are less than any machine needs to start Python."""
    seen: list[DeviceStatus] = []
    camera = WorkerCamera(rig.camera(), PortraitLimits(), start_deadline_s=0.02)
    camera.on_status = seen.append
    await camera.start()
    try:
        await until(lambda: camera.status.health is Health.READY, "camera ready")
    finally:
        await camera.close()
    assert seen[0].fault is FaultCode.HUNG


async def test_closing_while_it_starts_leaves_no_worker(rig: LiveRig) -> None:
    async with opened(rig.camera()) as camera:
        await until(lambda: camera.worker_pid, "worker started")
        worker = camera.worker_pid
        assert worker
    assert gone(worker)


async def test_closing_ends_the_worker(rig: LiveRig) -> None:
    async with ready(rig.camera()) as camera:
        worker = camera.worker_pid
        assert worker
    assert gone(worker)
