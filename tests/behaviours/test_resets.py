"""Why the chip started, and what stops its watchdog."""

from __future__ import annotations

from tests.behaviours.board import PROMPT, RUN, Board

CAUSE = "import machine\nprint(machine.reset_cause(), machine.mem32[0x40058008])"
WATCHDOG = "import machine\nw = machine.WDT(timeout=1000)\n"
LONGER_MS = 1500.0
POWER, BY_WATCHDOG = "1", "3"
"""machine.PWRON_RESET, machine.WDT_RESET."""


def test_after_a_power_up_the_cause_is_the_power(board: Board) -> None:
    assert board.run(CAUSE) == [POWER, "0"]


def test_a_reset_by_the_program_is_the_watchdogs_too_and_only_its_reason_tells(
    board: Board,
) -> None:
    board.send(b"\x01import machine; machine.reset()" + RUN)
    board.wait_for_reset()
    assert board.run(CAUSE) == [BY_WATCHDOG, "2"]


def test_a_watchdog_that_timed_out_says_so(board: Board) -> None:
    board.begin(WATCHDOG + "while True:\n    pass")
    board.wait_for_reset()
    assert board.run(CAUSE) == [BY_WATCHDOG, "1"]


def test_the_watchdog_runs_on_after_the_program_and_through_a_soft_reset(board: Board) -> None:
    board.run(WATCHDOG)
    board.send(b"\x02" + RUN)
    board.expect(b"MPY: soft reboot\r\n")
    board.expect(PROMPT)
    board.wait_for_reset()
    assert board.run(CAUSE) == [BY_WATCHDOG, "1"]


def test_the_register_stops_the_watchdog(board: Board) -> None:
    """What the API cannot; for a technician's time at the prompt."""
    board.run(WATCHDOG + "machine.mem32[0x4005B000] = 1 << 30")
    board.wait(LONGER_MS)
    assert board.run("print(machine.mem32[0x40058000] >> 30 & 1)") == ["0"]


def test_scratch_survives_a_reset_and_not_the_power(board: Board) -> None:
    board.send(b"\x01import machine; machine.mem32[0x4005800C] = 77; machine.reset()" + RUN)
    board.wait_for_reset()
    scratch = "import machine\nprint(machine.mem32[0x4005800C])"
    assert board.run(scratch) == ["77"]
    board.power_cycle()
    assert board.run(scratch) == ["0"]


def test_a_watchdog_of_more_than_its_24_bits_is_refused(board: Board) -> None:
    assert "timeout" in " ".join(board.run("import machine\nmachine.WDT(timeout=8389)"))
