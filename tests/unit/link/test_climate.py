"""Where "too hot" and "supply too low" begin and end."""

from __future__ import annotations

import pytest

from controller.devices.peripherals.climate import judged, told
from controller.devices.ports import Climate
from edge.journal.events import FaultCode

HOT, LOW = FaultCode.OVERHEATED, FaultCode.LOW_VOLTAGE


@pytest.mark.parametrize(
    ("celsius", "volts", "before", "fault"),
    [
        (27.0, 12.1, None, None),
        (50.0, 10.8, None, None),
        (50.1, 12.1, None, HOT),
        (48.0, 12.1, HOT, HOT),
        (48.0, 12.1, None, None),
        (46.9, 12.1, HOT, None),
        (27.0, 10.79, None, LOW),
        (27.0, 11.1, LOW, LOW),
        (27.0, 11.1, None, None),
        (27.0, 11.2, LOW, None),
        (60.0, 10.0, HOT, LOW),
        (60.0, 12.0, LOW, HOT),
    ],
)
def test_a_fault_begins_at_its_limit_and_ends_a_little_later(
    celsius: float, volts: float, before: FaultCode | None, fault: FaultCode | None
) -> None:
    assert judged(Climate(celsius, volts), before) is fault


def test_a_technician_reads_both() -> None:
    assert told(Climate(38.24, 12.046)) == "38.2 °C, 12.05 V"
