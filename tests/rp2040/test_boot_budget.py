"""From power to the boot notice: what a citizen waits for at a Pico that was reset (F6)."""

from __future__ import annotations

from tests.rp2040.conftest import Fresh

BOOT_MS = 300.0


def test_the_firmware_gives_its_boot_notice_within_300_ms(fresh: Fresh) -> None:
    pico = fresh()
    pico.power_on()
    pico.booted()
    assert pico.now_ms <= BOOT_MS
