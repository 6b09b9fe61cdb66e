"""An emulated Pico as the port that the installer works on, in simulated time."""

from __future__ import annotations

from dataclasses import dataclass

from hw.twins.rp2040.chip import ChipFailed, Mark
from tests.rp2040.pico import Pico

USB_MS = 3000.0


@dataclass(frozen=True)
class Step:
    """One program of the installer that changed the flash: the instant before it, what was sent,
    and how many operations of the flash it took."""

    before: Mark
    sent: bytes
    operations: int


class ChipPort:
    """``read`` and ``reopen`` let simulated time pass. OSError when the chip has no power."""

    def __init__(self, pico: Pico) -> None:
        self.pico = pico
        self._seen = len(pico.usb)

    def write(self, data: bytes) -> None:
        self.pico.usb_write(data)

    def read(self, within_s: float) -> bytes:
        try:
            self.pico.until(self._came, within_s * 1000, ("usb", "reset"))
        except ChipFailed:
            return b""
        if not self.pico.on:
            raise OSError("the port is gone")
        data = self.pico.usb[self._seen :]
        self._seen += len(data)
        return data

    def reopen(self) -> None:
        count = self._ups()
        self.pico.until(
            lambda: self._ups() > count or not self.pico.on, USB_MS, ("usb_up", "reset")
        )
        if not self.pico.on:
            raise OSError("the port is gone")

    def _came(self) -> bool:
        return len(self.pico.usb) > self._seen or not self.pico.on

    def _ups(self) -> int:
        return sum("usb_up" in event for event in self.pico.events)


class RecordingPort(ChipPort):
    """``steps``: each can be taken again from its instant, and cut in any of its operations."""

    def __init__(self, pico: Pico) -> None:
        super().__init__(pico)
        self.steps: list[Step] = []
        self._open: tuple[Mark, bytes, int] | None = None

    def write(self, data: bytes) -> None:
        self.close_step()
        self._open = self.pico.mark(), data, self.pico.flash_operations
        super().write(data)

    def close_step(self) -> None:
        """The program sent last is over."""
        if self._open:
            before, sent, operations = self._open
            self._open = None
            if operations := self.pico.flash_operations - operations:
                self.steps.append(Step(before, sent, operations))
            else:
                self.pico.forget(before)
