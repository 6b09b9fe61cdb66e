"""0x03, the end of a program, and what runs after it."""

from __future__ import annotations

from tests.behaviours.board import INTERRUPT, PROMPT, RUN, Board

OFTEN = 60
SLEEP = "import time\nprint('sleeps')\n"


def test_0x03_at_the_port_ends_a_program_that_computes(board: Board) -> None:
    board.begin("print('computes')\nwhile True:\n    pass")
    board.expect(b"computes\r\n")
    board.send(INTERRUPT)
    assert board.end()[-1] == "KeyboardInterrupt:"


def test_0x03_ends_a_program_that_writes_to_the_ring(board: Board) -> None:
    """Most of the time interrupts are off; and the host is heard again, as after every 0x03."""
    board.begin(
        "import machine, neopixel\nn = neopixel.NeoPixel(machine.Pin(16), 16)\nprint('writes')\n"
        "while True:\n    n.write()"
    )
    board.expect(b"writes\r\n")
    board.send(INTERRUPT)
    assert board.end()[-1] == "KeyboardInterrupt:"
    assert board.run("print('on')") == ["on"]


def test_0x03_ends_a_program_that_sleeps(board: Board) -> None:
    board.begin(SLEEP + "time.sleep(3600)")
    board.expect(b"sleeps\r\n")
    board.send(INTERRUPT)
    assert board.end()[-1] == "KeyboardInterrupt:"


def test_0x03_throws_away_what_was_not_read(board: Board) -> None:
    """What came before it is gone, what comes after it is not."""
    board.begin(
        "import time\ntry:\n    print('sleeps')\n    time.sleep(3600)\n"
        "except KeyboardInterrupt:\n    print('caught')\n"
        "import sys\nprint(sys.stdin.buffer.read(2))"
    )
    board.expect(b"sleeps\r\n")
    board.send(b"before")
    board.wait(50)
    board.send(INTERRUPT)
    board.expect(b"caught\r\n")
    board.send(b"ok")
    assert board.end() == ["b'ok'"]


def test_0x03_is_a_byte_when_the_program_says_so(board: Board) -> None:
    board.begin(
        "import sys, micropython\nmicropython.kbd_intr(-1)\nprint('reads')\n"
        "print(sys.stdin.buffer.read(3))"
    )
    board.expect(b"reads\r\n")
    board.send(b"a" + INTERRUPT + b"b")
    assert board.end() == [r"b'a\x03b'"]


def test_0x03_is_caught_as_an_exception_that_is_no_fault(board: Board) -> None:
    board.begin(
        "import time\ntry:\n    print('sleeps')\n    time.sleep(3600)\n"
        "except Exception:\n    print('fault')\n"
        "except KeyboardInterrupt:\n    print('interrupt')"
    )
    board.expect(b"sleeps\r\n")
    board.send(INTERRUPT)
    assert board.end() == ["interrupt"]


def test_a_program_that_ends_leaves_the_prompt_and_its_names(board: Board) -> None:
    assert board.run("x = 41") == []
    assert board.run("print(x + 1)") == ["42"]


def test_a_fault_is_told_and_the_prompt_follows(board: Board) -> None:
    assert board.run("1 / 0")[-3:] == ["divide", "by", "zero"]
    assert board.run("print('on')") == ["on"]


def test_main_py_runs_at_a_soft_reset_and_its_end_is_the_prompt(board: Board) -> None:
    board.run("with open('main.py', 'w') as f:\n    f.write('print(\"main runs\")')")
    board.send(b"\x02" + RUN)
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(b"main runs\r\n")
    board.expect(PROMPT)


def test_a_soft_reset_forgets_the_program_its_timers_and_its_tone(board: Board) -> None:
    board.run(
        "import machine\np = machine.PWM(machine.Pin(17), freq=880, duty_u16=32768)\n"
        "t = machine.Timer(-1, period=20, callback=lambda t: print('tick'))"
    )
    board.until(lambda: board.tone == 880)
    board.expect(b"tick")
    board.send(b"\x02" + RUN)
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(PROMPT)
    board.wait(200)
    assert b"tick" not in board.unheard()
    assert board.tone == 0
    assert board.run("print('p' in globals())") == ["False"]


def test_lines_typed_at_the_friendly_prompt_are_answered(board: Board) -> None:
    board.send(b"\x02")
    board.expect(PROMPT)
    board.send(b"6 * 7\r")
    board.expect(b"6 * 7\r\n42\r\n")
    board.expect(PROMPT)


def test_a_tone_outlasts_the_program_that_began_it(board: Board) -> None:
    """Interrupted, it leaves everything as it was: nobody silences it but the program itself."""
    board.begin(
        SLEEP + "import machine\np = machine.PWM(machine.Pin(17), freq=880, duty_u16=32768)\n"
        "time.sleep(3600)"
    )
    board.until(lambda: board.tone == 880)
    board.send(INTERRUPT)
    board.end()
    assert board.tone == 880
    board.run("machine.Pin(17, machine.Pin.OUT, value=0)")
    assert board.tone == 0


def test_an_interrupt_at_any_time_leaves_a_program_that_goes_on(board: Board) -> None:
    """Whatever it was doing: it takes and gives back memory all the time."""
    board.begin(
        f"import time\nn = 0\nwhile n < {OFTEN}:\n    try:\n        print('go')\n"
        "        while True:\n            x = [bytes(30) + b'a'] * 3\n            time.ticks_ms()\n"
        "    except KeyboardInterrupt:\n        n += 1"
    )
    for _ in range(OFTEN):
        board.expect(b"go\r\n")
        board.send(INTERRUPT)
    assert board.end() == []
