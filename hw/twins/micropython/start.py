"""Runs one firmware program on the unix port: ``micropython start.py MODULE``.

The unix port's ``micropython`` module lacks the emergency exception buffer; everything else of the
Pico that is missing here comes from ``machine.py``, ``neopixel.py`` and ``board.py`` beside this
file.
"""

import asyncio
import sys

import board
import micropython


class _Micropython:
    const = micropython.const

    @staticmethod
    def alloc_emergency_exception_buf(size):
        pass


sys.modules["micropython"] = _Micropython
asyncio.ThreadSafeFlag = board.Flag
asyncio.create_task(board.listen())  # noqa: RUF006  (the loop's queue holds it)
__import__(sys.argv[1]).run()
