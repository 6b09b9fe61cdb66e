"""The twin's circuit board as seen from inside MicroPython: wires to the twin's process.

One socket carries JSON lines both ways: levels, voltages, timers and the port's interrupt come in;
lamps, ring, tone, watchdog and resets go out. The first line, read before anything else, is the
board's state at power-up. A thread reads the rest and plays the chip's interrupts as the rp2 port
does them (ports/rp2/machine_pin.c, shared/runtime/mpirq.c, py/scheduler.c of MicroPython 1.25):

* A pin's edges are latched; its handler is scheduled, and runs in the program's own thread between
  two bytecodes. The queue holds eight; what comes when it is full is lost. ``hard`` handlers run at
  once, without a heap.
* While interrupts are off (flash, NeoPixel, ``machine.disable_irq``) edges only gather: one call a
  pin afterwards, with the flags of all of them.
* 0x03 at the port raises KeyboardInterrupt in the program, also only while interrupts are on: where
  the program next asks the chip for anything, or in its sleep, or else wherever it is. This port's
  own SIGINT leaves whatever C is at work (ports/unix/unix_mphal.c, MICROPY_ASYNC_KBD_INTR), and the
  heap's lock with it, which nobody can take any more: it is for a program that does neither.

Here only: a signal wakes the program out of a sleeping system call.
"""

import _thread
import json
import os
import select
from array import array
from time import ticks_diff, ticks_us

import ffi
import micropython

QUEUE = 8
FALLING = 4
RISING = 8
_SIGINT = 2
_SIGKILL = 9
_SIGUSR1 = 10
_O_NONBLOCK = 0o4000
BUSY_US = 50_000
"""So long a program that neither asks the chip for anything nor sleeps is not interrupted."""

_libc = ffi.open(None)
_kill = _libc.func("i", "kill", "ii")
_pipe2 = _libc.func("i", "pipe2", "pi")
_usleep = _libc.func("i", "usleep", "i")
_pid = _libc.func("i", "getpid", "")()
_libc.func("p", "signal", "ip")(_SIGUSR1, _libc.addr("abs"))  # a handler that does no harm
_main = _thread.get_ident()
_stat = open(f"/proc/self/task/{_pid}/stat", "rb")  # noqa: SIM115  (as long as we live)

_fd = int(os.getenv("TWIN_BOARD_FD"))
_socket = open(_fd, "rb")  # noqa: SIM115  (as long as we live)
_out = open(_fd, "wb")  # noqa: SIM115
_more = select.poll()
_more.register(_fd, select.POLLIN)
state = json.loads(_socket.readline())

levels = {int(pin): level for pin, level in state["levels"].items()}
analog = {int(pin): value for pin, value in state["analog"].items()}
erase_us = state["erase_us"]
program_us = state["program_us"]
cut = 0
"""Power goes within so many flash operations from now; 0: it does not."""
port_full = False
"""The host has the port open and does not read."""
cts_held = state["cts"]
"""The printer holds the line, however much room the wire would have."""
timers = {}
uart = None

_lock = _thread.allocate_lock()
_off = 0
_edges = {}
_irqs = {}
_queue = []
_late = []
_interrupt_char = -1
_interrupt = False
_asked_at = None
"""Since when KeyboardInterrupt is to be raised in the program, us; None: it is not."""
_raising = False
_delivering = None
_calling = False
"""A scheduled call runs: what is raised in one is printed by its caller, and that is all."""


def pipe():
    """Both ends of a new pipe, as descriptors that never block."""
    ends = array("i", [0, 0])
    _pipe2(ends, _O_NONBLOCK)
    return ends[0], ends[1]


def send(**signal):
    _out.write(json.dumps(signal).encode() + b"\n")


def gone():
    """Nothing more happens here: the twin's process ends this one."""
    while True:
        _usleep(100000)


# ---- the scheduler -------------------------------------------------------------------------


def schedule(function, argument):
    """False when the queue is full."""
    if len(_queue) >= QUEUE:
        return False
    _queue.append((function, argument))
    _soon(_run)
    return True


def _soon(function):
    try:  # noqa: SIM105
        micropython.schedule(function, None)
    except RuntimeError:
        pass  # this port's own, shorter queue is full of calls of _run: each runs one of ours


def _run(_):
    if _thread.get_ident() != _main or _lock.locked():
        _soon(_run)  # what runs may want the lock, and the program may be holding it
        return
    global _calling
    if _queue:
        function, argument = _queue.pop(0)
        if _queue:
            _soon(_run)
        _calling = True
        try:
            function(argument)
        finally:
            _calling = False


def _seen(_):
    """Runs after the exception was raised: MicroPython looks for exceptions first."""
    global _raising
    if _thread.get_ident() != _main:
        _soon(_seen)
        return
    _raising = False


# ---- interrupts ----------------------------------------------------------------------------


class Irq:
    """What ``Pin.irq`` gives."""

    def __init__(self, pin, handler, trigger, hard):
        self._pin = pin
        self._handler = handler
        self._trigger = trigger
        self._hard = hard
        self._flags = 0
        _edges.pop(pin.id, None)
        _irqs[pin.id] = self

    def flags(self):
        return self._flags

    def _happen(self, edges):
        self._flags = edges & self._trigger
        if not self._flags or self._handler is None:
            return
        if self._hard:
            micropython.heap_lock()
            try:
                self._handler(self._pin)
            except Exception as error:
                self._handler = None
                micropython.heap_unlock()
                print("Uncaught exception in IRQ callback handler")
                print(repr(error))
                return
            micropython.heap_unlock()
        else:
            schedule(self._handler, self._pin)


def irq(pin):
    return _irqs.get(pin)


def disable():
    """An interrupt that is being played ends before; 0x03 that came before is raised here."""
    global _off
    check()
    _off += 1
    try:
        if _delivering != _thread.get_ident():
            with _lock:
                pass
    except KeyboardInterrupt:
        _off -= 1
        raise


def enable():
    """Deliver what has gathered meanwhile."""
    global _off
    if _delivering == _thread.get_ident():
        _off -= 1  # within a handler: its caller delivers the rest
        return
    with _lock:
        _take_in()
        _off -= 1
        if not _off:
            _deliver()
    check()


def interrupts_off():
    return _off > 0


def stall(us):
    """The processor is busy with interrupts off, as in flash; for callers between off and on."""
    if uart:
        with _lock:
            uart.pump()
    if us > 0:
        _usleep(us)
    if uart:
        with _lock:
            uart.stalled()


def happened(number):
    """A timer, or what else has its handler in ``timers``, is due; called with the lock."""
    _late.append(number)
    if not _off:
        _deliver()


def _deliver():
    """All that has happened and may be told now; called with the lock."""
    global _interrupt, _delivering, _asked_at
    if _delivering is not None:
        return
    _delivering = _thread.get_ident()
    try:
        while _edges:
            pin = min(_edges)
            edges = _edges.pop(pin)
            if pin in _irqs:
                _irqs[pin]._happen(edges)
        while _late:
            timer = timers.get(_late.pop(0))
            if timer:
                timer()
    finally:
        _delivering = None
    if _interrupt:
        _interrupt = False
        _asked_at = ticks_us()


def interrupt_with(char):
    """``mp_hal_set_interrupt_char``: what came before is raised now."""
    global _interrupt_char
    with _lock:
        _interrupt_char = char
    send(interrupt_char=char)
    check()


def check():
    """Raise KeyboardInterrupt here, if it is due; for all that asks the chip for anything."""
    if _asked_at is None or _off or _calling or _delivering == _main:
        return
    if _thread.get_ident() != _main:
        return
    with _lock:
        due = _take_interrupt()
    if due:
        raise KeyboardInterrupt


def _take_interrupt():
    """Whether it is the caller's to raise; called with the lock."""
    global _asked_at
    if _asked_at is None:
        return False
    _asked_at = None
    send(interrupted=1)
    return True


def _interrupt_the_program():
    """From the thread, with the lock: it is this thread's, so that the program cannot lose it.

    A second one before the first was seen is the same one.
    """
    global _raising
    if _asleep() or ticks_diff(ticks_us(), _asked_at) > BUSY_US:
        _take_interrupt()
        if not _raising:
            _raising = True
            _soon(_seen)
            _kill(_pid, _SIGINT)


def _asleep():
    """Whether the program waits in the kernel (proc(5), the state behind the name)."""
    _stat.seek(0)
    return _stat.read(128).rsplit(b") ", 1)[1][:1] == b"S"


def _take_in():
    """Apply what the twin's process has told by now."""
    while _more.poll(0):
        line = _socket.readline()
        if not line:
            _kill(_pid, _SIGKILL)
        _apply(json.loads(line))


def _apply(signal):
    global _interrupt, port_full, cts_held, erase_us, program_us, cut
    if "level" in signal:
        pin, level = signal["pin"], signal["level"]
        if levels.get(pin) != level:
            levels[pin] = level
            _edges[pin] = _edges.get(pin, 0) | (RISING if level else FALLING)
            if not _off:
                _deliver()
    elif "analog" in signal:
        analog[signal["pin"]] = signal["analog"]
    elif "timer" in signal:
        happened(signal["timer"])
    elif "interrupt" in signal:
        if _interrupt_char < 0:
            send(interrupted=1)  # it was switched off while this was under way
        else:
            _interrupt = True
            if not _off:
                _deliver()
    elif "full" in signal:
        port_full = signal["full"]
    elif "cts" in signal:
        cts_held = signal["cts"]
    elif "erase_us" in signal:
        erase_us, program_us, cut = signal["erase_us"], signal["program_us"], signal["cut"]
    send(seen=1)


# ---- the thread ----------------------------------------------------------------------------

_woken, _waker = pipe()
_bell = open(_woken, "rb")  # noqa: SIM115
_button = open(_waker, "wb")  # noqa: SIM115
_uart_fd = int(os.getenv("TWIN_UART_FD"))
_uart_in = open(_uart_fd, "rb")  # noqa: SIM115
SENDING_MS = 2


def wake():
    """The UART has something to send: look after it."""
    _button.write(b"!")


def hear(most):
    """Bytes that came over the UART's wire, at most so many; b"" for none."""
    return _uart_in.read(most) or b""


def _listen():
    ready = select.poll()
    for file in (_fd, _uart_fd, _woken):
        ready.register(file, select.POLLIN)
    while True:
        asked = _asked_at is not None
        ready.poll(SENDING_MS if asked or (uart and uart.sending()) else -1)
        _bell.read(64)
        with _lock:
            _take_in()
            if uart:
                if not _off:
                    uart.pump()
                    uart.arrive()
            else:
                hear(64)
            if _asked_at is not None and not _off:
                _interrupt_the_program()
        if _queue:
            _kill(_pid, _SIGUSR1)


def listen():
    _thread.stack_size(256 * 1024)
    _thread.start_new_thread(_listen, ())
