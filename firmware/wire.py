"""The contract of the Pi-Pico link: one source file for CPython and MicroPython 1.25+.

A message is one line, ``[seq,"op",args...] crc32hex\\n``: a JSON array of integers and strings,
one space, the CRC-32 (IEEE 802.3, as in zlib) of the array's bytes as eight lower-case hex digits.

* At most ``LINE_MAX`` bytes with the line end, so that one line fits the 512 bytes that MicroPython
  keeps of stdin (``MICROPY_HW_STDIN_BUFFER_LEN``) while the firmware is busy.
* Strings are printable ASCII without quote and backslash: nothing is ever escaped, both
  interpreters write the same bytes, and a raw 0x03 (the REPL's interrupt) cannot occur.
* Integers fit MicroPython's 31-bit small ints: no heap use.
* Only the canonical form is accepted, so both interpreters give the same verdict on any line.

Commands go Pi to Pico, one at a time. ``hello`` opens a session with a random seq, each further
command has the next one; the answer repeats it with ``ok`` or ``no``. The last command repeated
gets the stored answer again, anything else out of turn gets nothing (``Repeats``): late
duplicates, even those of a session before, never act. Notices from the Pico have seq 0. ``OPS``
lists them all and is part of the contract's hash.

Printer data travels deflated (raw, RFC 1951, window ``DEFLATE_BITS``) and in base64: every
character costs the Pico some 50 us to read, and a paper is mostly white.

On a Pico the C functions ``json`` and ``binascii.crc32`` beat any binary codec in Python.
"""

import binascii
import hashlib
import json

LINE_MAX = 448
INT_MAX = 0x3FFFFFFF
CHUNK_MAX = 288
"""Bytes of printer data in one ``print``: 25 ms on the printer's line, while the next is read. What
does not deflate grows by five bytes, and is 392 characters of base64."""
DEFLATE_BITS = 9
"""The window, 512 bytes, is allocated for each chunk."""
LEASE_MS = 3000
"""Outputs go to their safe state after this long without ``show``."""
PRINT_HOLD_MS = 30
"""How long the Pico may hold back the answer to ``print`` until it has room for another chunk."""
SESSION_MAX = 0x1FFFFFFF
"""``hello`` has a random seq from 1 to this; half of all seqs are left for its commands."""

OPS = (
    "hello -> boot firmware contract cause",
    "nop ->",
    "echo text -> text",
    "show scene -> printer lid",
    "play sound ->",
    "climate -> centi_celsius millivolt",
    "next boot no -> boot no kind age_ms | nothing",
    "ack boot no ->",
    "half_way -> job",
    "begin job total digest first -> next sent done",
    "print job index deflated -> next sent",
    "done job -> next sent done",
    "! boot boot_id",
    "! events",
)

SCENES = (
    "out_of_service",
    "ready",
    "calling",
    "look_here",
    "finger",
    "confirm",
    "done",
    "trouble",
    "locate",
)
SOUNDS = ("click", "call", "good", "bad")
EVENTS = (
    "ticket",
    "confirm",
    "lid_open",
    "lid_closed",
    "paper_out",
    "paper_ok",
    "cover_open",
    "cover_closed",
)
PRINTER_STATES = ("unknown", "ok", "paper_out", "cover_open", "error", "silent")
"""``unknown``: not asked yet. ``silent``: it does not answer, which is never read as "ok".
``error``: it reports one, or takes no data."""
CAUSES = ("power", "watchdog", "command")
REFUSALS = ("hello", "op", "args", "job")
"""``hello``: no session yet. ``op``: unknown. ``args``: bad arguments. ``job``: not begun."""


def contract_hash() -> str:
    """First 16 hex digits of SHA-256 over everything both sides must agree on."""
    numbers = (LINE_MAX, INT_MAX, CHUNK_MAX, DEFLATE_BITS, LEASE_MS, PRINT_HOLD_MS, SESSION_MAX)
    parts = [str(number) for number in numbers]
    for names in (OPS, SCENES, SOUNDS, EVENTS, PRINTER_STATES, CAUSES, REFUSALS):
        parts.extend(names)
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return binascii.hexlify(digest).decode()[:16]


def encode(message: "list[int | str]") -> bytes:
    """The line of ``message`` (seq, op, arguments). ValueError when it breaks a rule above."""
    body = _canonical(message)
    line = body + b" %08x\n" % binascii.crc32(body)
    if len(line) > LINE_MAX:
        raise ValueError("line too long")
    return line


def decode(line: bytes) -> "list[int | str]":
    """The message of one ``line`` (with or without its line end). ValueError names the fault."""
    line = line.rstrip(b"\r\n")
    if len(line) >= LINE_MAX:
        raise ValueError("line too long")
    if len(line) < 10 or line[-9] != 32:
        raise ValueError("not a frame")
    body = line[:-9]
    if line[-8:] != b"%08x" % binascii.crc32(body):
        raise ValueError("crc")
    message = json.loads(body)
    if not isinstance(message, list) or _canonical(message) != body:
        raise ValueError("not canonical")
    return message


def _canonical(message: "list[int | str]") -> bytes:
    if len(message) < 2 or type(message[0]) is not int or type(message[1]) is not str:
        raise ValueError("no seq and op")
    if message[0] < 0:
        raise ValueError("seq")
    for item in message:
        if type(item) is int:
            if not -INT_MAX <= item <= INT_MAX:
                raise ValueError("integer too large")
        elif type(item) is not str:
            raise ValueError("not an integer or string")
    text = json.dumps(message, separators=(",", ":"))
    body = text.encode()
    # Either writes control characters with a backslash; CPython also what is not ASCII, where
    # MicroPython makes it longer. (``min`` and ``max`` of the bytes cost a Pico a millisecond.)
    if b"\\" in body or b"\x7f" in body or len(body) != len(text):
        raise ValueError("string not plain ASCII")
    return body


class Lines:
    """Cuts a byte stream into lines. A line over ``LINE_MAX`` is dropped whole."""

    def __init__(self) -> None:
        self._part = b""
        self._skipping = False

    def feed(self, data: bytes) -> "list[bytes]":
        """The lines completed by ``data``, without line ends, empty ones left out."""
        lines = []
        pieces = data.split(b"\n")
        for i in range(len(pieces)):
            if not self._skipping:
                self._part += pieces[i]
                if len(self._part) >= LINE_MAX:
                    self._part = b""
                    self._skipping = True
            if i < len(pieces) - 1:
                if self._part:
                    lines.append(self._part)
                self._part = b""
                self._skipping = False
        return lines


class Repeats:
    """The Pico's memory of the last command, so that a repeat is answered but does not act.

    ``hello`` with another seq starts over; every other command needs a session.
    """

    ACT = 0
    REPEAT = 1
    IGNORE = 2
    STRANGER = 3

    def __init__(self) -> None:
        self._session = 0
        self._seq = 0
        self.answer = b""

    def verdict(self, message: "list[int | str]") -> int:
        """What to do with a command: ACT on it, REPEAT ``answer``, IGNORE, or STRANGER (no hello).

        After ACT the caller stores the answer's line in ``answer``.
        """
        seq = int(message[0])
        if message[1] == "hello" and seq != self._session and seq > 0:
            self._session = seq
        elif not self._session:
            return self.STRANGER
        elif seq == self._seq:
            return self.REPEAT if self.answer else self.IGNORE
        elif seq != self._seq + 1:
            return self.IGNORE
        self._seq = seq
        self.answer = b""
        return self.ACT
