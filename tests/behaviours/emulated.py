"""The board with the emulated RP2040, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from hw.twins.pico_board import BUTTONS
from hw.twins.rp2040.chip import Chip, Mark
from tests.behaviours.board import PROMPT, Board

WITHIN_MS = 20_000.0
AFTER_USB_MS = 100.0


@cache
def booted() -> tuple[Chip, Mark]:
    """One chip for all tests; each begins at the instant at which it stands at its prompt."""
    chip = Chip({})
    chip.power_on()
    _knock(chip, 0)
    return chip, chip.mark()


def _ups(chip: Chip) -> int:
    return sum("usb_up" in event for event in chip.events)


def _knock(chip: Chip, ups: int) -> None:
    """The prompt comes long before a host opens the port; Enter brings it again."""
    chip.until(lambda: _ups(chip) > ups, WITHIN_MS)
    chip.advance(AFTER_USB_MS)
    said = len(chip.usb)
    chip.usb_write(b"\r")
    chip.until(lambda: PROMPT in chip.usb[said:], WITHIN_MS)


class Emulated(Board):
    def __init__(self) -> None:
        super().__init__()
        self._chip, mark = booted()
        self._chip.rewind(mark)
        self._looked = len(self._chip.usb)
        self._lives = _ups(self._chip)

    def close(self) -> None:
        """It is needed for the next test, and ends with the run."""

    @property
    def heard(self) -> bytes:
        return self._chip.usb

    def send(self, data: bytes) -> None:
        self._chip.usb_write(data)

    def until(self, condition: Callable[[], object]) -> None:
        self._chip.until(condition, WITHIN_MS)

    def wait(self, ms: float) -> None:
        self._chip.advance(ms)

    def read_port(self, reads: bool) -> None:
        self._chip.usb_reads(reads)

    def open_port(self, is_open: bool) -> None:
        self._chip.usb_open(is_open)

    def power_cycle(self, *, ticks_ms: int = 0) -> None:
        self._chip.power_off()
        self._reset(self._chip.power_on)
        if ticks_ms:
            self._chip.skip(ticks_ms)

    def wait_for_reset(self) -> None:
        self._reset(lambda: None)

    def _reset(self, begin: Callable[[], None]) -> None:
        begin()
        _knock(self._chip, self._lives)
        self._lives = _ups(self._chip)
        self._looked = len(self._chip.usb)

    late_ms = 0.0

    def press(self, ms: float, after_ms: float = 0) -> None:
        self._chip.press(BUTTONS["ticket"], ms, after_ms=after_ms)

    def flash_takes(self, erase_ms: float, program_ms: float) -> None:
        self._chip.do({"flash": {"eraseMs": erase_ms, "programMs": program_ms}})

    def cut_power_in_flash(self, operation: int) -> None:
        self._chip.cut_in_flash_operation(operation)

    @property
    def powered(self) -> bool:
        return self._chip.on

    @property
    def tone(self) -> int:
        return round(self._chip.tone)

    def hold_printer(self, holds: bool) -> None:
        self._chip.cts(holds)

    def printer_says(self, data: bytes) -> None:
        self._chip.uart_feed(data)
        self._chip.advance(len(data) / 11.0 + 1)
