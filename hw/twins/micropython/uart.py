"""The rp2 port's ``machine.UART`` (ports/rp2/machine_uart.c) over the wire to the printer's twin.

Sending: 32 bytes in the chip's FIFO and ``txbuf`` behind it, moved by interrupts at the baud rate
(times the twin's speed), also while the program does something else; with interrupts off only the
FIFO drains. ``write`` takes what fits and then goes on byte by byte as long as one leaves within
``timeout_char`` (0 ms: that is, the millisecond): more than fits *blocks* until the line stops. A
full receiver is a raised CTS: the wire takes nothing.

``IRQ_TXIDLE`` comes when the buffer is empty and the FIFO down to its mark: a few characters are
still to be sent, whatever its name says.

Receiving: a FIFO of 32 and ``rxbuf`` behind it; with ``flow=RTS`` what comes beyond waits at the
sender, else it is lost. Not played: the pace at which bytes arrive, break, parity, and the
interrupts of receiving.
"""

import time

import board
import ticks

FIFO = 32
FIFO_MARK = 4
LAG_MS = 20
"""A busy host may need so long to take a byte off the wire, though nobody holds the line."""


class UART:
    CTS = 1
    RTS = 2
    IRQ_TXIDLE = 0x20
    _IRQ = "uart"

    def __init__(
        self,
        uart,
        baudrate=115200,
        *,
        txbuf=256,
        rxbuf=256,
        timeout=0,
        timeout_char=0,
        flow=0,
        **wiring,
    ):
        self.obeys_cts = bool(flow & self.CTS)
        self._holds_rts = bool(flow & self.RTS)
        self._wire = open(board._uart_fd, "wb")  # noqa: SIM115  (as long as the UART)
        self._bytes_per_s = int(baudrate * board.state["speed"]) // 10
        self._txroom = max(txbuf, 32) + FIFO
        self._rxroom = max(rxbuf, 32) + FIFO
        self._timeout = timeout
        self._timeout_char = timeout_char
        self._out = b""
        self._sent_at = time.ticks_us()
        self._in = b""
        board.uart = self

    # ---- the program's side ------------------------------------------------------------------

    def write(self, data):
        board.check()
        size = len(data)
        done = self._put(data)
        began, wait = ticks.ticks_ms(), self._timeout
        while done < size:
            taken = self._put(data[done:])
            if taken:
                done += taken
                began, wait = ticks.ticks_ms(), self._timeout_char
            elif ticks.ticks_diff(ticks.ticks_ms(), began) > wait + (not board.cts_held) * LAG_MS:
                break
            else:
                time.sleep_us(50)
        return done or None

    def txdone(self):
        with board._lock:
            self.pump()
            return not self._out

    def any(self):
        board.check()
        with board._lock:
            self.arrive()
            return len(self._in)

    def read(self, size=-1):
        with board._lock:
            self.arrive()
            data = self._in if size < 0 else self._in[:size]
            self._in = self._in[len(data) :]
        return data or None

    def readinto(self, buffer, size=None):
        data = self.read(len(buffer) if size is None else size)
        if data is None:
            return None
        buffer[: len(data)] = data
        return len(data)

    def flush(self):
        while not self.txdone():
            ticks.sleep_ms(1)

    def deinit(self):
        """What is in the FIFO still goes out, however long the receiver holds the line."""
        self._out = self._out[:FIFO]
        self.flush()

    def irq(self, handler=None, trigger=0, hard=False):
        if hard or trigger != self.IRQ_TXIDLE:
            raise NotImplementedError("the twin's UART has IRQ_TXIDLE only, and not hard")
        board.timers[self._IRQ] = lambda: handler and board.schedule(handler, self)

    def _put(self, data):
        with board._lock:
            self.pump()
            if not self._out:
                self._sent_at = time.ticks_us()
            taken = bytes(data[: max(0, self._txroom - len(self._out))])
            idle = not self._out
            self._out += taken
        if idle and taken:
            board.wake()
        return len(taken)

    # ---- the line's side, called with the board's lock ---------------------------------------

    def sending(self):
        return bool(self._out)

    def pump(self, most=1 << 30):
        """Put on the wire what had the time to get there."""
        now = time.ticks_us()
        due = (now - self._sent_at) * self._bytes_per_s // 1000000
        due = min(len(self._out), due, most)
        if board.cts_held and self.obeys_cts:
            self._sent_at = now
        elif due > 0:
            written = self._wire.write(self._out[:due]) or 0
            if not self.obeys_cts:
                written = due  # what the receiver has no room for is lost
            before = len(self._out)
            self._out = self._out[written:]
            self._sent_at = now
            if len(self._out) <= FIFO_MARK < before:
                board.happened(self._IRQ)

    def stalled(self):
        """Interrupts were off since the last ``pump``: nothing filled the FIFO."""
        self.pump(FIFO)
        self._sent_at = time.ticks_us()
        self._in += board.hear(FIFO)
        while not self._holds_rts and board.hear(64):
            pass

    def arrive(self):
        room = self._rxroom - len(self._in)
        while (room > 0 or not self._holds_rts) and (data := board.hear(min(64, max(room, 1)))):
            self._in += data[: max(0, room)]
            room -= len(data)
