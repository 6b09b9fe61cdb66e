"""Live figures: names on the wire, Sparkplug data types, dead bands.

A figure is published when it moved out of its dead band since it was last published, never more
often than every ``MIN_INTERVAL_S`` together, unless it is urgent (``bands.py``); births carry all
of them. ``None`` is a Sparkplug null.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.journal.terms import Device
from edge.sparkplug.payload import DataType

MIN_INTERVAL_S = 30.0


@dataclass(frozen=True)
class Figure:
    """``dead_band``: published when it differs by at least this much; 0: at any change.
    ``urgent``: at once."""

    name: str
    type: DataType
    dead_band: float = 0.0
    unit: str = ""
    urgent: bool = False


NODE: tuple[Figure, ...] = (
    Figure("Properties/Version", DataType.STRING),
    Figure("Properties/Firmware", DataType.STRING),
    Figure("Properties/Name", DataType.STRING),
    Figure("Properties/Region", DataType.STRING),
    Figure("Station/Running", DataType.BOOLEAN, urgent=True),
    Figure("Station/Unlocked", DataType.BOOLEAN, urgent=True),
    Figure("Station/Intake", DataType.BOOLEAN, urgent=True),
    Figure("Station/Lid open", DataType.BOOLEAN, urgent=True),
    Figure("Station/Failed devices", DataType.STRING, urgent=True),
    Figure("Target/Per day", DataType.INT32),
    Figure("Target/Opens", DataType.INT32, unit="min"),
    Figure("Target/Closes", DataType.INT32, unit="min"),
    Figure("Queue/Walk-in", DataType.INT32),
    Figure("Queue/Priority", DataType.INT32),
    Figure("Queue/Group", DataType.INT32),
    Figure("Queue/Oldest since", DataType.DATETIME),
    Figure("Line/Open dossiers", DataType.INT32),
    Figure("Line/Pace", DataType.INT32, dead_band=2, unit="1/h"),
    Figure("Line/Idle while waiting", DataType.INT32, dead_band=60, unit="s"),
    Figure("Today/Sealed", DataType.INT32, dead_band=5),
    Figure("Today/Ended otherwise", DataType.INT32, dead_band=5),
    Figure("Packets/Waiting", DataType.INT32, dead_band=10),
    Figure("Clock/Trusted", DataType.BOOLEAN, urgent=True),
    Figure("Clock/Offset", DataType.INT64, dead_band=1000, unit="ms"),
    Figure("Host/Temperature", DataType.FLOAT, dead_band=3, unit="°C"),
    Figure("Host/Disk free", DataType.INT32, dead_band=256, unit="MB"),
    Figure("Host/Memory free", DataType.INT32, dead_band=128, unit="MB"),
    Figure("Uplink/Dropped samples", DataType.INT64),
    Figure("Uplink/Quarrel", DataType.STRING, urgent=True),
)
"""Figures of the node. Total, epoch and report (``facts.py``) come on top. ``Quarrel``: what the
region's acknowledgement says that the station's chain does not bear out; "" when both agree.
``Failed devices``: "camera hung, printer paper_out"; "" when all work. A device that fails before
the node's birth is not born and tells nothing itself."""

DEVICE: tuple[Figure, ...] = (
    Figure("State", DataType.STRING, urgent=True),
    Figure("Fault", DataType.STRING, urgent=True),
    Figure("Faults today", DataType.INT32),
)
"""Figures of every device. ``State``: "works" or "failed"; ``Fault``: a ``FaultCode`` or ""."""

EXTRA: dict[Device, tuple[Figure, ...]] = {
    Device.PERIPHERALS: (
        Figure("Temperature", DataType.FLOAT, dead_band=2, unit="°C"),
        Figure("Supply", DataType.INT32, dead_band=100, unit="mV"),
    ),
}
