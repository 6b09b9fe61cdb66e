"""Every known fault of adafruit-circuitpython-fingerprint 2.2.25, bare and over our serial object.

The bare half shows that the fault is there (if an update mends it, the test says so and our
precaution can go); the other half shows that it cannot reach the station. Both halves speak over
a real pty with prepared answers.
"""

from __future__ import annotations

import os
import pty
import threading
import time
import tty
from collections.abc import Iterator

import pytest
import serial

from controller.devices.fingerprint.line import POLL_S, PacketLine
from controller.devices.fingerprint.maker import library
from controller.fault import DeviceFault
from edge.journal.events import FaultCode
from hw.twins.finger.packets import ACK, encoded, next_command, transfer
from tests.patience import CEILING_S

OK = encoded(ACK, b"\0")
PARAMETERS = encoded(ACK, bytes(17))
VFY_PWD, READ_SYS_PARA, UP_IMAGE, UP_CHAR, MATCH = 0x13, 0x0F, 0x0A, 0x08, 0x03


class Wire:
    """A pty whose far end gives a prepared answer to each command code; silence to the others."""

    def __init__(self) -> None:
        self.answers: dict[int, bytes] = {VFY_PWD: OK, READ_SYS_PARA: PARAMETERS}
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.port = serial.Serial(os.ttyname(self._slave), 57600, timeout=POLL_S)
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        buffer = bytearray()
        while data := os.read(self._master, 4096):
            buffer += data
            while command := next_command(buffer):
                if command[0] == 0xFF:
                    return
                rest = self.answers.get(command[0], b"")
                while rest:
                    rest = rest[os.write(self._master, rest) :]

    def say(self, unasked: bytes) -> None:
        """Send bytes nobody asked for and see them arrive."""
        os.write(self._master, unasked)
        deadline = time.monotonic() + 5
        while self.port.in_waiting < len(unasked) and time.monotonic() < deadline:
            time.sleep(0.001)

    def close(self) -> None:
        self.port.write(encoded(0x01, b"\xff"))
        while self._thread.is_alive():
            self.port.reset_input_buffer()  # the far end may still be at an answer nobody read
            self._thread.join(0.01)
        self.port.close()
        os.close(self._master)
        os.close(self._slave)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def bare(wire: Wire) -> library.Adafruit_Fingerprint:
    wire.port.timeout = 0.3
    return library.Adafruit_Fingerprint(wire.port)


def verified(wire: Wire, deadline_s: float = 5.0) -> library.Adafruit_Fingerprint:
    line = PacketLine(wire.port)
    line.begin(time.monotonic() + deadline_s)
    return library.Adafruit_Fingerprint(line)


def test_a_corrupted_byte_passes_the_bare_library_and_not_ours(wire: Wire) -> None:
    data = bytes(range(256)) * 2
    stream = bytearray(OK + b"".join(transfer(data, 128)))
    stream[len(OK) + 9 + 40] ^= 0x10
    wire.answers[UP_IMAGE] = bytes(stream)
    damaged = bytes(bare(wire).get_fpdata("image"))
    assert len(damaged) == len(data)
    assert damaged != data
    ours = verified(wire)
    with pytest.raises(DeviceFault) as caught:
        ours.get_fpdata("image")
    assert caught.value.code is FaultCode.BAD_DATA


def test_a_corrupted_acknowledgement_passes_the_bare_library_and_not_ours(wire: Wire) -> None:
    found = bytearray(encoded(ACK, b"\0\0\x07\0\x64"))
    found[11] ^= 0x01  # the slot found: 7 becomes 6
    wire.answers[0x04] = bytes(found)
    careless = bare(wire)
    assert careless.finger_search() == library.OK
    assert careless.finger_id == 6
    ours = verified(wire)
    with pytest.raises(DeviceFault) as caught:
        ours.finger_search()
    assert caught.value.code is FaultCode.BAD_DATA


def test_a_big_image_in_small_packets_overflows_the_bare_librarys_stack_and_not_ours(
    wire: Wire,
) -> None:
    image = bytes(index * 7 & 0xFF for index in range(36_864))
    wire.answers[UP_IMAGE] = OK + b"".join(transfer(image, 32))
    ours = verified(wire)
    assert bytes(ours.get_fpdata("image")) == image
    recursive = bare(wire)
    with pytest.raises(RecursionError):
        recursive.get_fpdata("image")


@pytest.mark.parametrize(("buffer", "command"), [("image", UP_IMAGE), ("char", UP_CHAR)])
def test_a_refused_transfer_leaves_the_bare_library_without_a_variable(
    wire: Wire, buffer: str, command: int
) -> None:
    wire.answers[command] = encoded(ACK, b"\x0f")
    refused = bare(wire)
    with pytest.raises(UnboundLocalError):
        refused.get_fpdata(buffer)
    ours = verified(wire)
    with pytest.raises(DeviceFault, match="code 0x0f") as caught:
        ours.get_fpdata(buffer)
    assert caught.value.code is FaultCode.REFUSED


def test_a_refusal_shorter_than_the_answer_is_a_refusal(wire: Wire) -> None:
    """The bare library waits for bytes that never come and calls it a failed read."""
    wire.answers[0x1D] = encoded(ACK, b"\x01")
    blind = bare(wire)
    with pytest.raises(RuntimeError, match="Failed to read"):
        blind.count_templates()
    ours = verified(wire)
    with pytest.raises(DeviceFault, match="code 0x01") as caught:
        ours.count_templates()
    assert caught.value.code is FaultCode.REFUSED


def test_compare_templates_gives_a_tuple_so_we_search_instead(wire: Wire) -> None:
    wire.answers[MATCH] = encoded(ACK, b"\0\0\x64")
    wire.answers[0x04] = encoded(ACK, b"\0\0\x07\0\x64")
    ours = verified(wire)
    ours.compare_templates()
    assert ours.confidence == (100,)
    ours.finger_search()
    assert (ours.finger_id, ours.confidence) == (7, 100)


def test_silence_is_a_bare_runtime_error_there_and_a_fault_with_a_code_here(wire: Wire) -> None:
    silent = bare(wire)
    with pytest.raises(RuntimeError, match="Failed to read"):
        silent.get_image()
    ours = verified(wire)
    with pytest.raises(DeviceFault) as caught:
        ours.get_image()
    assert caught.value.code is FaultCode.NO_ANSWER


def test_a_call_that_would_block_ends_at_the_deadline(wire: Wire) -> None:
    ours = verified(wire, deadline_s=0.4)
    begun = time.monotonic()
    with pytest.raises(DeviceFault):
        ours.get_image()
    assert time.monotonic() - begun > 0.2


def test_a_call_nobody_waits_for_any_more_is_interrupted(wire: Wire) -> None:
    line = PacketLine(wire.port)
    line.begin(time.monotonic() + CEILING_S)
    ours = library.Adafruit_Fingerprint(line)
    line.reply_s = CEILING_S
    threading.Timer(0.1, line.interrupt).start()
    begun = time.monotonic()
    with pytest.raises(DeviceFault, match="interrupted"):
        ours.get_image()
    assert time.monotonic() - begun < CEILING_S


def test_what_a_broken_transfer_left_on_the_line_does_not_reach_the_next_answer(
    wire: Wire,
) -> None:
    half = OK + b"".join(transfer(bytes(1000), 128))
    wire.answers[UP_IMAGE] = half[:300] + bytes(3) + half[300:]
    ours = verified(wire)
    with pytest.raises(DeviceFault):
        ours.get_fpdata("image")
    assert ours.verify_password() == library.OK


def test_the_start_up_handshake_between_two_commands_means_a_restart(wire: Wire) -> None:
    ours = verified(wire)
    wire.say(b"\x55")
    with pytest.raises(DeviceFault) as caught:
        ours.verify_password()
    assert caught.value.code is FaultCode.RESTARTED


def test_the_start_up_handshake_before_an_answer_means_a_restart(wire: Wire) -> None:
    """It came just as the command was sent."""
    ours = verified(wire)
    wire.answers[0x01] = b"\x55" + OK
    with pytest.raises(DeviceFault) as caught:
        ours.get_image()
    assert caught.value.code is FaultCode.RESTARTED


def test_other_bytes_between_two_commands_are_thrown_away(wire: Wire) -> None:
    ours = verified(wire)
    wire.say(b"\xef\x01\xff\x55")
    assert ours.verify_password() == library.OK
