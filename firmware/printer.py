"""The ESC/POS printer on a UART: jobs in chunks, each written once, and proof of printing.

Every chunk is one or more complete ESC/POS commands. While one is on the wire up to ``WAITING_MAX``
wait behind it, so that the line never idles; the UART's own interrupt starts the next. A chunk
counts as ``sent`` once it has left the UART; what waits is lost with a reset of the Pico, so the Pi
goes on from ``sent``.

Right behind a job's last chunk, in the same write, goes ``GS r 1`` (transmit paper sensor status):
the printer works its buffer in order, so the answer proves that everything before it was printed.

Real-time status (``DLE EOT 2`` and ``4``) is asked between chunks only, since inside a raster it
would be taken for dots. It is three-valued: ok, not ok, no answer ("silent"). While paper is out
or the cover open the printer is off-line and keeps its buffer: nothing is sent again, and nothing
more is sent, or a full buffer would swallow the questions about its state too. For the same reason
no more than ``WINDOW_BYTES`` go out without an answer. A printer
that fell silent in the middle of a job was probably switched off and has lost its buffer: the torso
is cut off and the job starts anew. Silent after the last chunk, it is only asked for the proof
again: better a slip to reprint by hand than two.

After a reset of the Pico the printer may hold the first part of a raster command. ``CHUNK_MAX`` NUL
bytes complete it with white dots, and surplus NULs are ignored in standard mode. ``ESC @`` is *not*
sent then: it would throw away what waits in the printer's line buffer. Worst case: the chunk under
way at the reset and the one before it, when the answer that it is sent was lost with the reset (two
bands; at full width ten rows, 1.3 mm), appear twice.

Command reference: Epson ESC/POS, "DLE EOT", "GS r", "GS v 0". Status bytes tell themselves apart by
fixed bits: DLE EOT answers 0xx1xx10, GS r answers 0xx0xxxx.
"""

import asyncio
import time

import machine

import pins
import wire
from events import Events
from jobs import Job, Jobs
from supervisor import Pulse

BAUD = 115200
LOOK_EVERY_MS = 5
POLL_MS = 250
ANSWER_MS = 400
SILENT_AFTER = 6
STUCK_MS = 5000
PROOF_AGAIN_MS = 15000
WAITING_MAX = 2
ASK_EVERY_BYTES = 512
WINDOW_BYTES = 1536
"""Less than the smallest buffers of such printers (4 kB), however fast the line is."""
LAST_CHARACTERS_US = 1000
"""More than the five characters that the UART still has when its interrupt comes (1.25's
ports/rp2/machine_uart.c, ``uart_service_interrupt``: FIFO at its mark and buffer empty)."""
TX_BUFFER = wire.CHUNK_MAX + 32
"""Takes a chunk and the questions behind it in one go: a write of more would block."""
RX_BUFFER = 64
"""Answers are single bytes, a handful at most. RTS holds the printer back while it is full."""

_ASK_OFFLINE_CAUSE = b"\x10\x04\x02"
_ASK_PAPER = b"\x10\x04\x04"
_ASK_PROOF = b"\x1dr\x01"
_FEED_AND_CUT = b"\x1bd\x05\x1dV\x00"

_COVER_OPEN = 0x04
_ERROR = 0x40
_PAPER_END = 0x60


class Printer:
    """``state`` is one of ``wire.PRINTER_STATES``."""

    def __init__(self, events: Events, path: str, pulse: Pulse) -> None:
        self._uart = machine.UART(
            pins.PRINTER_UART,
            baudrate=BAUD,
            tx=machine.Pin(pins.PRINTER_TX),
            rx=machine.Pin(pins.PRINTER_RX),
            cts=machine.Pin(pins.PRINTER_CTS),
            rts=machine.Pin(pins.PRINTER_RTS),
            flow=machine.UART.CTS | machine.UART.RTS,
            timeout=0,
            txbuf=TX_BUFFER,
            rxbuf=RX_BUFFER,
        )
        self._events = events
        self._jobs = Jobs(path)
        self._pulse = pulse
        now = time.ticks_ms()
        # the line: what is on the wire, what waits for it, and who is at it
        self._out = memoryview(b"")
        self._on_wire: "Job | None" = None
        self._asking = False
        self._proving = False
        self._busy = False
        self._waiting: "list[tuple[Job | None, bytes]]" = [(None, bytes(wire.CHUNK_MAX))]
        self._moved = now
        self._locked = False
        self._one = bytearray(1)
        # what is asked of the printer in the order of its bytes, and a torso to be cut off
        self._void = False
        self._proofs: "list[Job]" = []
        self._proof_at = now
        # real-time status
        self._asked = False
        self._unseen = 0
        self._ask_paper = False
        self._asked_at = time.ticks_add(now, -POLL_MS)
        self._unanswered = 0
        self._answers = 0
        self._cover_open = False
        self._paper_out = False
        self._error = False
        self.state = "unknown"
        self._uart.irq(self._nearly_sent, machine.UART.IRQ_TXIDLE)
        self._pump()

    # ---- jobs ------------------------------------------------------------------------------

    def begin(self, number: int, total: int, digest: str, first: int) -> None:
        """Make this the current job.

        ``first`` is where the Pi would go on; it counts when this Pico does not know the job
        (it was reset). A job given up half-way is fed out and cut off before another starts; one
        whose every chunk is here comes out whole before it.
        """
        job = self._jobs.current
        if job.matches(number, total, digest):
            return
        self._locked = True
        if job.half_way():
            self._give_up(job)
        self._jobs.take_up(number, total, digest, first)
        self._locked = False
        self._pump()

    def job_id(self) -> int:
        """The current job's id, 0 for none."""
        return self._jobs.current.number

    def half_way(self) -> int:
        """The id of the job that another one would tear now, 0 for none."""
        return self._jobs.current.number if self._jobs.current.half_way() else 0

    def place(self) -> "list[int | str]":
        """The next chunk wanted of the current job, and how many have left the UART."""
        return [self._jobs.current.taken, self._jobs.current.sent]

    def done(self) -> bool:
        """Whether all of the current job is printed."""
        return self._jobs.done()

    def chunk(self, index: int, data: bytes) -> None:
        """Take chunk ``index`` of the current job.

        Anything but the next chunk wanted is left alone, and all while there is no room, the
        printer is off-line or owes an answer about its state.
        """
        job = self._jobs.current
        room = len(self._waiting) < WAITING_MAX
        if index == job.taken and index < job.total and room and self._able():
            self._locked = True
            self._waiting.append((job, data))
            self._jobs.took()
            self._locked = False
        self._pump()

    async def settle(self, hold_ms: int) -> None:
        """Return when there is room for another chunk, after ``hold_ms`` at the latest."""
        started = time.ticks_ms()
        while (
            len(self._waiting) >= WAITING_MAX
            and time.ticks_diff(time.ticks_ms(), started) < hold_ms
        ):
            await asyncio.sleep_ms(1)
            self._pump()

    def _give_up(self, job: Job) -> None:
        """Another job comes: what waits of this one does not come out, what did is cut off."""
        begun = job.sent > 0 or self._on_wire is job
        self._waiting = [piece for piece in self._waiting if piece[0] is not job]
        if begun and self.state == "silent":
            self._void = True
        elif begun:
            self._waiting.append((None, _FEED_AND_CUT))
        self._jobs.tear(job)

    # ---- the line --------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            self._pump()
            self._locked = True
            self._read()
            if not self._busy:
                self._look()
            elif self.state in ("ok", "unknown") and self._stuck():
                self.state = "error"
            self._locked = False
            self._pump()
            await asyncio.sleep_ms(LOOK_EVERY_MS)

    def _stuck(self) -> bool:
        return time.ticks_diff(time.ticks_ms(), self._moved) > STUCK_MS

    def _able(self) -> bool:
        return self.state in ("ok", "error") and self._unseen < WINDOW_BYTES

    def _nearly_sent(self, uart: machine.UART) -> None:
        """The UART's interrupt, run between two bytecodes of whatever runs: its last characters
        are on the wire. Without it the line would idle while a frame is being read.
        """
        if self._locked:
            return
        began = time.ticks_us()
        while not uart.txdone():
            if time.ticks_diff(time.ticks_us(), began) > LAST_CHARACTERS_US:
                return
        self._pump()

    def _pump(self) -> None:
        """Keep the wire busy. ``_locked`` keeps the interrupt out of what somebody is changing."""
        if self._locked:
            return
        self._locked = True
        while True:
            if self._busy and not self._gone():
                break
            if not self._load():
                break
        self._locked = False

    def _gone(self) -> bool:
        """Whether all that was on the wire has left the UART."""
        if len(self._out):
            written = self._uart.write(self._out)
            if written:
                self._out = self._out[written:]
                self._moved = time.ticks_ms()
        if len(self._out) or not self._uart.txdone():
            return False
        self._busy = False
        now = time.ticks_ms()
        if self._asking:
            self._asking = False
            self._asked_at = now
        if self._proving:
            self._proving = False
            self._proof_at = now
        if self._on_wire:
            self._on_wire.sent += 1
            self._on_wire = None
        return True

    def _load(self) -> bool:
        """Put the next chunk on the wire, and behind it what is to be asked; False for nothing."""
        data = b""
        if self._waiting and (self._waiting[0][0] is None or self._able()):
            job, data = self._waiting.pop(0)
            self._on_wire = job
            if job:
                self._unseen += len(data)
                if job.sent + 1 == job.total:
                    data += self._ask_proof(job)
        if not self._on_wire:
            data += self._unproven()
        data += self._question()
        if not data:
            return False
        self._out = memoryview(data)
        self._busy = True
        self._moved = time.ticks_ms()
        return True

    def _read(self) -> None:
        while self._uart.any():
            if self._uart.readinto(self._one):
                self._take(self._one[0])

    def _take(self, status: int) -> None:
        if status & 0x93 == 0x12 and self._asked:
            self._asked = False
            self._unanswered = 0
            self._unseen = 0
            self._take_state(status)
        elif status & 0x90 == 0 and self._proofs:
            self._jobs.proven(self._proofs.pop(0))

    # ---- proof -----------------------------------------------------------------------------

    def _ask_proof(self, job: Job) -> bytes:
        self._proofs.append(job)
        self._proving = True
        return _ASK_PROOF

    def _unproven(self) -> bytes:
        """The request that stands for all jobs sent and not proven, where none is under way.

        A working printer that owes an answer for long has lost the request, or its answer was
        lost on the line. To one that does not answer at all, nothing is sent.
        """
        job = self._jobs.unproven()
        if job is None or self.state in ("unknown", "silent"):
            return b""
        waited = time.ticks_diff(time.ticks_ms(), self._proof_at)
        if self.state == "ok" and waited > PROOF_AGAIN_MS:
            self._proofs = []
        return b"" if job in self._proofs else self._ask_proof(job)

    # ---- status ----------------------------------------------------------------------------

    def _question(self) -> bytes:
        """The next question about the printer's state, where it is due."""
        if self._asked:
            return b""
        every_ms = 0 if self.state == "unknown" or self._unseen >= ASK_EVERY_BYTES else POLL_MS
        if time.ticks_diff(time.ticks_ms(), self._asked_at) < every_ms:
            return b""
        self._ask_paper = not self._ask_paper
        self._asked = self._asking = True
        return _ASK_PAPER if self._ask_paper else _ASK_OFFLINE_CAUSE

    def _look(self) -> None:
        """Whether an answer is overdue, counted from when the question had left the UART."""
        waited = time.ticks_diff(time.ticks_ms(), self._asked_at)
        if self._asked and waited > ANSWER_MS:
            self._asked = False
            self._unanswered += 1
            if self._unanswered >= SILENT_AFTER:
                self._fall_silent()

    def _fall_silent(self) -> None:
        """No answer: paper and cover are unknown, and what it had buffered may be lost."""
        self.state = "silent"
        self._answers = 0
        self._proofs = []
        cut = (None, _FEED_AND_CUT) in self._waiting
        self._void = self._jobs.lose() or cut or self._void
        self._waiting = []

    def _take_state(self, status: int) -> None:
        if self._ask_paper:
            self._answers |= 1
            out = bool(status & _PAPER_END)
            if out != self._paper_out:
                self._paper_out = out
                self._events.add("paper_out" if out else "paper_ok")
        else:
            self._answers |= 2
            self._error = bool(status & _ERROR)
            cover_open = bool(status & _COVER_OPEN)
            if cover_open != self._cover_open:
                self._cover_open = cover_open
                self._events.add("cover_open" if cover_open else "cover_closed")
        if self._answers == 3:
            if self._void:
                self._void = False
                self._waiting.insert(0, (None, bytes(wire.CHUNK_MAX) + _FEED_AND_CUT))
            if self._cover_open:
                self.state = "cover_open"
            elif self._paper_out:
                self.state = "paper_out"
            else:
                self.state = "error" if self._error else "ok"
