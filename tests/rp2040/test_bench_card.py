"""The bench's card (hw/bench/card) on the chip that it is made for: its lines, its eye on the ring.

The loopback (hw/bench/loopback.py) runs the same program where MicroPython has no PIO and no pins;
here both are the chip's, in simulated time, and the far ends of the wires are ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import hw.bench
from hw.twins.rp2040.chip import Chip, Mark

TICKET, LID, POWER, FINGER = 14, 13, 10, 11
RED, GREEN = 18, 20
RING, BUZZER = 16, 17
"""docs/bench.md, as its own record: a test does not ask the card."""
ANSWER_MS = 5000.0
PIXELS = 16
BIT_MS, ZERO_MS, ONE_MS = 0.001232, 0.0004, 0.0008
"""As the booth's Pico sends: MicroPython's neopixel, measured on the emulated chip."""
Colour = tuple[int, int, int]
RAINBOW: list[Colour] = [(n, 255 - n, 0x55 + n) for n in range(PIXELS)]
WHITE: list[Colour] = [(255, 255, 255)] * PIXELS


class Card(Chip):
    def ask(self, op: str, **arguments: object) -> dict[str, Any]:
        """One command; gives the card's answer."""
        return self.line(json.dumps({"op": op, **arguments}).encode())

    def line(self, words: bytes) -> dict[str, Any]:
        before = len(self.usb)
        self.usb_write(words + b"\n")
        self.until(lambda: b"\n" in self.usb[before:], ANSWER_MS, ("usb",))
        answer: dict[str, Any] = json.loads(self.usb[before:])
        return answer

    def does(self, op: str, **arguments: object) -> dict[str, Any]:
        answer = self.ask(op, **arguments)
        assert answer.pop("ok"), answer
        return answer

    def pulls_low(self, pin: int) -> bool:
        state = self.state()["gpio"][pin]
        assert not (state["drives"] and state["high"]), "an open drain never drives high"
        return bool(state["drives"])

    def drives_high(self, pin: int) -> bool:
        state = self.state()["gpio"][pin]
        return bool(state["drives"] and state["high"])

    def sees_frame(self, colours: Sequence[Colour], bits: int = 24 * PIXELS) -> None:
        """The booth's Pico sends a frame, or only its first ``bits``."""
        wire = [
            byte >> bit & 1 for r, g, b in colours for byte in (g, r, b) for bit in range(7, -1, -1)
        ]
        for n, one in enumerate(wire[:bits]):
            self.level(RING, 1, n * BIT_MS)
            self.level(RING, 0, n * BIT_MS + (ONE_MS if one else ZERO_MS))
        self.advance(len(wire) * BIT_MS + 1)

    def seen_ring(self) -> list[Colour]:
        return [tuple(pixel) for pixel in self.does("lights")["ring"]]


@pytest.fixture(scope="module")
def started() -> Iterator[tuple[Card, Mark]]:
    program = Path(hw.bench.__file__).parent / "card"
    with Card({path.name: path.read_bytes() for path in program.glob("*.py")}) as card:
        card.power_on()
        card.until(lambda: any("usb_up" in event for event in card.events), 5000, ("usb_up",))
        card.usb_open(True)
        assert card.does("hello") == {"card": 1}
        yield card, card.mark()


@pytest.fixture
def card(started: tuple[Card, Mark]) -> Card:
    card, mark = started
    card.rewind(mark)
    return card


def test_a_card_that_starts_holds_no_button_and_leaves_the_power_on(card: Card) -> None:
    assert not card.pulls_low(TICKET)
    assert card.pulls_low(LID), "closed"
    assert not card.drives_high(POWER)


def test_the_eyes_drive_nothing(card: Card) -> None:
    gpio = card.state()["gpio"]
    assert not [pin for pin in (RING, BUZZER, *range(RED, RED + 4)) if gpio[pin]["drives"]]


def test_a_press_lasts_as_long_as_asked_for(card: Card) -> None:
    card.usb_write(b'{"op": "press", "button": "ticket", "ms": 120}\n')
    began = card.now_ms
    while not card.pulls_low(TICKET):
        card.advance(1)
        assert card.now_ms < began + 20
    began = card.now_ms
    while card.pulls_low(TICKET):
        card.advance(1)
    assert card.now_ms - began == pytest.approx(120, abs=3)


def test_the_lid_opens_and_closes_and_heal_lets_go_of_everything(card: Card) -> None:
    card.does("lid", open=True)
    assert not card.pulls_low(LID)
    card.does("power", on=False)
    card.does("heal")
    assert card.pulls_low(LID)
    assert not card.drives_high(POWER)


def test_a_reset_takes_the_power_away_for_half_a_second(card: Card) -> None:
    card.usb_write(b'{"op": "reset", "cause": "power"}\n')
    card.advance(100)
    assert card.drives_high(POWER)
    card.advance(350)
    assert card.drives_high(POWER)
    card.advance(100)
    assert not card.drives_high(POWER)


def test_lamps_are_seen(card: Card) -> None:
    card.level(RED, 1)
    card.level(GREEN, 1)
    seen = card.does("lights")
    assert (seen["red"], seen["amber"], seen["green"], seen["blue"]) == (True, False, True, False)


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("hertz", [440, 880, 1175])
def test_a_tone_is_heard_at_its_pitch_whenever_the_ear_opens(
    card: Card, hertz: int, phase: float
) -> None:
    half_ms = 500 / hertz
    for n in range(100):
        card.level(BUZZER, (n + 1) % 2, n * half_ms)
    card.advance(2 * half_ms * phase)
    assert card.does("lights")["buzzer_hz"] == pytest.approx(hertz, rel=0.02)


@pytest.mark.parametrize("level", [0, 1])
def test_a_line_that_keeps_still_is_no_tone(card: Card, level: int) -> None:
    card.level(BUZZER, level)
    assert card.does("lights")["buzzer_hz"] == 0


def test_the_ring_is_seen_as_it_was_last_sent(card: Card) -> None:
    card.sees_frame(WHITE)
    assert card.seen_ring() == WHITE
    card.sees_frame(RAINBOW)
    assert card.seen_ring() == RAINBOW


def test_a_hundred_frames_do_not_shift_the_eye(card: Card) -> None:
    for _ in range(50):
        card.sees_frame(WHITE)
        card.sees_frame(RAINBOW)
    assert card.seen_ring() == RAINBOW


def test_a_frame_that_the_power_cut_off_is_forgotten_with_the_reset(card: Card) -> None:
    card.sees_frame(WHITE, bits=100)
    card.does("reset", cause="power")
    card.sees_frame(RAINBOW)
    assert card.seen_ring() == RAINBOW


@pytest.mark.parametrize(("op", "high_ms"), [("put", 2.0), ("lift", 1.0)])
def test_the_finger_goes_where_it_is_told(card: Card, op: str, high_ms: float) -> None:
    card.does(op)
    high = 0
    for _ in range(400):  # two waves of 20 ms
        card.advance(0.1)
        high += card.drives_high(FINGER)
    assert high / 20 == pytest.approx(high_ms, abs=0.15)


def test_what_wires_cannot_do_is_said_and_garbage_ends_nothing(card: Card) -> None:
    assert card.ask("fault", kind="loss")["unable"]
    for words in (b"garbage", b'{"op": 3}', b"[]", b'{"op": "press"}'):
        assert not card.line(words)["ok"]
    assert card.does("hello") == {"card": 1}
