"""One connected R503, blocking: the Adafruit library's calls with its failures made ours.

Runs on the adapter's worker thread only. Every method ends by the deadline given to ``job`` and
raises nothing but ``DeviceFault``.
"""

from __future__ import annotations

import contextlib
import struct
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import serial

from controller.devices.fingerprint.line import POLL_S, PacketLine, Refused, fault
from controller.devices.fingerprint.maker import library
from controller.devices.opening import refusal
from controller.devices.ports import FingerImage
from controller.fault import DeviceFault
from edge.journal.events import FaultCode

SIDE_PX = 192
DPI = 508
IMAGE_BYTES = SIDE_PX * SIDE_PX // 2
BAUDS = (57600, 9600, 19200, 38400)
"""Where a sensor is looked for after the wanted rate: the factory's default first."""
PROBE_S = 0.12
OK, NO_FINGER, NOT_FOUND = 0x00, 0x02, 0x09
"""Confirmation codes that are no failures."""
POOR_IMAGE = (0x06, 0x07)
"""Img2Tz: too messy, too few features."""
PARAM_BAUD, PARAM_PACKET = 4, 6
LARGEST_PACKET = 3
"""SetSysPara's value for 256 bytes a packet: 4 % faster than the default 128."""
TRIES = 3
"""How often a command is sent whose answer came damaged. All of ours may be repeated."""
DAMAGED = (FaultCode.BAD_DATA, FaultCode.HUNG)
MAKER_ERRORS = (RuntimeError, UnboundLocalError, struct.error, IndexError)
"""What the library raises when an answer is not the one it expects."""
COLOURS = {"off": 1, "red": 1, "blue": 2, "purple": 3, "green": 4}
LED_ON, LED_OFF = 3, 4


class Sensor:
    """Connect once, then jobs: ``with sensor.job(seconds): sensor.capture()``."""

    def __init__(self, path: str, baud: int) -> None:
        self._port = serial.Serial(None, baud, timeout=POLL_S, write_timeout=1.0, exclusive=True)
        self._port.port = path
        self._line = PacketLine(self._port)
        self._maker: library.Adafruit_Fingerprint
        self._has_green = True
        self._template_made = False

    def connect(self, seconds: float) -> None:
        """Find the sensor at whatever rate it has and set it to ours.

        Raises DeviceFault: one of ``opening.AT_THE_DOOR``, or NO_ANSWER, REFUSED, BAD_DATA.
        """
        try:
            self._port.open()
        except (OSError, termios.error) as error:
            code, words = refusal(error)
            raise fault(code, f"{self._port.port}: {words}") from None
        with self.job(seconds):
            self._find(self._port.baudrate)

    def close(self) -> None:
        with contextlib.suppress(OSError, termios.error):
            self._port.close()

    def interrupt(self) -> None:
        self._line.interrupt()

    @contextlib.contextmanager
    def job(self, seconds: float) -> Iterator[None]:
        """Bounds all calls within to ``seconds`` and turns every failure into ``DeviceFault``."""
        self._line.begin(time.monotonic() + seconds)
        try:
            yield
        except DeviceFault:
            raise
        except (OSError, termios.error) as error:  # SerialException is an OSError
            raise fault(FaultCode.DISCONNECTED, refusal(error)[1]) from None
        except MAKER_ERRORS as error:
            code = FaultCode.REFUSED if self._line.last_code else FaultCode.BAD_DATA
            raise fault(code, f"{type(error).__name__} in the library") from None

    # ---- connecting ------------------------------------------------------------------------

    def _find(self, wanted: int) -> None:
        last: DeviceFault | None = None
        for baud in dict.fromkeys((wanted, *BAUDS)):
            self._port.baudrate = baud
            try:
                self._greet()
                break
            except DeviceFault as error:
                if error.code not in (FaultCode.NO_ANSWER, FaultCode.BAD_DATA, FaultCode.HUNG):
                    raise
                last = error
        else:
            assert last is not None
            raise fault(FaultCode.NO_ANSWER, f"at no rate; {last.detail}")
        if self._maker.data_packet_size != LARGEST_PACKET:
            with contextlib.suppress(Refused):
                self._maker.set_sysparam(PARAM_PACKET, LARGEST_PACKET)
        if baud != wanted:
            self._maker.set_sysparam(PARAM_BAUD, wanted // 9600)
            self._port.baudrate = wanted
            self._greet()
        self._line.packet_bytes = 32 << self._maker.data_packet_size

    def _greet(self) -> None:
        """The library's constructor asks for the password and the parameters."""
        patience, self._line.reply_s = self._line.reply_s, PROBE_S
        try:
            self._maker = library.Adafruit_Fingerprint(self._line)
        finally:
            self._line.reply_s = patience

    # ---- jobs ------------------------------------------------------------------------------

    def alive(self) -> None:
        self._say(self._maker.verify_password)

    def capture(self) -> bool:
        """Take an image; False when no finger lies on the glass."""
        self._template_made = False
        return self._say(self._maker.get_image, also=NO_FINGER) == OK

    def image(self) -> FingerImage:
        """Transfer the image taken last; again when a packet came damaged."""
        wire = bytes(self._again(lambda: self._maker.get_fpdata("image")))
        if len(wire) != IMAGE_BYTES:
            raise fault(FaultCode.BAD_DATA, f"image of {len(wire)} bytes")
        packed = np.frombuffer(wire, dtype=np.uint8)
        levels = np.column_stack((packed >> 4, packed & 15)).reshape(SIDE_PX, SIDE_PX)
        return FingerImage(levels * np.uint8(17), DPI)

    def match(self) -> int | None:
        """Slot of the stored template that the image taken last matches; None also when the image
        is too poor for a template, for then it matches nothing."""
        try:
            self._make_template()
            code = self._say(self._maker.finger_search, also=NOT_FOUND)
        except Refused as refusal:
            # some modules send "not found" without the empty page that the library waits for
            if refusal.reply not in (NOT_FOUND, *POOR_IMAGE):
                raise
            return None
        return int(self._maker.finger_id) if code == OK else None

    def keep(self, slot: int) -> None:
        """The manual's way into the library: two character files, one model, store. An image too
        poor for a template leaves the slot empty: that finger cannot be recognised again."""
        try:
            self._make_template()
        except Refused as refusal:
            if refusal.reply not in POOR_IMAGE:
                raise
            self._say(lambda: self._maker.delete_model(slot))
            return
        self._say(lambda: self._maker.image_2_tz(2))
        self._say(self._maker.create_model)
        self._say(lambda: self._maker.store_model(slot))

    def _make_template(self) -> None:
        """Image taken last → character buffer 1, once an image."""
        if not self._template_made:
            self._say(lambda: self._maker.image_2_tz(1))
            self._template_made = True

    def wipe(self) -> None:
        self._say(self._maker.empty_library)

    def ring(self, colour: str) -> None:
        """ "off" or a colour; older modules have no green and show purple instead."""
        if colour == "green" and not self._has_green:
            colour = "purple"
        mode = LED_OFF if colour == "off" else LED_ON
        try:
            self._say(lambda: self._maker.set_led(COLOURS[colour], mode))
        except Refused:
            if colour != "green":
                raise
            self._has_green = False
            self.ring("purple")

    def report(self) -> str:
        """One line for the technician."""
        begun = time.monotonic()
        self.alive()
        trip_ms = (time.monotonic() - begun) * 1000
        self._again(self._maker.read_sysparam)
        self._say(self._maker.count_templates)
        return (
            f"{self._port.baudrate} baud, {32 << self._maker.data_packet_size} bytes a packet, "
            f"{self._maker.template_count} templates of {self._maker.library_size}, "
            f"answer in {trip_ms:.0f} ms"
        )

    def _say(self, command: Callable[[], Any], also: int = OK) -> int:
        """Run a command of the library; its code is OK or ``also``, else ``Refused``."""
        code = int(self._again(command))
        if code not in (OK, also):
            raise Refused(self._line.command, code)
        return code

    def _again(self, command: Callable[[], Any]) -> Any:
        """Run ``command``; when its answer came damaged or cut off (a damaged length looks so),
        again. What went wrong first is what is told."""
        first: DeviceFault | None = None
        for _ in range(TRIES):
            try:
                return command()
            except Refused:
                raise
            except DeviceFault as error:
                first = first or error
                if error.code not in DAMAGED:
                    break
        assert first is not None
        raise first
