"""The fingerprint image against its wire: what our software adds to what physics takes."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.devices.fingerprint import R503Scanner
from controller.devices.fingerprint.packets import OVERHEAD_BYTES
from controller.devices.ports import DeviceStatus, Health
from hw.twins.control import Hand

IMAGES = 5
IMAGE_BYTES = 192 * 192 // 2
START_S = 20.0


def run() -> Iterator[dict[str, Any]]:
    """``finger.transfer_ratio``: one ``read_image`` against the wire time of its command, answer
    and data packets at the line's rate, ten bits a byte; the sensor at the real one's pace."""
    with tempfile.TemporaryDirectory() as folder:
        port, control = Path(folder) / "finger", Path(folder) / "finger.ctl"
        twin = subprocess.Popen(
            [sys.executable, "-m", "hw.twins.r503", "--port", str(port), "--control", str(control)]
        )
        try:
            _wait_for(control)
            times, baud, packet_bytes = asyncio.run(_transfers(port, control))
        finally:
            twin.terminate()
            twin.wait()
    packets = -(-IMAGE_BYTES // packet_bytes)
    wire_bytes = 2 * (OVERHEAD_BYTES + 1) + packets * OVERHEAD_BYTES + IMAGE_BYTES
    wire_s = wire_bytes * 10 / baud
    ratios = sorted(seconds / wire_s for seconds in times)
    yield {
        "name": "finger.transfer_ratio",
        "value": round(statistics.median(ratios), 4),
        "unit": "ratio",
        "limit": 1.05,
        "note": (
            f"min {ratios[0]:.4f}, median {statistics.median(ratios):.4f}, max {ratios[-1]:.4f} of "
            f"{IMAGES} images; wire {wire_s:.3f} s: {wire_bytes} bytes at {baud} baud"
        ),
    }


async def _transfers(port: Path, control: Path) -> tuple[list[float], int, int]:
    """Seconds of each ``read_image``, the line's rate and its payload per packet."""
    scanner, ready = R503Scanner(str(port)), asyncio.Event()

    def note(status: DeviceStatus) -> None:
        if status.health is Health.READY:
            ready.set()

    scanner.on_status = note
    await scanner.start()
    hand = Hand(control)
    try:
        async with asyncio.timeout(START_S):
            await ready.wait()
        hand.do("put", person="bench", position="right_index")
        assert await scanner.wait_for_finger(START_S)
        times = []
        for _ in range(IMAGES):
            begun = time.perf_counter()
            await scanner.read_image(START_S)
            times.append(time.perf_counter() - begun)
        state = hand.do("state")
    finally:
        hand.close()
        await scanner.close()
    return times, state["baud"], state["packet_bytes"]


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + START_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the sensor's twin gave no {path.name}")
        time.sleep(0.01)
