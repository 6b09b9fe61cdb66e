"""A receipt printer at the emulated Pico's UART that burns a row as soon as it has it.

So a paper takes what the line takes, and nothing of the figures is the printer's. It reads ESC/POS
as the printer's twin does.
"""

from __future__ import annotations

from hw.twins.printer_escpos import Cut, Feed, Parser, Raster, RealTime, TransmitStatus

ALL_WELL = b"\x12"
PAPER_THERE = b"\x00"
BITS_A_BYTE = 10
BAUD = 115200


def wire_ms(data: bytes) -> float:
    """How long the line needs for ``data``, 8N1."""
    return len(data) * BITS_A_BYTE / BAUD * 1000


class ReceiptPrinter:
    """``rows`` are those of the paper under way, ``papers`` those that were cut off."""

    def __init__(self) -> None:
        self.rows: list[bytes] = []
        self.papers: list[list[bytes]] = []
        self._parser = Parser()
        self._real_time = RealTime()
        self._buffer = bytearray()

    @property
    def unknown(self) -> int:
        """Bytes that belong to no command."""
        return self._parser.unknown

    def __copy__(self) -> ReceiptPrinter:
        fresh = ReceiptPrinter()
        fresh.rows = list(self.rows)
        fresh.papers = [list(paper) for paper in self.papers]
        fresh._buffer = bytearray(self._buffer)
        return fresh

    def __call__(self, sent: bytes) -> bytes:
        """What it answers to what was sent."""
        answers = ALL_WELL * len(self._real_time.feed(sent))
        self._buffer += sent
        while command := self._parser.take(self._buffer):
            match command:
                case Raster(width, data):
                    self.rows += [data[at : at + width] for at in range(0, len(data), width)]
                case Feed(rows):
                    self.rows += [b""] * rows
                case Cut():
                    self.papers.append(self.rows)
                    self.rows = []
                case TransmitStatus():
                    answers += PAPER_THERE
        return answers
