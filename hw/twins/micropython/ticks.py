"""The rp2 port's ``time``: ticks begin at the chip's start and wrap at 2^30 (12.4 days in ms).

Sleeping lets interrupts and scheduled calls run, as ``mp_event_wait_ms`` does. Not played: the
RTC, which on a Pico begins in 2021; and asyncio, which keeps its own ticks that do not wrap.
"""

import select
import time as _time
from time import gmtime, localtime, mktime, time, time_ns  # noqa: F401

import board

_PERIOD = 1 << 30
_born_us = board.state["born_us"]
_nothing = select.poll()


def ticks_us():
    board.check()
    return (_time.ticks_us() - _born_us) & (_PERIOD - 1)


def ticks_ms():
    board.check()
    return (_time.ticks_us() - _born_us) // 1000 & (_PERIOD - 1)


def ticks_cpu():
    board.check()
    return (_time.ticks_us() - _born_us) * 125 & (_PERIOD - 1)


def ticks_diff(end, start):
    return ((end - start + _PERIOD // 2) & (_PERIOD - 1)) - _PERIOD // 2


def ticks_add(ticks, delta):
    if not -_PERIOD // 2 < delta < _PERIOD // 2:
        raise OverflowError("ticks interval overflow")
    return (ticks + delta) & (_PERIOD - 1)


def sleep_ms(ms):
    board.check()
    if ms > 0:
        _nothing.poll(ms)
    board.check()


def sleep_us(us):
    sleep_ms(us // 1000)
    _time.sleep_us(us % 1000)


def sleep(seconds):
    sleep_ms(int(seconds * 1000))
