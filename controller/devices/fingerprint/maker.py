"""The maker's library, without the hardware layer that it asks for and does not use.

``adafruit_fingerprint`` names CircuitPython's ``busio.UART`` in annotations and marks constants
with MicroPython's ``const``. On Linux both would come from Adafruit's Blinka: ten packages, USB
drivers and shared memory among them, and a look at what board this is. Stand-ins of a line do.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


def _stand_in(module: str, name: str, value: Any) -> None:
    stand_in = ModuleType(
        module, "Stands in for CircuitPython's: see controller.devices.fingerprint"
    )
    setattr(stand_in, name, value)
    sys.modules[module] = stand_in


_stand_in("busio", "UART", object)
_stand_in("micropython", "const", lambda value: value)

import adafruit_fingerprint as library  # type: ignore[import-untyped]  # noqa: E402

__all__ = ["library"]
