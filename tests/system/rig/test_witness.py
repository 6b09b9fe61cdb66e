"""The witness at the printer's line: it draws what comes, and answers as a printer or listens."""

from __future__ import annotations

import os
import subprocess
import sys
import tty
from pathlib import Path

import pytest
import serial

from hw.bench.loopback import cable
from hw.bench.witness import opened
from hw.twins.booth import die_with_parent
from hw.twins.control import Hand
from tests.patience import CEILING_S

FOUR_ROWS = b"\x1dv0\0" + bytes([48, 0, 4, 0]) + b"\xff" * 192
"""GS v 0: a raster of 384 dots by 4 rows, black."""
ASK = b"\x10\x04\x01"
"""DLE EOT 1: the printer's status, answered at once."""
COMMAND = [sys.executable, "-m", "hw.bench.witness"]


@pytest.mark.parametrize("listen", [False, True])
def test_what_goes_over_the_line_is_seen_and_only_a_printer_answers(
    tmp_path: Path, listen: bool
) -> None:
    with cable() as (uart, adapter):
        program = subprocess.Popen(
            [*COMMAND, "--adapter", adapter, "--folder", tmp_path, *["--listen"] * listen],
            stdout=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == b"ready\n"
            printer = Hand(tmp_path / "printer.ctl")
            with serial.Serial(uart, timeout=CEILING_S) as line:
                line.write(ASK + FOUR_ROWS)
                printer.do("wait", rows=4, timeout_s=CEILING_S)
                if listen:
                    line.timeout = 0  # the answer would have been there before the rows
                assert len(line.read(1)) == (0 if listen else 1)
            assert printer.do("state")["received"] == len(ASK + FOUR_ROWS)
            printer.close()
        finally:
            program.terminate()
            program.wait()


def test_an_adapter_that_is_away_is_named(tmp_path: Path) -> None:
    away = ["--adapter", "/dev/ttyUSB-none", "--folder", str(tmp_path)]
    done = subprocess.run([*COMMAND, *away], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no line to the printer" in done.stderr
    assert "/dev/ttyUSB-none" in done.stderr


def test_a_file_is_no_serial_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match="is not a serial port"):
        opened(str(tmp_path / "file"), hardware_flow=False)
    assert len(os.listdir("/proc/self/fd")) == before


def test_an_adapter_that_goes_is_said_and_ends_the_witness(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    where = ["--adapter", os.ttyname(slave), "--folder", str(tmp_path)]
    program = subprocess.Popen(
        [*COMMAND, *where],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"
        os.close(slave)
        os.close(master)
        _, said = program.communicate(timeout=CEILING_S)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 1
    assert b"is gone: plug it in" in said
