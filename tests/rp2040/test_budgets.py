"""What the link and the firmware may cost on the chip itself."""

from __future__ import annotations

import statistics

from tests.rp2040.conftest import Fresh
from tests.rp2040.pico import Pico

RTT_MS = 6.0
RAM_FREE_KB = 190
WATCHER = b"""
import gc, machine
def tell(timer):
    gc.collect()
    print("free", gc.mem_free())
watcher = machine.Timer(-1, period=3000, callback=tell)
"""


def test_a_command_is_answered_within_six_milliseconds(pico: Pico) -> None:
    trips = []
    for _ in range(20):
        began = pico.now_ms
        pico.say("nop")
        trips.append(pico.now_ms - began)
    assert statistics.median(trips) <= RTT_MS, trips
    assert max(trips) <= 2 * RTT_MS, trips


def test_the_running_firmware_leaves_190_kb_of_memory_free(
    fresh: Fresh, release: dict[str, bytes]
) -> None:
    assert free_bytes(fresh(release | {"boot.py": WATCHER})) >= RAM_FREE_KB * 1000


def free_bytes(pico: Pico) -> int:
    """What ``WATCHER`` says after the first seconds of a chip that has it, and no power yet."""
    pico.power_on()
    pico.until(lambda: b"free " in pico.usb, within_ms=8000)
    return int(pico.usb.split(b"free ")[1].split()[0])
