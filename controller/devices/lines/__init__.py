"""Lines at the Pi's own pins: mains-fail and low battery of the UPS, service button, Pico's RUN.

``judging`` tells from levels and time what they mean (pure); ``board`` is gpiozero with one of its
pin factories; ``adapter`` keeps the board open on a thread and tells the station.
"""

from controller.devices.lines.adapter import GpioLines as GpioLines
from controller.devices.lines.judging import Wire as Wire
from controller.devices.lines.judging import Wiring as Wiring
