"""A bare MicroPython on a Pico's board, as its host and a hand meet it: what both twins share."""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import Self

RAW, FRIENDLY, INTERRUPT, RUN = b"\x01", b"\x02", b"\x03", b"\x04"
PROMPT = b">>> "
DONE = RUN + RUN + b">"
"""After a program in the raw prompt: end of what it printed, end of its fault, the prompt."""


class Board(abc.ABC):
    """One that has power, at its prompt; nothing but MicroPython is in its flash.

    Times are the chip's own: simulated ones on the emulated chip.
    """

    def __init__(self) -> None:
        self._looked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    @abc.abstractmethod
    def close(self) -> None:
        """End it."""

    # ---- the host ------------------------------------------------------------------------------

    @property
    @abc.abstractmethod
    def heard(self) -> bytes:
        """All that the port gave by now."""

    @abc.abstractmethod
    def send(self, data: bytes) -> None: ...

    @abc.abstractmethod
    def until(self, condition: Callable[[], object]) -> None:
        """Let time pass until it holds; the test fails when it never does."""

    @abc.abstractmethod
    def wait(self, ms: float) -> None: ...

    @abc.abstractmethod
    def read_port(self, reads: bool) -> None:
        """Whether the host takes what comes; it has the port open."""

    @abc.abstractmethod
    def open_port(self, is_open: bool) -> None: ...

    def expect(self, text: bytes) -> bytes:
        """Wait for ``text``; gives what came before it since the last look."""
        self.until(lambda: text in self.heard[self._looked :])
        began = self._looked
        at = self.heard.index(text, began)
        self._looked = at + len(text)
        return self.heard[began:at]

    def unheard(self) -> bytes:
        """What came since the last look."""
        began, self._looked = self._looked, len(self.heard)
        return self.heard[began:]

    def begin(self, program: str) -> None:
        """Start it in the raw prompt, where the host's 0x03 interrupts it."""
        self.hand_over(program)
        self.expect(b"OK")

    def hand_over(self, program: str) -> None:
        """Start what may take the port away before anybody hears that it has begun."""
        self.send(b"\r" + INTERRUPT + RAW)
        self.expect(b"exit\r\n>")
        self.send(program.encode() + RUN)

    def end(self) -> list[str]:
        """What the program printed from the last look to its end, line by line, and its fault."""
        said = self.expect(DONE[1:])
        return said.replace(RUN, b"").decode().split()

    def run(self, program: str) -> list[str]:
        """The words that it prints."""
        self.begin(program)
        return self.end()

    # ---- hands and wires -----------------------------------------------------------------------

    @abc.abstractmethod
    def power_cycle(self, *, ticks_ms: int = 0) -> None:
        """Off and on; the chip's ticks then begin at ``ticks_ms``. Waits for its prompt."""

    @abc.abstractmethod
    def wait_for_reset(self) -> None:
        """Until the chip that was running has started again; then for its prompt."""

    late_ms: float
    """How much later than it asked for a program may get on: what a busy machine does to one that
    runs in true time."""

    @abc.abstractmethod
    def press(self, ms: float, after_ms: float = 0) -> None:
        """Plan a press of the ticket's button: an emulated chip has no "now" within a stall."""

    @abc.abstractmethod
    def flash_takes(self, erase_ms: float, program_ms: float) -> None: ...

    @abc.abstractmethod
    def cut_power_in_flash(self, operation: int) -> None:
        """Within the n-th erase or program from now; it stays off until ``power_cycle``."""

    @property
    @abc.abstractmethod
    def powered(self) -> bool: ...

    @property
    @abc.abstractmethod
    def tone(self) -> int:
        """Hz at the buzzer, 0 for silence."""

    @abc.abstractmethod
    def hold_printer(self, holds: bool) -> None:
        """Whether the printer holds the UART's line by CTS."""

    @abc.abstractmethod
    def printer_says(self, data: bytes) -> None: ...
