"""WS2812 lamps, for the image of the emulated Pico: upstream's is not in Debian's sources.

``machine.bitstream`` sends the bits with interrupts off; timing in ns (high and low of a 0, high
and low of a 1) as WS2812B wants it (Worldsemi WS2812B, "Data transfer time": 400/850 and 800/450).
"""

from machine import bitstream

_TIMING = (400, 850, 800, 450)


class NeoPixel:
    """``n`` lamps at ``pin``: item access takes (red, green, blue), ``write`` shows them."""

    def __init__(self, pin, n):
        self.pin = pin
        self.n = n
        self.buf = bytearray(n * 3)
        pin.init(pin.OUT)

    def __len__(self):
        return self.n

    def __setitem__(self, i, colour):
        red, green, blue = colour
        at = i * 3
        self.buf[at] = green  # the wire's order
        self.buf[at + 1] = red
        self.buf[at + 2] = blue

    def __getitem__(self, i):
        at = i * 3
        return (self.buf[at + 1], self.buf[at], self.buf[at + 2])

    def fill(self, colour):
        for i in range(self.n):
            self[i] = colour

    def write(self):
        bitstream(self.pin, 0, _TIMING, self.buf)
