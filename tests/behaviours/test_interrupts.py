"""Pins, timers and what the scheduler holds."""

from __future__ import annotations

import pytest

from tests.behaviours.board import Board

BUTTON = (
    "import machine, time\np = machine.Pin(14, machine.Pin.IN, machine.Pin.PULL_UP)\nseen = []\n"
)


@pytest.mark.parametrize("hard", [False, True])
def test_a_press_is_two_edges_in_their_order(board: Board, hard: bool) -> None:
    board.begin(
        BUTTON + "levels = bytearray(8)\nn = 0\n"
        "def edge(pin):\n    global n\n    levels[n] = pin.value()\n    n += 1\n"
        f"p.irq(edge, machine.Pin.IRQ_FALLING | machine.Pin.IRQ_RISING, hard={hard})\n"
        "print('waits')\nwhile n < 2:\n    pass\nprint(n, levels[0], levels[1])"
    )
    board.expect(b"waits\r\n")
    board.press(60)
    assert board.end() == ["2", "0", "1"]


def test_an_edge_that_was_not_asked_for_is_none(board: Board) -> None:
    board.begin(
        BUTTON + "p.irq(lambda pin: seen.append(pin.value()), machine.Pin.IRQ_FALLING)\n"
        "print('waits')\nwhile p.value():\n    pass\nwhile not p.value():\n    pass\n"
        "time.sleep_ms(20)\nprint(len(seen))"
    )
    board.expect(b"waits\r\n")
    board.press(60)
    assert board.end() == ["1"]


def test_the_scheduler_holds_eight_calls_and_refuses_the_ninth(board: Board) -> None:
    assert board.run(
        "import micropython, time\nran = []\nrefused = []\n"
        "def fill(_):\n    for i in range(12):\n        try:\n"
        "            micropython.schedule(ran.append, i)\n"
        "        except RuntimeError:\n            refused.append(i)\n"
        "micropython.schedule(fill, 0)\nwhile len(ran) < 8:\n    time.sleep_ms(1)\n"
        "print(ran == list(range(8)), len(refused))"
    ) == ["True", "4"]


def test_while_interrupts_are_off_a_press_only_leaves_its_mark(board: Board) -> None:
    board.begin(
        BUTTON + "p.irq(seen.append)\nprint('off')\ntime.sleep_ms(50)\n"
        "s = machine.disable_irq()\nwhile p.value():\n    pass\nwhile not p.value():\n    pass\n"
        "before = len(seen)\nmachine.enable_irq(s)\ntime.sleep_ms(5)\nprint(before, len(seen))"
    )
    board.expect(b"off\r\n")
    board.press(60, after_ms=60 + board.late_ms)
    assert board.end() == ["0", "1"]


def test_a_timer_fires_once_or_again_and_again(board: Board) -> None:
    assert board.run(
        "import machine, time\nonce = []\nagain = []\n"
        "a = machine.Timer(-1, mode=machine.Timer.ONE_SHOT, period=10, callback=once.append)\n"
        "b = machine.Timer(-1, period=10, callback=again.append)\n"
        "while len(again) < 5:\n    time.sleep_ms(5)\nb.deinit()\ntime.sleep_ms(30)\n"
        "n = len(again)\ntime.sleep_ms(60)\nprint(len(once), len(again) == n)"
    ) == ["1", "True"]


def test_a_ring_is_written_with_interrupts_off_for_as_long_as_its_pixels_take(
    board: Board,
) -> None:
    assert board.run(
        "import machine, neopixel, time\nn = neopixel.NeoPixel(machine.Pin(16), 16)\n"
        "b = time.ticks_us()\nn.write()\nprint(time.ticks_diff(time.ticks_us(), b) >= 470)"
    ) == ["True"]


def test_an_adc_has_twelve_bits_spread_over_sixteen(board: Board) -> None:
    assert board.run(
        "import machine\nv = machine.ADC(machine.Pin(26)).read_u16()\n"
        "print(v > 0, v >> 12 == v & 15)"
    ) == ["True", "True"]


def test_a_tone_is_what_the_divider_can_do(board: Board) -> None:
    assert board.run(
        "import machine\np = machine.PWM(machine.Pin(17), freq=880, duty_u16=0)\nprint(p.freq())\n"
        "p.freq(1319)\nprint(p.freq())\np.freq(8)\nprint(p.freq())"
    ) == ["880", "1319", "8"]
    assert "ValueError:" in board.run("p.freq(7)")
