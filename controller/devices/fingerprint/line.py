"""The serial object beneath the Adafruit library: verified packets, deadlines, resync.

The library is given whole, checked packets and nothing else. What it does badly is done here:

* it never verifies a sum: ``Framer`` does, before the library sees a byte;
* it recurses once per data packet (RecursionError at 32-byte packets): a transfer is collected
  here and handed over as one long end packet;
* a refused ``get_fpdata`` or a refusal shorter than the expected answer fails in it with an
  UnboundLocalError or a bare RuntimeError: the refusal is raised here, with its code;
* every call blocks: every read here ends at the deadline of the job.

All failures are ``DeviceFault``; they pass through the library, which catches nothing.
"""

from __future__ import annotations

import threading
import time

import serial

from controller.devices.fingerprint.packets import ACK, DATA, END, BadPacket, Framer, Packet
from controller.fault import DeviceFault
from edge.journal.events import Device, FaultCode

REPLY_S = 3.0
"""The slowest command of the manual answers within 1 s; the machine at either end may be busy."""
STALL_S = 0.3
"""A sensor that has begun to answer pauses for some milliseconds at most."""
QUIET_S = 0.03
POLL_S = 0.02
UPLOADS = (0x08, 0x0A)
"""UpChar and UpImage: the acknowledgement is followed by data packets."""
HANDSHAKE = b"\x55"
"""Sent by the sensor when it has started."""


class Refused(DeviceFault):
    """The sensor answered, and the answer was no."""

    def __init__(self, command: int, code: int) -> None:
        super().__init__(
            Device.FINGERPRINT, FaultCode.REFUSED, f"command {command:#04x}: code {code:#04x}"
        )
        self.reply = code


def fault(code: FaultCode, detail: str) -> DeviceFault:
    return DeviceFault(Device.FINGERPRINT, code, detail)


class PacketLine:
    """Speaks like a ``busio.UART`` to the library. Used by one thread; ``interrupt`` by any."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._framer = Framer()
        self._ready = b""
        self.command = 0
        self._data_follows = False
        self._unsettled = True
        self._interrupted = threading.Event()
        self._deadline = 0.0
        self.reply_s = REPLY_S
        self.last_code = 0
        """Confirmation code of the last acknowledgement."""
        self.packet_bytes: int | None = None
        """Payload of every data packet but the last, when known."""

    def begin(self, deadline: float) -> None:
        """A job begins; ``deadline`` on the monotonic clock ends all of its reads."""
        self._deadline = deadline
        self._interrupted.clear()

    def interrupt(self) -> None:
        """End the job under way: nobody waits for it any more."""
        self._interrupted.set()

    # ---- what the library calls ------------------------------------------------------------

    def write(self, data: bytes | bytearray) -> None:
        """Send one command packet."""
        self._settle()
        self.command = data[9]
        self._ready, self._data_follows, self.last_code = b"", False, 0
        self._unsettled = True
        self._port.write(data)

    def read(self, count: int) -> bytes:
        """``count`` bytes of the answer. The library asks for whole acknowledgements, and for data
        packets in parts (head, payload, sum)."""
        if not self._ready:
            self._ready = self._collected() if self._data_follows else self._acknowledged(count)
        piece, self._ready = self._ready[:count], self._ready[count:]
        return piece

    # ---- answers ---------------------------------------------------------------------------

    def _acknowledged(self, expected: int) -> bytes:
        packet = self._packet(self.reply_s, FaultCode.NO_ANSWER)
        if packet.kind != ACK or not packet.payload:
            raise fault(FaultCode.BAD_DATA, f"type {packet.kind:#04x} instead of an answer")
        self.last_code = packet.payload[0]
        wire = packet.encoded()
        if self.last_code and (self.command in UPLOADS or len(wire) != expected):
            self._unsettled = False
            raise Refused(self.command, self.last_code)
        if len(wire) != expected:
            raise fault(FaultCode.BAD_DATA, f"answer of {len(wire)} bytes, expected {expected}")
        self._data_follows = self.command in UPLOADS
        self._unsettled = self._data_follows
        return wire

    def _collected(self) -> bytes:
        """All data packets of a transfer as one end packet."""
        data = bytearray()
        while True:
            packet = self._packet(STALL_S, FaultCode.HUNG)
            size = len(packet.payload)
            if packet.kind not in (DATA, END):
                raise fault(FaultCode.BAD_DATA, f"type {packet.kind:#04x} within a transfer")
            if self.packet_bytes and (
                size > self.packet_bytes or (packet.kind == DATA and size != self.packet_bytes)
            ):
                raise fault(FaultCode.BAD_DATA, f"data packet of {size} bytes")
            data += packet.payload
            if packet.kind == END:
                self._data_follows = False
                self._unsettled = False
                return Packet(END, bytes(data)).encoded()

    def _packet(self, patience_s: float, silence: FaultCode) -> Packet:
        """The next packet. Nothing for ``patience_s`` → ``silence``; half a packet → HUNG."""
        heard = time.monotonic()
        while True:
            try:
                packet = self._framer.take()
            except BadPacket as error:
                restarted = error.lost == HANDSHAKE
                code = FaultCode.RESTARTED if restarted else FaultCode.BAD_DATA
                raise fault(code, str(error)) from None
            if packet:
                return packet
            data = self._port.read(max(1, self._port.in_waiting))
            now = time.monotonic()
            if self._interrupted.is_set():
                raise fault(FaultCode.NO_ANSWER, "interrupted")
            if data:
                self._framer.feed(data)
                heard = now
            elif now - heard > (STALL_S if self._framer.pending else patience_s):
                raise fault(FaultCode.HUNG if self._framer.pending else silence, "silent")
            if now > self._deadline:
                late = FaultCode.SLOW if data or self._data_follows else silence
                raise fault(late, "deadline passed")

    # ---- resync ----------------------------------------------------------------------------

    def _settle(self) -> None:
        """Before a command: the line must be quiet. After a failed job its rest still comes."""
        stray = self._framer.clear() + self._port.read(self._port.in_waiting)
        if not self._unsettled:
            if stray == HANDSHAKE:
                raise fault(FaultCode.RESTARTED, "start-up handshake")
            if not stray:
                return
        heard = time.monotonic()
        while time.monotonic() - heard < QUIET_S:
            if self._port.read(max(1, self._port.in_waiting)):
                heard = time.monotonic()
            if time.monotonic() > self._deadline or self._interrupted.is_set():
                raise fault(FaultCode.SLOW, "the line does not get quiet")
        self._unsettled = False
