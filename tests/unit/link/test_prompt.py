"""A Pico at MicroPython's prompt is found and reset by the link; one that is merely slow is not."""

from __future__ import annotations

import random

from controller.devices.peripherals.link import LOST_AFTER_S, Down, Happening, Link, Up
from controller.devices.peripherals.repl import LEAVE, MAX_PAUSE_S, NUDGE
from firmware import wire

BANNER = b'MicroPython v1.25.0 on 2025-04-15\r\nType "help()" for more information.\r\n>>> '


class Peer:
    """A link in hand-made time; ``sent`` is what it sent since the last look."""

    def __init__(self) -> None:
        self.link = Link(rng=random.Random(1))
        self.now = 0.0
        self.happened: list[Happening] = []
        self.link.plugged(self.now)
        self.sent = self.hears(b"")

    def hears(self, data: bytes) -> bytes:
        out, happenings = self.link.step(self.now, data)
        self.happened += happenings
        return out

    def waits(self, seconds: float) -> bytes:
        """All that it sends until then, with nobody answering."""
        out, end = b"", self.now + seconds
        while (wake_at := self.link.wake_at()) is not None and wake_at <= end:
            self.now = max(self.now, wake_at)
            out += self.hears(b"")
        self.now = end
        return out

    def answered_hello(self) -> None:
        seq = wire.decode(self.sent.splitlines()[-1])[0]
        who = ["b00710ad", "f1f1f1f1", wire.contract_hash(), "power"]
        self.sent = self.hears(wire.encode([seq, "ok", *who]))
        assert self.link.up


def test_a_firmware_that_ends_under_the_link_is_reset_at_the_next_silence() -> None:
    peer = Peer()
    peer.answered_hello()
    peer.hears(b"\r\n" + BANNER)
    assert LEAVE in peer.waits(1.0)
    assert not peer.link.up
    assert any(isinstance(happening, Down) for happening in peer.happened)


def test_the_echo_of_our_own_frames_tells_the_prompt_too() -> None:
    peer = Peer()
    peer.hears(b">>> " + peer.sent.replace(b"\n", b"") * 3)
    assert LEAVE in peer.waits(1.0)


def test_a_raw_prompt_is_made_to_speak_and_then_left() -> None:
    """It says nothing by itself, and does not echo."""
    peer = Peer()
    assert NUDGE in peer.waits(LOST_AFTER_S + 1)
    peer.hears(b"\r\n" + BANNER)
    assert LEAVE in peer.waits(1.0)


def test_a_prompt_is_made_to_speak_until_it_was_heard() -> None:
    """A bad line loses bytes of both sides."""
    peer = Peer()
    for _ in range(3):
        assert NUDGE in peer.waits(LOST_AFTER_S + 1)
    peer.hears(b"\r\n" + BANNER)
    assert LEAVE in peer.waits(1.0)  # and this is lost, too
    assert NUDGE in peer.waits(LOST_AFTER_S + 1)
    peer.hears(b"\r\n" + BANNER)
    assert LEAVE in peer.waits(LOST_AFTER_S + 1)


def test_a_silent_or_noisy_firmware_is_never_interrupted() -> None:
    peer = Peer()
    peer.answered_hello()
    peer.hears(b"Traceback (most recent call last):\r\nOSError: 28\r\nflash: events.txt 28\n")
    peer.hears(b'[0,"eve')
    assert b"\x03" not in peer.waits(60.0)


def test_a_firmware_that_speaks_after_its_prompt_is_left_alone() -> None:
    peer = Peer()
    peer.hears(BANNER + b"\r\nMPY: soft reboot\r\n" + wire.encode([0, "boot", "b00710ad"]))
    assert b"\x03" not in peer.waits(1.0)


def test_a_pico_without_a_firmware_is_reset_more_and_more_seldom() -> None:
    peer = Peer()
    resets = 0
    for _ in range(600):
        peer.hears(b"\r\n>>> ")
        resets += peer.waits(1.0).count(LEAVE)
    assert 5 <= resets <= 5 + 600 / MAX_PAUSE_S
    assert not [happening for happening in peer.happened if isinstance(happening, Up)]
