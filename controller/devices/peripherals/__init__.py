"""The peripherals behind the Pico: buttons, lights, buzzer, sensors and the ticket printer.

From the wire up: ``link`` is the pure machine (frames, repeats, events, lease; clock injected),
``port`` the serial port on the event loop, ``printing`` carries one job to its end, ``adapter``
joins them to ``Peripherals`` of ``controller/devices/ports.py``. ``release`` knows the firmware
that belongs to this version of the station.
"""

from controller.devices.peripherals.adapter import PicoPeripherals
from controller.devices.peripherals.release import firmware_hash

__all__ = ["PicoPeripherals", "firmware_hash"]
