"""R503-class fingerprint sensors: ``packets`` (wire format), ``line`` (verified serial object under
the Adafruit library), ``maker`` (that library), ``sensor`` (one connected sensor, blocking),
``scanner`` (the port)."""

from controller.devices.fingerprint.scanner import R503Scanner

__all__ = ["R503Scanner"]
