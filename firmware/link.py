"""The Pico's end of the link: reads command lines, acts once on each, answers.

Lines come over the USB serial port that also carries the REPL. Reading goes through ``poll`` and
single bytes, because ``read(n)`` on the Pico's stdin blocks until n bytes are there.
"""

import asyncio
import binascii
import io
import select
import sys
import time

import deflate

import wire
from buzzer import Buzzer
from events import Events
from lights import Lights
from printer import Printer
from sensors import Sensors
from supervisor import Pulse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Arguments = list[int | str]

IDLE_MS = 1000
RING_AGAIN_MS = 500
PORT_HOLDS = 256
"""Bytes that the port keeps for the host (shared/tinyusb/tusb_config.h, CFG_TUD_CDC_TX_BUFSIZE)."""
LINE_WAITS_MS = 100
"""How long a line that is begun waits for room; one for which there is none at all does not."""
_LINE_END = 10


class Refusal(Exception):
    """The answer is ``no``; the reason is one of ``wire.REFUSALS``."""


class Link:
    """``who`` is what ``hello`` answers; ``lid_closed`` gives the lid's present state."""

    def __init__(
        self,
        who: "Arguments",
        lights: Lights,
        buzzer: Buzzer,
        sensors: Sensors,
        printer: Printer,
        events: Events,
        lid_closed: "Callable[[], bool]",
        pulse: Pulse,
    ) -> None:
        self._who = who
        self._lights = lights
        self._buzzer = buzzer
        self._sensors = sensors
        self._printer = printer
        self._events = events
        self._lid_closed = lid_closed
        self._pulse = pulse
        self._lines = wire.Lines()
        self._repeats = wire.Repeats()
        self._heard = time.ticks_ms()
        self._listening = False
        self._rang = False
        self._rang_at = self._heard
        self._poll = select.poll()
        self._poll.register(sys.stdin.buffer, select.POLLIN)
        self._room = select.poll()
        self._room.register(sys.stdout.buffer, select.POLLOUT)
        self._stdin = asyncio.StreamReader(sys.stdin.buffer)
        self._unread = 0
        self._since_answer = 0
        self._torn = False
        self._one = bytearray(1)
        self._chunk = bytearray(wire.LINE_MAX)
        self._ops: "dict[str, Callable[[Arguments], Arguments]]" = {
            "hello": self._hello,
            "nop": self._nop,
            "echo": self._echo,
            "show": self._show,
            "play": self._play,
            "climate": self._climate,
            "next": self._next,
            "ack": self._ack,
            "half_way": self._half_way,
            "begin": self._begin,
            "done": self._done,
        }

    async def run(self) -> None:
        self._write(wire.encode([0, "boot", self._who[0]]))
        while True:
            self._pulse.beat()
            if time.ticks_diff(time.ticks_ms(), self._heard) >= wire.LEASE_MS:
                self._listening = False
            try:
                await asyncio.wait_for_ms(self._stdin.readinto(self._one), IDLE_MS)
            except asyncio.TimeoutError:
                continue
            for line in self._lines.feed(self._take()):
                await self._line(line)

    def ring(self) -> None:
        """Tell the Pi that there is an event to fetch: at once, then now and then until it speaks.

        Only to a Pi that was heard of late (``run`` notices when that is over, long before the
        ticks wrap), and not at every turn: what nobody reads fills the port.
        """
        now = time.ticks_ms()
        waits = self._rang and time.ticks_diff(now, self._rang_at) < RING_AGAIN_MS
        if self._listening and not waits:
            self._rang = True
            self._rang_at = now
            self._write(wire.encode([0, "events"]))

    def _take(self) -> bytes:
        """What is there to read up to the line's end, beginning with the byte in ``_one``.

        Byte by byte, since a read of more would block until all of them are there; so each
        instruction in the loop costs a frame some hundred times.
        """
        chunk, one, poll = self._chunk, self._one, self._poll.poll
        readinto = sys.stdin.buffer.readinto
        size = 0
        while size < wire.LINE_MAX:
            byte = one[0]
            chunk[size] = byte
            size += 1
            if byte == _LINE_END or not poll(0):
                break
            readinto(one)
        return bytes(memoryview(chunk)[:size])

    async def _line(self, line: bytes) -> None:
        try:
            message = wire.decode(line)
        except ValueError:
            return
        self._heard = time.ticks_ms()
        self._listening = True
        self._rang = False
        repeats = self._repeats
        verdict = repeats.verdict(message)
        if verdict == repeats.ACT:
            if message[1] != "hello":
                self._unread = self._since_answer  # it has read the answer before: it counts on
            repeats.answer = wire.encode(await self._answer(message))
        if verdict == repeats.STRANGER:
            self._write(wire.encode([message[0], "no", "hello"]))
        elif verdict != repeats.IGNORE:
            self._write(repeats.answer)
            if verdict == repeats.ACT:
                self._since_answer = 0

    async def _answer(self, message: "Arguments") -> "Arguments":
        seq, op, arguments = message[0], message[1], message[2:]
        try:
            if op == "print":
                return [seq, "ok"] + await self._print(arguments)
            if op not in self._ops:
                raise Refusal("op")
            return [seq, "ok"] + self._ops[str(op)](arguments)
        except Refusal as refusal:
            return [seq, "no", str(refusal.args[0])]

    # ---- commands --------------------------------------------------------------------------

    def _hello(self, arguments: "Arguments") -> "Arguments":
        return self._who

    def _nop(self, arguments: "Arguments") -> "Arguments":
        return []

    def _echo(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, str)
        return arguments

    def _show(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, str)
        if arguments[0] not in wire.SCENES:
            raise Refusal("args")
        self._lights.show(str(arguments[0]))
        return [self._printer.state, "closed" if self._lid_closed() else "open"]

    def _play(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, str)
        if arguments[0] not in wire.SOUNDS:
            raise Refusal("args")
        self._buzzer.play(str(arguments[0]))
        return []

    def _climate(self, arguments: "Arguments") -> "Arguments":
        return [self._sensors.centi_celsius, self._sensors.millivolt]

    def _next(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, str, int)
        event = self._events.after(str(arguments[0]), int(arguments[1]))
        return [event.boot, event.no, event.kind, event.age_ms] if event else []

    def _ack(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, str, int)
        self._events.acknowledge(str(arguments[0]), int(arguments[1]))
        return []

    def _begin(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, int, int, str, int)
        job, total, digest, first = arguments
        if int(job) < 1 or int(total) < 1 or int(first) < 0:
            raise Refusal("args")
        self._printer.begin(int(job), int(total), str(digest), int(first))
        return self._printer.place() + [int(self._printer.done())]

    def _half_way(self, arguments: "Arguments") -> "Arguments":
        return [self._printer.half_way()]

    async def _print(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, int, int, str)
        job, index, text = arguments
        if job != self._printer.job_id():
            raise Refusal("job")
        self._printer.chunk(int(index), _unpacked(str(text)))
        await self._printer.settle(wire.PRINT_HOLD_MS)
        return self._printer.place()

    def _done(self, arguments: "Arguments") -> "Arguments":
        _expect(arguments, int)
        job = int(arguments[0])
        if job != self._printer.job_id():
            raise Refusal("job")
        return self._printer.place() + [int(self._printer.done())]

    def _write(self, line: bytes) -> None:
        """Send, where the port has room. Who does not read asks again; waiting for him stops the
        whole firmware for half a second a packet (shared/tinyusb/mp_usbd_cdc.c,
        ``mp_usbd_cdc_tx_strn``, MICROPY_HW_USB_CDC_TX_TIMEOUT).

        The port only tells whether one byte more has room. So a line goes out in one piece where
        the host has read enough, as its commands prove, else byte by byte; what of it is lost is
        ended by the next line's first byte.
        """
        if self._torn:
            line = b"\n" + line
        port, room, size = sys.stdout.buffer, self._room.poll, len(line)
        if not self._unread or self._unread + size <= PORT_HOLDS:
            port.write(line)
            sent = size
        else:
            sent = 0
            while sent < size and room(LINE_WAITS_MS if sent else 0):
                port.write(line[sent : sent + 1])
                sent += 1
        self._torn = sent < size
        self._unread = min(self._unread + sent, PORT_HOLDS)
        self._since_answer = min(self._since_answer + sent, PORT_HOLDS)


def _unpacked(text: str) -> bytes:
    """The chunk that ``print`` carries."""
    try:
        packed = io.BytesIO(binascii.a2b_base64(text))
        data = bytes(
            deflate.DeflateIO(packed, deflate.RAW, wire.DEFLATE_BITS).read(wire.CHUNK_MAX + 1)
        )
    except (ValueError, OSError, EOFError):
        raise Refusal("args")
    if not data or len(data) > wire.CHUNK_MAX:
        raise Refusal("args")
    return data


def _expect(arguments: "Arguments", *kinds: type) -> None:
    """Refuse arguments that are not of these types."""
    if len(arguments) != len(kinds):
        raise Refusal("args")
    for i in range(len(kinds)):
        if type(arguments[i]) is not kinds[i]:
            raise Refusal("args")
