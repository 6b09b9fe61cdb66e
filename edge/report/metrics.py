"""Live figures: names on the wire, Sparkplug data types, dead bands.

A figure is published when it moved out of its dead band since it was last published, never more
often than every ``MIN_INTERVAL_S`` together, unless it is urgent (``bands.py``); births carry all
of them. ``None`` is a Sparkplug null.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.journal.terms import Device
from edge.report import stages
from edge.sparkplug.datatype import DataType

MIN_INTERVAL_S = 30.0

# Names on the wire. Whoever writes or reads a figure takes its name from here: a slip of the pen is
# an error of the type checker and not a figure that nobody ever sees.
PROPERTY_VERSION = "Properties/Version"
PROPERTY_FIRMWARE = "Properties/Firmware"
PROPERTY_NAME = "Properties/Name"
PROPERTY_REGION = "Properties/Region"
STATION_RUNNING = "Station/Running"
STATION_UNLOCKED = "Station/Unlocked"
STATION_INTAKE = "Station/Intake"
STATION_LID_OPEN = "Station/Lid open"
STATION_FAILED_DEVICES = "Station/Failed devices"
TARGET_PER_DAY = "Target/Per day"
TARGET_OPENS = "Target/Opens"
TARGET_CLOSES = "Target/Closes"
QUEUE_WALK_IN = "Queue/Walk-in"
QUEUE_PRIORITY = "Queue/Priority"
QUEUE_GROUP = "Queue/Group"
QUEUE_OLDEST_SINCE = "Queue/Oldest since"
LINE_OPEN_DOSSIERS = "Line/Open dossiers"
LINE_PACE = "Line/Pace"
LINE_IDLE_WHILE_WAITING = "Line/Idle while waiting"
TODAY_SEALED = "Today/Sealed"
TODAY_ENDED_OTHERWISE = "Today/Ended otherwise"
PACKETS_WAITING = "Packets/Waiting"
CLOCK_TRUSTED = "Clock/Trusted"
CLOCK_OFFSET = "Clock/Offset"
HOST_TEMPERATURE = "Host/Temperature"
HOST_DISK_FREE = "Host/Disk free"
HOST_MEMORY_FREE = "Host/Memory free"
UPLINK_DROPPED_SAMPLES = "Uplink/Dropped samples"
UPLINK_QUARREL = "Uplink/Quarrel"
DEVICE_STATE = "State"
DEVICE_FAULT = "Fault"
DEVICE_FAULTS_TODAY = "Faults today"
BOOTH_TEMPERATURE = "Temperature"
BOOTH_SUPPLY = "Supply"


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
    Figure(PROPERTY_VERSION, DataType.STRING),
    Figure(PROPERTY_FIRMWARE, DataType.STRING),
    Figure(PROPERTY_NAME, DataType.STRING),
    Figure(PROPERTY_REGION, DataType.STRING),
    Figure(STATION_RUNNING, DataType.BOOLEAN, urgent=True),
    Figure(STATION_UNLOCKED, DataType.BOOLEAN, urgent=True),
    Figure(STATION_INTAKE, DataType.BOOLEAN, urgent=True),
    Figure(STATION_LID_OPEN, DataType.BOOLEAN, urgent=True),
    Figure(STATION_FAILED_DEVICES, DataType.STRING, urgent=True),
    Figure(TARGET_PER_DAY, DataType.INT32),
    Figure(TARGET_OPENS, DataType.INT32, unit="min"),
    Figure(TARGET_CLOSES, DataType.INT32, unit="min"),
    Figure(QUEUE_WALK_IN, DataType.INT32),
    Figure(QUEUE_PRIORITY, DataType.INT32),
    Figure(QUEUE_GROUP, DataType.INT32),
    Figure(QUEUE_OLDEST_SINCE, DataType.DATETIME),
    Figure(LINE_OPEN_DOSSIERS, DataType.INT32),
    Figure(LINE_PACE, DataType.INT32, dead_band=2, unit="1/h"),
    Figure(LINE_IDLE_WHILE_WAITING, DataType.INT32, dead_band=60, unit="s"),
    Figure(TODAY_SEALED, DataType.INT32, dead_band=5),
    Figure(TODAY_ENDED_OTHERWISE, DataType.INT32, dead_band=5),
    Figure(PACKETS_WAITING, DataType.INT32, dead_band=10),
    Figure(CLOCK_TRUSTED, DataType.BOOLEAN, urgent=True),
    Figure(CLOCK_OFFSET, DataType.INT64, dead_band=1000, unit="ms"),
    Figure(HOST_TEMPERATURE, DataType.FLOAT, dead_band=3, unit="°C"),
    Figure(HOST_DISK_FREE, DataType.INT32, dead_band=256, unit="MB"),
    Figure(HOST_MEMORY_FREE, DataType.INT32, dead_band=128, unit="MB"),
    Figure(UPLINK_DROPPED_SAMPLES, DataType.INT64),
    Figure(UPLINK_QUARREL, DataType.STRING, urgent=True),
)
"""Figures of the node. Total, epoch and report (``facts.py``) come on top. ``Quarrel``: what the
region's acknowledgement says that the station's chain does not bear out; "" when both agree.
``Failed devices``: "camera hung, printer paper_out"; "" when all work. A device that fails before
the node's birth is not born and tells nothing itself."""


def of_node() -> tuple[Figure, ...]:
    """``NODE``, and those that stages bring."""
    brought = (told.figure for told in stages.further() if told.figure)
    return (*NODE, *(Figure(name, DataType.INT32) for name in brought))


DEVICE: tuple[Figure, ...] = (
    Figure(DEVICE_STATE, DataType.STRING, urgent=True),
    Figure(DEVICE_FAULT, DataType.STRING, urgent=True),
    Figure(DEVICE_FAULTS_TODAY, DataType.INT32),
)
"""Figures of every device. ``State``: "works" or "failed"; ``Fault``: a ``FaultCode`` or ""."""

EXTRA: dict[Device, tuple[Figure, ...]] = {
    Device.PERIPHERALS: (
        Figure(BOOTH_TEMPERATURE, DataType.FLOAT, dead_band=2, unit="°C"),
        Figure(BOOTH_SUPPLY, DataType.INT32, dead_band=100, unit="mV"),
    ),
}
