"""Stand-in for the rp2 port's ``rp2``: the flash that holds the file system, in a host's file.

As in ports/rp2/rp2_flash.c an erase or a program runs with interrupts off, for as long as the twin
is told a sector's erase and a page's program take; littlefs above it is MicroPython's own, so a
save costs as many of them as on the chip. A power cut can be asked for within any of them.
"""

import board

BLOCK = 4096
BLOCKS = 352  # 1408 kB: MICROPY_HW_FLASH_STORAGE_BYTES of RPI_PICO
PAGE = 256
_image = open(board.state["flash"], "r+b")  # noqa: SIM115  (as long as we live)


class Flash:
    """0x03 may end a save between two operations, as on the chip, never within one."""

    def readblocks(self, block, buffer, offset=0):
        _image.seek(block * BLOCK + offset)
        _image.readinto(buffer)

    def writeblocks(self, block, buffer, offset=None):
        if offset is None:
            self._operate(block * BLOCK, b"\xff" * len(buffer), board.erase_us)
            offset = 0
        pages = (len(buffer) + PAGE - 1) // PAGE
        self._operate(block * BLOCK + offset, buffer, board.program_us * pages)

    def ioctl(self, request, argument):
        if request == 4:
            return BLOCKS
        if request == 5:
            return BLOCK
        if request == 6:
            self._operate(argument * BLOCK, b"\xff" * BLOCK, board.erase_us)
        return 0

    def _operate(self, place, data, us):
        board.disable()
        try:
            torn = board.cut == 1
            board.cut -= board.cut > 0
            _image.seek(place)
            _image.write(memoryview(data)[: len(data) // 2] if torn else data)
            if torn:
                board.send(reset="cut")
                board.gone()
            board.stall(us)
        finally:
            board.enable()
