"""The printer's UART and the USB port, full, held, closed."""

from __future__ import annotations

from tests.behaviours.board import Board

UART = (
    "import machine, time\n"
    "u = machine.UART(1, baudrate=115200, tx=machine.Pin(4), rx=machine.Pin(5),"
    " cts=machine.Pin(6), rts=machine.Pin(7), flow={flow}, timeout=0, txbuf=256, rxbuf=64)\n"
)
CTS_ONLY = UART.format(flow="machine.UART.CTS")
BOTH = UART.format(flow="machine.UART.CTS | machine.UART.RTS")


def test_what_fits_is_taken_at_once_and_the_rest_refused_while_the_line_is_held(
    board: Board,
) -> None:
    """256 of the buffer and 32 of the chip."""
    board.hold_printer(True)
    board.wait(20)
    assert board.run(CTS_ONLY + "print(u.write(bytes(1000)), u.write(b'x'), u.txdone())") == [
        "288",
        "None",
        "False",
    ]


def test_a_write_of_more_than_fits_blocks_for_as_long_as_the_line_moves(board: Board) -> None:
    """``timeout=0`` does not mean "never waits": each byte that leaves buys the next one."""
    assert board.run(
        CTS_ONLY + "b = time.ticks_ms()\nn = u.write(bytes(1500))\n"
        "print(n, time.ticks_diff(time.ticks_ms(), b) >= 90)"
    ) == ["1500", "True"]


def test_what_the_line_held_goes_out_when_it_is_free(board: Board) -> None:
    board.hold_printer(True)
    board.wait(20)
    assert board.run(CTS_ONLY + "print(u.write(bytes(200)), u.txdone())") == ["200", "False"]
    board.hold_printer(False)
    board.wait(100)
    assert board.run("print(u.txdone())") == ["True"]


def test_a_line_is_idle_when_its_last_characters_are_still_to_come(board: Board) -> None:
    assert board.run(
        CTS_ONLY + "n = 0\ndef idle(u):\n    global n\n    n += 1\n"
        "u.irq(idle, machine.UART.IRQ_TXIDLE)\nu.write(bytes(100))\n"
        "while not u.txdone():\n    pass\ntime.sleep_ms(5)\nprint(n)"
    ) == ["1"]


def test_bytes_beyond_the_receivers_room_are_lost(board: Board) -> None:
    """64 of the buffer and 32 of the chip."""
    board.run(CTS_ONLY)
    board.printer_says(bytes(200))
    board.wait(50)
    assert board.run(
        "n = 0\nwhile d := u.read(32):\n    n += len(d)\n    time.sleep_ms(5)\nprint(n)"
    ) == ["96"]


def test_the_soft_reset_of_a_held_line_waits_unless_the_uart_no_longer_obeys_cts(
    board: Board,
) -> None:
    board.hold_printer(True)
    board.wait(20)
    board.run(CTS_ONLY + "u.write(bytes(100))\nmachine.mem32[0x4003B030] = 1 << 15")
    board.send(b"\x02\x04")
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(b">>> ")


def test_a_port_that_is_open_and_not_read_blocks_half_a_second_a_write(board: Board) -> None:
    board.begin(
        "import sys, time\nprint('writes')\nslow = 0\nn = 0\nwhile slow < 450 and n < 4000:\n"
        "    b = time.ticks_ms()\n    sys.stdout.buffer.write(b'x' * 64)\n"
        "    slow = time.ticks_diff(time.ticks_ms(), b)\n    n += 1\n"
        "time.sleep_ms(3000)\nprint('\\nslow', slow >= 450)"
    )
    board.expect(b"writes\r\n")
    board.read_port(False)
    board.wait(2500)
    board.read_port(True)
    board.expect(b"slow ")
    assert board.end() == ["True"]


def test_a_port_that_is_closed_never_blocks_and_keeps_the_last_of_it(board: Board) -> None:
    board.begin(
        "import sys, time\nprint('writes')\ntime.sleep_ms(300)\nfast = 1000\nfor i in range(20):\n"
        "    b = time.ticks_ms()\n    sys.stdout.buffer.write(b'x' * 64)\n"
        "    fast = min(fast, time.ticks_diff(time.ticks_ms(), b))\n"
        "sys.stdout.buffer.write(b'the last of it')\ntime.sleep_ms(900)\nprint('\\n', fast < 450)"
    )
    board.expect(b"writes\r\n")
    board.open_port(False)
    board.wait(700)
    board.open_port(True)
    board.expect(b"the last of it")
    assert board.end() == ["True"]


def test_a_port_tells_whether_there_is_room(board: Board) -> None:
    assert board.run(
        "import select, sys\np = select.poll()\np.register(sys.stdout.buffer, select.POLLOUT)\n"
        "print(len(p.poll(0)))"
    ) == ["1"]
