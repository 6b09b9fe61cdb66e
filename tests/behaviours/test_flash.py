"""Flash that stalls the chip, and power that goes within one of its operations."""

from __future__ import annotations

import pytest

from tests.behaviours.board import Board

ERASE = "import rp2, time\nf = rp2.Flash()\n"
LONG_MS = 1500
BLOCK = 340


def test_an_erase_stops_the_program_for_its_time(board: Board) -> None:
    board.flash_takes(300, 0.7)
    assert board.run(
        ERASE + f"b = time.ticks_ms()\nf.ioctl(6, {BLOCK})\n"
        "print(time.ticks_diff(time.ticks_ms(), b) >= 300)"
    ) == ["True"]


def test_a_page_takes_its_time_too(board: Board) -> None:
    board.flash_takes(0, 50)
    assert board.run(
        ERASE
        + f"f.ioctl(6, {BLOCK})\nb = time.ticks_ms()\nf.writeblocks({BLOCK}, bytes(1024), 0)\n"
        "print(time.ticks_diff(time.ticks_ms(), b) >= 200)"
    ) == ["True"]


def test_a_saved_file_costs_at_least_an_erase(board: Board) -> None:
    board.flash_takes(200, 0.7)
    assert board.run(
        "import time\nb = time.ticks_ms()\nwith open('a', 'wb') as f:\n    f.write(bytes(3000))\n"
        "print(time.ticks_diff(time.ticks_ms(), b) >= 200)"
    ) == ["True"]


def test_a_press_within_an_erase_is_one_call_with_both_edges(board: Board) -> None:
    """Interrupts are off: the edges are latched, and merge."""
    board.flash_takes(LONG_MS + 2 * board.late_ms, 0.7)
    board.begin(
        ERASE + "import machine\nseen = []\n"
        "p = machine.Pin(14, machine.Pin.IN, machine.Pin.PULL_UP)\n"
        "p.irq(lambda pin: seen.append(pin.irq().flags()))\n"
        f"print('erases')\ntime.sleep_ms(50)\nf.ioctl(6, {BLOCK})\n"
        "time.sleep_ms(5)\nprint(seen, p.value())"
    )
    board.expect(b"erases\r\n")
    board.press(40, after_ms=150 + board.late_ms)
    assert board.end() == ["[12]", "1"]


@pytest.mark.parametrize("operation", range(1, 4))
def test_power_cut_in_a_save_leaves_the_old_file_or_the_new_one(
    board: Board, operation: int
) -> None:
    board.run("with open('a', 'w') as f:\n    f.write('old')")
    board.cut_power_in_flash(operation)
    board.hand_over("with open('b', 'w') as f:\n    f.write('new')\nimport os\nos.rename('b', 'a')")
    board.until(lambda: not board.powered)
    board.power_cycle()
    assert board.run("print(open('a').read())")[0] in ("old", "new")


def test_flash_without_a_file_system_is_formatted_and_all_is_gone(board: Board) -> None:
    board.flash_takes(1, 0.1)
    board.run("open('a', 'w').close()")
    board.run("import rp2\nf = rp2.Flash()\nf.ioctl(6, 0)\nf.ioctl(6, 1)")
    board.power_cycle()
    assert board.run("import os\nprint(len(os.listdir()))") == ["0"]
