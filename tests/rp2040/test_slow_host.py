"""A host that writes and reads little or nothing: the firmware drops answers, and never waits."""

from __future__ import annotations

from itertools import pairwise

from firmware import wire
from hw.twins.pico_board import BUTTONS
from tests.rp2040.pico import Pico

ROUNDS = 60
ROUND_MS = 100.0
READS_AFTER, READS_MS = 10, 2.0
FRAMES, PORT_KEEPS = 4, 512 + 256
ASKED_EVERY_MS = 250.0
LINE_WAITS_MS = 100.0
"""As in firmware/link.py."""
SAVING_MS = 200.0
"""64 events to flash, which stops the firmware whoever listens."""
PORT_WAITS_MS = 500.0
"""What a write waits for room at the port (MICROPY_HW_USB_CDC_TX_TIMEOUT)."""
LONGEST_MS = ASKED_EVERY_MS + SAVING_MS + LINE_WAITS_MS


def test_a_host_that_does_not_read_holds_nothing_up(pico: Pico) -> None:
    """The printer is asked for its state four times a second all the while."""
    began = pico.now_ms
    pico.usb_reads(False)
    for session in range(ROUNDS):
        pico.usb_write(wire.encode([2000 + session, "hello"]))
        pico.press(BUTTONS["ticket"], 60)
        pico.advance(ROUND_MS)
        if session % READS_AFTER == READS_AFTER - 1:
            pico.usb_reads(True)
            pico.advance(READS_MS)
            pico.usb_reads(False)
    asked = [event["t"] for event in pico.events if "uart" in event and event["t"] > began]
    pauses = [after - before for before, after in pairwise(asked)]
    assert max(*pauses, pico.now_ms - asked[-1]) < LONGEST_MS < ASKED_EVERY_MS + PORT_WAITS_MS
    pico.usb_reads(True)
    pico.advance(1000)
    pico.hello()


def test_frames_that_overfill_the_port_wait_their_turn(pico: Pico) -> None:
    """The longest ones, at once: more than what the chip keeps of its port's bytes (512 of stdin
    and 256 of USB), so the bus holds them back; no byte of any is lost.
    """
    session = 3000
    pico.hello(session=session)
    text = "x" * (wire.LINE_MAX - len(wire.encode([session + FRAMES, "echo", ""])))
    frames = [wire.encode([session + number, "echo", text]) for number in range(1, FRAMES + 1)]
    assert sum(map(len, frames)) > 2 * PORT_KEEPS
    before = len(pico.usb)
    pico.usb_write(b"".join(frames))
    pico.until(lambda: pico.usb[before:].count(b"\n") >= FRAMES, within_ms=1000)
    answers = [wire.decode(line) for line in pico.usb[before:].split(b"\n")[:FRAMES]]
    assert answers == [[session + number, "ok", text] for number in range(1, FRAMES + 1)]
