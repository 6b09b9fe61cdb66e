"""The rp2 port's ``sys``: its own, but for the two ends of the USB port.

``stdin`` gives a byte as soon as it is there and *blocks* until all that was asked for has come
(shared/runtime/sys_stdio_mphal.c). Its ring of 512 bytes is in the twin's process, which also sees
the 0x03 that clears it.

``stdout.buffer.write`` waits at most 500 ms for a host that has the port open and does not read,
and then drops the rest; with the port closed it never waits: the oldest bytes are overwritten
(shared/tinyusb/mp_usbd_cdc.c). ``print`` and tracebacks, written by C, do not wait here: what finds
no room is lost at once.
"""

import io
import select
from sys import *  # noqa: F403
from sys import exit, path, print_exception, stderr  # noqa: F401
from sys import stdout as _stdout

import board
import ticks

TIMEOUT_MS = 500
PACKET = 64
_POLL = 3
_GET_FILENO = 10

_file = open(0, "rb")  # noqa: SIM115
_ready = select.poll()
_ready.register(0, select.POLLIN)


def receive():
    """One byte; scheduled calls run meanwhile."""
    while True:
        board.check()
        if _ready.poll(-1):
            data = _file.read(1)
            if data:
                return data
            if data == b"":
                board.gone()


class _In(io.IOBase):
    def __init__(self, text):
        self._text = text

    def ioctl(self, request, argument):
        return 0 if request == _GET_FILENO else -1

    def readinto(self, buffer, size=None):
        size = len(buffer) if size is None else size
        for i in range(size):
            byte = receive()[0]
            buffer[i] = 10 if byte == 13 and self._text else byte
        return size

    def read(self, size=-1):
        if size < 0:
            raise OSError("the Pico's stdin has no end")
        data = bytearray(size)
        self.readinto(data)
        return data.decode() if self._text else bytes(data)

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = receive()
            line += b"\n" if self._text and byte == b"\r" else byte
        return line.decode() if self._text else line


class _Out(io.IOBase):
    """``\\n`` is marked as raw: the twin's process puts a ``\\r`` before all others, as the rp2
    port does with what is printed.
    """

    def ioctl(self, request, argument):
        if request != _POLL:
            return -1
        return 0 if board.port_full else argument & select.POLLOUT

    def write(self, data):
        data = bytes(data)
        for start in range(0, len(data), PACKET):
            began = ticks.ticks_ms()
            while board.port_full and ticks.ticks_diff(ticks.ticks_ms(), began) < TIMEOUT_MS:
                ticks.sleep_ms(1)
            if board.port_full:
                return start
            raw = data[start : start + PACKET]
            _stdout.buffer.write(raw.replace(b"\0", b"\0\0").replace(b"\n", b"\0\n"))
        return len(data)


class _Text:
    def __init__(self, buffer):
        self.buffer = buffer

    def write(self, text):
        return _stdout.write(text)


platform = "rp2"
stdin = _In(True)
stdin.buffer = _In(False)
stdout = _Text(_Out())
