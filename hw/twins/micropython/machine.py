"""Stand-in for the rp2 port's ``machine`` on the unix port: the same names over the twin's board.

Only what the firmware uses. How it does is taken from the sources of MicroPython 1.25 (ports/rp2)
and held against an emulated RP2040 by tests/behaviours. Where it still differs from a Pico, and
what that hides:

* Speed: a PC. A frame is answered in 0.1 ms, not 4; nothing here is a measurement of the firmware.
* Memory: a host's. A firmware too large for 264 kB runs.
* ``Timer``: the rp2 object has a finaliser, so one that nobody holds may stop at a collection; here
  it never stops.
* ``mem32``: the watchdog's registers and UART1's CTSEN only; any other address is a loud error.
* ``UART``: a line that is full, but not held by hand, is waited for 20 ms longer than on the chip.
* The second core, the RTC, BOOTSEL and USB suspend do not exist.
* A pin that is no input of the board reads 1; an output's level is seen only by the twin.

The port's buffers are in ``stdio.py``, the UART in ``uart.py``, ticks in ``ticks.py``, flash in
``rp2.py``, interrupts in ``board.py``, what runs after the program in ``repl.py``.
"""

import board
from uart import UART  # noqa: F401

PWRON_RESET = 1
WDT_RESET = 3
_WDT_TIMEOUT_MAX = 8388
_CLOCK_HZ = 125000000


def reset_cause():
    """WDT_RESET after ``reset()``, too: both are the watchdog's doing (``mem32[0x40058008]``
    tells them apart).
    """
    return WDT_RESET if board.state["reason"] else PWRON_RESET


def reset():
    board.send(reset="forced")
    board.gone()


def soft_reset():
    raise SystemExit


def freq():
    return _CLOCK_HZ


def idle():
    import ticks

    ticks.sleep_ms(1)


def disable_irq():
    was_off = board.interrupts_off()
    board.disable()
    return was_off


def enable_irq(was_off):
    board.enable()


class Pin:
    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = board.RISING
    IRQ_FALLING = board.FALLING

    _driven = {}  # noqa: RUF012  (by its number: a pin is the same whoever asks for it)

    def __init__(self, pin, mode=-1, pull=-1, *, value=None):
        self.id = pin.id if isinstance(pin, Pin) else pin
        if mode != -1:
            PWM._taken(self.id)
        if mode == Pin.IN:
            Pin._driven.pop(self.id, None)
        if value is not None:
            self.value(value)

    def value(self, level=None):
        board.check()
        if level is None:
            return Pin._driven.get(self.id, board.levels.get(self.id, 1))
        level = int(bool(level))
        if level != Pin._driven.get(self.id):
            Pin._driven[self.id] = level
            board.send(pin=self.id, level=level)

    __call__ = value

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(not self.value())

    def irq(self, *handler, **how):
        """Without arguments: what is set already (``machine_pin_irq``)."""
        if handler or how or not board.irq(self.id):
            return self._irq(*handler, **how)
        return board.irq(self.id)

    def _irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, hard=False):
        return board.Irq(self, handler, trigger, hard)


class ADC:
    """Twelve bits, spread over sixteen (ports/rp2/machine_adc.c)."""

    def __init__(self, pin):
        self._pin = pin.id if isinstance(pin, Pin) else pin

    def read_u16(self):
        board.check()
        raw = board.analog[self._pin] >> 4
        return raw << 4 | raw >> 8


class PWM:
    """Runs on when the program ends, until a reset or until a ``Pin`` with a mode takes its pin;
    the frequency is what the divider can do (ports/rp2/machine_pwm.c).
    """

    _told = 0
    _on = {}  # noqa: RUF012  (which pins are a PWM's, and whose)

    @classmethod
    def _taken(cls, number):
        if cls._on.pop(number, None):
            cls._tell_tone(0)

    @classmethod
    def _tell_tone(cls, hertz):
        if hertz != cls._told:
            cls._told = hertz
            board.send(tone=hertz)

    def __init__(self, pin, *, freq=None, duty_u16=None):
        self._pin = pin.id if isinstance(pin, Pin) else pin
        PWM._on[self._pin] = self
        self._divider = self._top = 0
        self._duty = None
        if freq is not None:
            self._set(freq)
        self._duty = duty_u16
        self._tell()

    def _set(self, hertz):
        if (_CLOCK_HZ + hertz // 2) // hertz < 65534:
            self._divider = 16
            self._top = (_CLOCK_HZ + hertz // 2) // hertz - 1
        else:
            self._divider = (16 * _CLOCK_HZ + 65534 * hertz - 1) // (65534 * hertz)
            slow = self._divider * hertz
            self._top = (16 * _CLOCK_HZ + slow // 2) // slow - 1
        if self._divider >= 256 * 16:
            raise ValueError("freq too small")

    def _hertz(self):
        cycle = self._divider * (self._top + 1)
        return (16 * _CLOCK_HZ + cycle // 2) // cycle if self._divider else 0

    def freq(self, hertz=None):
        if hertz is None:
            return self._hertz()
        self._set(hertz)
        self._tell()

    def duty_u16(self, duty=None):
        if duty is None:
            return self._duty or 0
        self._duty = min(duty, 65535)
        self._tell()

    def deinit(self):
        self._duty = None
        self._tell()

    def _tell(self):
        level = ((self._duty or 0) * (self._top + 1) + 32767) // 65535
        if PWM._on.get(self._pin) is self:
            PWM._tell_tone(self._hertz() if level else 0)


class WDT:
    """Nothing in the API stops it; it runs on through a soft reset and in the REPL."""

    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError(f"WDT({id}) doesn't exist")
        if timeout > _WDT_TIMEOUT_MAX:
            raise ValueError("timeout exceeds 8388")
        mem32._ctrl |= mem32._ENABLE
        board.send(watchdog_ms=timeout)

    def feed(self):
        board.check()
        board.send(fed=1)


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1
    _last = 0

    def __init__(self, id=-1, **how):
        if id != -1:
            raise ValueError("Timer doesn't exist")
        Timer._last += 1
        self._number = Timer._last
        if how:
            self.init(**how)

    def init(self, *, mode=PERIODIC, callback=None, period=-1, freq=None):
        self.deinit()
        ms = 1000 / freq if freq else period
        board.timers[self._number] = lambda: callback and board.schedule(callback, self)
        board.send(timer=self._number, ms=ms, periodic=mode)

    def deinit(self):
        board.timers.pop(self._number, None)
        board.send(timer=self._number, ms=None)


class _Memory:
    """The watchdog (RP2040 datasheet 4.7.6), UART1's CTSEN (4.2.8) and the aliases that flip, set
    and clear bits (2.1.2).
    """

    _UART_CR = 0x40038030
    _CTSEN = 1 << 15
    _WATCHDOG = 0x40058000
    _ENABLE = 1 << 30
    _TRIGGER = 1 << 31

    def __init__(self):
        self._ctrl = self._ENABLE if board.state["watchdog"] else 0
        self._scratch = board.state["scratch"]

    def __getitem__(self, address):
        offset = address - self._WATCHDOG
        if address == self._UART_CR:
            return self._CTSEN if board.uart and board.uart.obeys_cts else 0
        if offset == 0:
            return self._ctrl
        if offset == 8:
            return board.state["reason"]
        if offset in range(0x0C, 0x2C, 4):
            return self._scratch[offset // 4 - 3]
        raise NotImplementedError(f"the twin has no register {hex(address)}")

    def __setitem__(self, address, value):
        how = address >> 12 & 3
        address &= ~0x3000
        before = 0 if address == self._WATCHDOG + 4 else self[address]
        value = (value, before ^ value, before | value, before & ~value)[how]
        offset = address - self._WATCHDOG
        if address == self._UART_CR:
            if board.uart:
                board.uart.obeys_cts = bool(value & self._CTSEN)
        elif offset == 4:
            board.send(fed=1)
        elif offset == 0:
            if value & self._TRIGGER:
                reset()
            self._ctrl = value
            if (value ^ before) & self._ENABLE:
                board.send(watchdog_on=bool(value & self._ENABLE))
        elif offset in range(0x0C, 0x2C, 4):
            self._scratch[offset // 4 - 3] = value & 0xFFFFFFFF
            board.send(scratch=self._scratch)


mem32 = _Memory()
