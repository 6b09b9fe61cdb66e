"""The eye on the ring: its data line, decoded by the RP2040's PIO into the last whole frame.

A WS2812 bit begins with a rising edge; the line is still high 0.6 us later for a one and low again
for a zero (MicroPython's neopixel sends 0.4 or 0.8 us: ports/rp2/machine_bitstream.c). Each 24
bits (green, red, blue) are a word; DMA puts the words into a ring of exactly one frame, so that the
buffer holds the last frame and no processor is needed (RP2040 datasheet, 2.5.1.3 and 3.2).
"""

from array import array

import machine
import rp2
import uctypes

PIXELS = 16
FRAME_BYTES = 64
DREQ_PIO0_RX0 = 4  # RP2040 datasheet, table 120
FOREVER = 0xFFFFFFFF  # words; 60 days of frames at full speed


@rp2.asm_pio(
    in_shiftdir=rp2.PIO.SHIFT_LEFT, autopush=True, push_thresh=24, fifo_join=rp2.PIO.JOIN_RX
)
def _bits():
    wait(1, pin, 0)[5]  # noqa: F821
    in_(pins, 1)  # noqa: F821
    wait(0, pin, 0)  # noqa: F821


class Ring:
    def __init__(self, pin):
        self._room = array("I", [0] * (2 * PIXELS))
        offset = -uctypes.addressof(self._room) % FRAME_BYTES  # DMA's ring wants it aligned
        self._at = offset // 4
        self._target = uctypes.addressof(self._room) + offset
        self._bits = rp2.StateMachine(
            0, _bits, freq=10_000_000, in_base=machine.Pin(pin, machine.Pin.IN)
        )
        self._dma = rp2.DMA()
        self.begin()

    def begin(self):
        """Take the next edge for the first bit of a frame; what was seen is forgotten."""
        self._bits.active(0)
        self._dma.active(0)
        self._bits.restart()
        while self._bits.rx_fifo():
            self._bits.get()
        for n in range(len(self._room)):
            self._room[n] = 0
        control = self._dma.pack_ctrl(
            size=2,
            inc_read=False,
            inc_write=True,
            ring_sel=True,
            ring_size=6,
            treq_sel=DREQ_PIO0_RX0,
        )
        self._dma.config(
            read=self._bits, write=self._target, count=FOREVER, ctrl=control, trigger=True
        )
        self._bits.active(1)

    def pixels(self):
        """(red, green, blue) of each pixel, 0 to 255, as last sent."""
        words = self._room[self._at : self._at + PIXELS]
        return [(word >> 8 & 255, word >> 16 & 255, word & 255) for word in words]
