"""Stand-in for the ``neopixel`` module: the ring's colours go to the twin's board.

A pixel's 24 bits take 30 us on the wire, with interrupts off (ports/rp2, ``machine.bitstream``):
the ring is seen that much later than a lamp set before it.
"""

import board

PIXEL_US = 30


class NeoPixel:
    def __init__(self, pin, n):
        self._pixels = [(0, 0, 0)] * n

    def __len__(self):
        return len(self._pixels)

    def __getitem__(self, index):
        return self._pixels[index]

    def __setitem__(self, index, colour):
        self._pixels[index] = colour

    def fill(self, colour):
        self._pixels = [colour] * len(self._pixels)

    def write(self):
        board.disable()
        try:
            board.stall(PIXEL_US * len(self._pixels))
            board.send(ring=self._pixels)
        finally:
            board.enable()
