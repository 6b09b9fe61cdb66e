"""The twin's circuit board as seen from inside MicroPython: wires to the twin's process.

One socket carries JSON lines both ways: levels and voltages come in, lamps, ring, tone and watchdog
feeding go out. The first line, read before anything else, is the board's state at power-up.
"""

import asyncio
import json
import os
import sys

_socket = open(int(os.getenv("TWIN_BOARD_FD")), "rb")  # noqa: SIM115  (as long as we live)
_out = open(int(os.getenv("TWIN_BOARD_FD")), "wb")  # noqa: SIM115
_state = json.loads(_socket.readline())

levels = {int(pin): level for pin, level in _state["levels"].items()}
analog = {int(pin): value for pin, value in _state["analog"].items()}
watchdog_reset = _state["watchdog_reset"]
speed = _state["speed"]
interrupts = {}


class Flag:
    """Stand-in for ``asyncio.ThreadSafeFlag``. Interrupts are played by ``listen``, a task.

    The unix port polls the original, which has no file descriptor, with a 1 ms sleep in every
    round of the event loop (extmod/modselect.c), even in rounds that must not wait. A Pico has no
    such sleep.
    """

    def __init__(self):
        self._event = asyncio.Event()

    def set(self):
        self._event.set()

    def clear(self):
        self._event.clear()

    async def wait(self):
        await self._event.wait()
        self._event.clear()


def send(**signal):
    _out.write(json.dumps(signal).encode() + b"\n")


async def listen():
    """Apply what the twin's process tells; end the interpreter when that process is gone."""
    reader = asyncio.StreamReader(_socket)
    while True:
        line = await reader.readline()
        if not line:
            sys.exit(1)
        signal = json.loads(line)
        pin = signal["pin"]
        if "analog" in signal:
            analog[pin] = signal["analog"]
        elif levels.get(pin) != signal["level"]:
            levels[pin] = signal["level"]
            if pin in interrupts:
                interrupts[pin](pin)
