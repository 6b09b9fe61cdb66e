"""What the parts of the station that serve people work with."""

from __future__ import annotations

from dataclasses import dataclass

from controller.station.core import Core
from controller.station.identification import Identification
from controller.station.signals import Signals
from controller.station.storage import Storage
from controller.station.tasks import Tasks


@dataclass(frozen=True)
class Means:
    core: Core
    tasks: Tasks
    storage: Storage
    signals: Signals
    identification: Identification
