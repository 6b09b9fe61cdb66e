"""What the Pico reports about itself, the booth's air and its supply: journaled when it changes.

The region reads it from the journal. A value is journaled when it leaves its dead band, at most
once a minute: a journal has to last for years.
"""

from __future__ import annotations

import re

from controller.devices.ports import Climate
from controller.state import Measurement, State
from edge.journal import events as e

DEAD_BAND_DC = 20
"""2 °C: less is the sun coming and going."""
DEAD_BAND_MV = 100
MIN_INTERVAL_MS = 60_000
"""Of the machine's monotonic time."""
COLDEST_DC, HOTTEST_DC = -1000, 2000
"""What a ``Tenths`` holds; a sensor with a broken wire reads beyond."""
_HASH = re.compile(r"[0-9a-f]{8}")


def climate_news(
    climate: Climate, last: Measurement | None, boot: str, mono_ms: int
) -> e.Measured | None:
    """What to journal of a reading made at ``mono_ms`` of ``boot``; None when it is no news."""
    now = e.Measured(
        max(COLDEST_DC, min(HOTTEST_DC, round(climate.temperature_c * 10))),
        max(0, round(climate.supply_v * 1000)),
    )
    if last is None:
        return now
    if boot == last.boot and mono_ms - last.mono < MIN_INTERVAL_MS:
        return None
    moved = (
        abs(now.temperature_dc - last.temperature_dc) >= DEAD_BAND_DC
        or abs(now.supply_mv - last.supply_mv) >= DEAD_BAND_MV
    )
    return now if moved else None


def firmware_news(firmware: str, state: State) -> e.FirmwareSeen | None:
    """What to journal when a Pico greets with the hash ``firmware`` (``unknown`` when it has
    none)."""
    digest = firmware[:8]
    if digest == state.firmware or not _HASH.fullmatch(digest):
        return None
    return e.FirmwareSeen(digest)
