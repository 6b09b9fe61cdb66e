"""Stand-in for the rp2 port's ``machine``: the card's pins, ended at the loopback's process.

One JSON line a request and one an answer over a socket: reading a pin asks what is at its other end
now. Only what card.py uses (MicroPython documentation, "class Pin", "class PWM", time_pulse_us).
"""

import json
import os

_fd = int(os.getenv("CARD_WIRES_FD"))
_in = open(_fd, "rb")  # noqa: SIM115  (as long as we live)
_out = open(_fd, "wb")  # noqa: SIM115


def ask(**request):
    _out.write(json.dumps(request).encode() + b"\n")
    return json.loads(_in.readline())["value"]


def time_pulse_us(pin, level, timeout_us):
    """-2: no edge came in time, as the real one says."""
    hertz = ask(tone=pin.id)
    return 500_000 // hertz if hertz else -2


class Pin:
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2

    def __init__(self, pin, mode=IN, *, value=None):
        self.id = pin
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return ask(read=self.id)
        ask(pin=self.id, level=level)


class PWM:
    def __init__(self, pin, *, freq):
        self._pin = pin.id

    def duty_ns(self, high_ns):
        ask(pin=self._pin, level=high_ns)
