"""The ESC/POS printer on a UART: jobs in chunks, each written once, and proof of printing.

A job is (id, number of chunks, digest). Every chunk is one complete ESC/POS command. It counts
once the UART has drained (``txdone``); an older index is answered without writing. After the last
chunk ``GS r 1`` (transmit paper sensor status) goes out: the printer works its buffer in order,
so the answer proves that everything before it was printed. The last jobs done are kept in flash.

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
sent then: it would throw away what waits in the printer's line buffer. Worst case: the one chunk
under way at the reset (one band; at full width three rows at most) appears twice.

Command reference: Epson ESC/POS, "DLE EOT", "GS r", "GS v 0". Status bytes tell themselves apart by
fixed bits: DLE EOT answers 0xx1xx10, GS r answers 0xx0xxxx.
"""

import asyncio
import time

import machine

import flash
import pins
import wire
from events import Events
from supervisor import Pulse

TYPE_CHECKING = False
if TYPE_CHECKING:
    Job = tuple[int, int, str]

BAUD = 115200
POLL_MS = 250
ANSWER_MS = 400
SILENT_AFTER = 6
STUCK_MS = 5000
PROOF_AGAIN_MS = 15000
JOBS_KEPT = 8
ASK_EVERY_BYTES = 512
WINDOW_BYTES = 1536
"""Less than the smallest buffers of such printers (4 kB), however fast the line is."""

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
            flow=machine.UART.CTS,
            timeout=0,
            txbuf=256,
            rxbuf=64,
        )
        self._events = events
        self._path = path
        self._pulse = pulse
        self._done = [(int(job), str(digest)) for job, digest in flash.load(path)]
        now = time.ticks_ms()
        # the line
        self._out = memoryview(b"")
        self._busy = False
        self._chunk_out = False
        self._moved = now
        self._one = bytearray(1)
        # the job
        self._job: "Job" = (0, 0, "")
        self.next = 0
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
        self._send(bytes(wire.CHUNK_MAX))

    # ---- jobs ------------------------------------------------------------------------------

    def begin(self, job: int, total: int, digest: str, first: int) -> "tuple[int, bool]":
        """Make this the current job; gives the next chunk wanted and whether all is printed.

        ``first`` is where the Pi would go on; it counts when this Pico does not know the job
        (it was reset). A job given up half-way is fed out and cut off before another starts.
        """
        wanted = (job, total, digest)
        if self._job != wanted:
            half_way = self.next < self._job[1] and (self.next > 0 or self._chunk_out)
            self._chunk_out = False
            if half_way:
                self._send(_FEED_AND_CUT)
            self._job = wanted
            self._void = False
            self.next = total if wanted in self._proofs else min(first, total)
        return self.next, self.done()

    def job_id(self) -> int:
        """The current job's id, 0 for none."""
        return self._job[0]

    def done(self) -> bool:
        """Whether all of the current job is printed."""
        return (self._job[0], self._job[2]) in self._done

    def chunk(self, index: int, data: bytes) -> None:
        """Start writing chunk ``index`` of the current job.

        Anything but the next chunk wanted is left alone, as is one that is being written, and
        all while the printer is off-line or owes an answer about its state.
        """
        able = self.state in ("ok", "error") and self._unseen < WINDOW_BYTES
        if index == self.next and index < self._job[1] and not self._chunk_out and able:
            self._send(data)
            self._chunk_out = True
            self._unseen += len(data)

    async def settle(self, hold_ms: int) -> None:
        """Return when the chunk under way has drained, after ``hold_ms`` at the latest."""
        started = time.ticks_ms()
        self._write()
        while self._chunk_out and time.ticks_diff(time.ticks_ms(), started) < hold_ms:
            await asyncio.sleep_ms(1)
            self._write()

    # ---- the line --------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            self._pulse.beat()
            self._write()
            self._read()
            if not self._busy:
                self._prove()
                self._poll()
            elif self.state in ("ok", "unknown") and self._stuck():
                self.state = "error"
            await asyncio.sleep_ms(5)

    def _send(self, data: bytes) -> None:
        self._out = memoryview(bytes(self._out) + data)
        self._busy = True
        self._moved = time.ticks_ms()

    def _stuck(self) -> bool:
        return time.ticks_diff(time.ticks_ms(), self._moved) > STUCK_MS

    def _write(self) -> None:
        if not self._busy:
            return
        if len(self._out):
            written = self._uart.write(self._out)
            if written:
                self._out = self._out[written:]
                self._moved = time.ticks_ms()
        if not len(self._out) and self._uart.txdone():
            self._busy = False
            if self._chunk_out:
                self._chunk_out = False
                self.next += 1
                self._poll()

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
            self._keep_done(self._proofs.pop(0))

    # ---- proof -----------------------------------------------------------------------------

    def _prove(self) -> None:
        """Ask once everything is sent; again when a working printer owes the answer for long."""
        if not 0 < self.next == self._job[1] or self.done():
            return
        now = time.ticks_ms()
        owed = self._job in self._proofs
        late = self.state == "ok" and time.ticks_diff(now, self._proof_at) > PROOF_AGAIN_MS
        if not owed or late:
            # What a job done still owes was lost on the line, or it would have come with the rest.
            self._proofs = [job for job in self._proofs if (job[0], job[2]) not in self._done]
            self._proofs.append(self._job)
            self._proof_at = now
            self._send(_ASK_PROOF)

    def _keep_done(self, job: "Job") -> None:
        if (job[0], job[2]) in self._done:
            return
        self._done = self._done[1 - JOBS_KEPT :]
        self._done.append((job[0], job[2]))
        flash.store(self._path, [[number, digest] for number, digest in self._done])

    # ---- status ----------------------------------------------------------------------------

    def _poll(self) -> None:
        now = time.ticks_ms()
        waited = time.ticks_diff(now, self._asked_at)
        if self._asked and waited > ANSWER_MS:
            self._asked = False
            self._unanswered += 1
            if self._unanswered >= SILENT_AFTER:
                self._fall_silent()
        every_ms = 0 if self.state == "unknown" or self._unseen >= ASK_EVERY_BYTES else POLL_MS
        if not self._asked and waited >= every_ms:
            self._ask_paper = not self._ask_paper
            self._send(_ASK_PAPER if self._ask_paper else _ASK_OFFLINE_CAUSE)
            self._asked = True
            self._asked_at = now

    def _fall_silent(self) -> None:
        """No answer: paper and cover are unknown, and what it had buffered may be lost."""
        self.state = "silent"
        self._answers = 0
        self._proofs = []
        if 0 < self.next < self._job[1]:
            self.next = 0
            self._void = True

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
                self._send(bytes(wire.CHUNK_MAX) + _FEED_AND_CUT)
            if self._cover_open:
                self.state = "cover_open"
            elif self._paper_out:
                self.state = "paper_out"
            else:
                self.state = "error" if self._error else "ok"
