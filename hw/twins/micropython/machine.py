"""Stand-in for the rp2 port's ``machine`` on the unix port: the same names over the twin's board.

Only what the firmware uses, with the behaviour of the MicroPython documentation ("class Pin",
"class UART", ... of the rp2 quick reference).
"""

import os
import time

import board

PWRON_RESET = 1
WDT_RESET = 3


def reset_cause():
    return WDT_RESET if board.watchdog_reset else PWRON_RESET


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    IRQ_RISING = 8
    IRQ_FALLING = 4

    def __init__(self, pin, mode=IN, pull=None, *, value=None):
        self.id = pin
        self._out = None
        if value is not None:
            self.value(value)

    def value(self, level=None):
        if level is None:
            return board.levels.get(self.id, 1)
        if level != self._out:
            self._out = level
            board.send(pin=self.id, level=int(level))

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING):
        board.interrupts[self.id] = lambda _: handler(self)


class ADC:
    def __init__(self, pin):
        self._pin = pin.id

    def read_u16(self):
        return board.analog[self._pin]


class PWM:
    def __init__(self, pin, *, freq=0, duty_u16=0):
        self._pin = pin.id
        self._freq = freq
        self._duty = duty_u16

    def freq(self, hertz):
        self._freq = hertz
        self._tell()

    def duty_u16(self, duty):
        self._duty = duty
        self._tell()

    def _tell(self):
        board.send(tone=self._freq if self._duty else 0)


class UART:
    """Paced at the baud rate (times the twin's speed); a full receiver is a raised CTS."""

    CTS = 1
    RTS = 2

    def __init__(self, uart, *, baudrate, txbuf, rxbuf, timeout, **pins):
        fd = int(os.getenv("TWIN_UART_FD"))
        self._in = open(fd, "rb")  # noqa: SIM115  (as long as the UART)
        self._wire = open(fd, "wb")  # noqa: SIM115
        self._bytes_per_s = int(baudrate * board.speed) // 10
        self._txbuf = txbuf
        self._sending = b""
        self._sent_at = time.ticks_us()
        self._received = b""

    def write(self, data):
        if not self._sending:
            self._sent_at = time.ticks_us()
        self._pump()
        room = self._txbuf - len(self._sending)
        if room <= 0:
            return None
        taken = bytes(data[:room])
        self._sending += taken
        return len(taken)

    def txdone(self):
        self._pump()
        return not self._sending

    def any(self):
        if not self._received:
            self._received = self._in.read(64) or b""
        return len(self._received)

    def readinto(self, buffer):
        size = min(self.any(), len(buffer))
        if not size:
            return None
        buffer[:size] = self._received[:size]
        self._received = self._received[size:]
        return size

    def _pump(self):
        now = time.ticks_us()
        passed = time.ticks_diff(now, self._sent_at)
        due = min(len(self._sending), passed * self._bytes_per_s // 1000000)
        if due:
            written = self._wire.write(self._sending[:due]) or 0
            self._sending = self._sending[written:]
            self._sent_at = now


class WDT:
    def __init__(self, id=0, timeout=5000):
        board.send(watchdog_ms=timeout)

    def feed(self):
        board.send(fed=1)
