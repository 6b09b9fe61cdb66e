"""Is the booth too hot, or its supply too low? Judged from the Pico's two sensors.

* Temperature of the air inside the booth (TMP36, see ``firmware/sensors.py``). The Raspberry Pi 4's
  and 5's product briefs give 0 to 50 °C ambient; the ticket printer's head and the fingerprint
  sensor's glass are made for about as much.
* Supply of the booth, nominally 12 V. Mains adapters keep within 10 %; a lead-acid battery of six
  cells is empty at 1.75 V a cell under load, 10.5 V: at 10.8 V some minutes are left.

What began ends only a little on the good side, so that a value at the limit does not flicker.
"""

from __future__ import annotations

from controller.devices.ports import Climate
from edge.journal.events import FaultCode

HOT_C = 50.0
COOLED_C = 47.0
LOW_V = 10.8
RECOVERED_V = 11.2


def judged(climate: Climate, before: FaultCode | None = None) -> FaultCode | None:
    """LOW_VOLTAGE, OVERHEATED or None. ``before``: the judgement of the last reading.

    Low voltage goes first: the booth ends within minutes.
    """
    low_v = RECOVERED_V if before is FaultCode.LOW_VOLTAGE else LOW_V
    if climate.supply_v < low_v:
        return FaultCode.LOW_VOLTAGE
    hot_c = COOLED_C if before is FaultCode.OVERHEATED else HOT_C
    return FaultCode.OVERHEATED if climate.temperature_c > hot_c else None


def told(climate: Climate) -> str:
    """For the technician: ``38.2 °C, 12.05 V``."""
    return f"{climate.temperature_c:.1f} °C, {climate.supply_v:.2f} V"
