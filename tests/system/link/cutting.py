"""Runs on MicroPython: the printer's part of the firmware, left by a station at every instant.

``cutting.py FOLDER TAIL``: FOLDER holds the firmware, the current folder plays the flash. The line
carries byte by byte; for each k a station prints paper A until k bytes have left the UART, then is
gone; the next one prints B, then A again, and does not remember anything. TAIL is what happens
between: ``nothing``, ``silence`` (the printer says nothing for a while), ``politely`` (the next
station first asks what is half-way, and goes on with that). Prints one line for each k: what
left the UART, papers in order, ``/`` where it was cut by the firmware.
"""

import asyncio
import sys
import time

sys.path.insert(0, sys.argv[1])


class Pin:
    def __init__(self, number: int) -> None:
        pass


class UART:
    """``left`` is what is on the wire; ``allowed`` more bytes may leave, None for all."""

    CTS = 1
    RTS = 2
    IRQ_TXIDLE = 0x20

    def __init__(self, number: int, **settings: object) -> None:
        self.left = b""
        self.allowed: int | None = None
        self.answers = b""
        self.answering = True
        self._inside = b""

    def irq(self, handler: object, trigger: int) -> None:
        pass

    def allow(self, count: "int | None") -> None:
        self.allowed = count
        self._carry()

    def write(self, data: bytes) -> int:
        self._inside += bytes(data)
        self._carry()
        return len(data)

    def txdone(self) -> bool:
        return not self._inside

    def any(self) -> int:
        return len(self.answers)

    def readinto(self, buffer: bytearray) -> int:
        buffer[0] = self.answers[0]
        self.answers = self.answers[1:]
        return 1

    def _carry(self) -> None:
        while self._inside and self.allowed != 0:
            self.left += self._inside[:1]
            self._inside = self._inside[1:]
            if self.allowed is not None:
                self.allowed -= 1
            tail = self.left[-3:]
            if self.answering and tail in (b"\x10\x04\x02", b"\x10\x04\x04"):
                self.answers += b"\x12"
            elif self.answering and tail == b"\x1dr\x01":
                self.answers += b"\x00"


class Machine:
    mem32: "dict[int, int]" = {}  # noqa: RUF012  (as the module has it)


machine = Machine()
machine.UART, machine.Pin = UART, Pin  # type: ignore[attr-defined]
sys.modules["machine"] = machine  # type: ignore[assignment]
import events  # type: ignore[import-not-found]  # noqa: E402  (on the line above)
import printer  # type: ignore[import-not-found]  # noqa: E402
import supervisor  # type: ignore[import-not-found]  # noqa: E402

printer.LOOK_EVERY_MS = 1
printer.ANSWER_MS = 2
printer.POLL_MS = 4
GIVE_UP_MS = 5000
A = [b"a0..", b"a1..", b"a2..", b"a3!."]
B = [b"b0..", b"b1!."]
STREAM = sum(len(chunk) for chunk in A) + len(b"\x1dr\x01")


async def until(true) -> None:  # type: ignore[no-untyped-def]
    began = time.ticks_ms()  # type: ignore[attr-defined]
    while not true():
        passed = time.ticks_diff(time.ticks_ms(), began)  # type: ignore[attr-defined]
        assert passed < GIVE_UP_MS, "waited in vain"
        await asyncio.sleep(0.001)


async def print_all(device, job: int, chunks: "list[bytes]") -> None:  # type: ignore[no-untyped-def]
    """As ``controller/devices/peripherals/printing.py`` does in a station that was just born."""
    await until(lambda: device.state == "ok")
    device.begin(job, len(chunks), str(chunks[0]), 0)
    while not device.done():
        place = device.place()[0]
        if place < len(chunks):
            device.chunk(place, chunks[place])
        await asyncio.sleep(0.001)


async def series(k: int, tail: str) -> str:
    """What is left of the papers when the first station is gone after ``k`` bytes."""
    device = printer.Printer(
        events.Events("boot", "events.txt"), f"jobs{k}.txt", supervisor.Pulse("printer")
    )
    uart = device._uart
    running = asyncio.create_task(device.run())
    await until(lambda: device.state == "ok")
    await until(lambda: uart.txdone() and not uart.answers)
    printer.POLL_MS = 1000000  # no question is among the bytes that are counted
    uart.left = b""
    uart.allow(k)
    first = asyncio.create_task(print_all(device, 1, A))
    # until it could do no more: one chunk on the line, and behind it all that may wait
    taken = min(len(A), k // len(A[0]) + 1 + printer.WAITING_MAX)
    await until(lambda: (uart.allowed == 0 and device.place()[0] == taken) or device.done())
    first.cancel()
    printer.POLL_MS = 4
    if tail == "silence":
        uart.answering = False
        uart.allow(None)
        await until(lambda: device.state == "silent")
        uart.answering = True
    uart.allow(None)
    if tail == "politely" and device.half_way() == 1:
        await print_all(device, 1, A)
    await print_all(device, 2, B)
    await print_all(device, 1, A)
    running.cancel()
    seen = uart.left.replace(b"\x10\x04\x02", b"").replace(b"\x10\x04\x04", b"")
    seen = seen.replace(b"\x1dr\x01", b"").replace(b"\x00" * printer.wire.CHUNK_MAX, b"0")
    return str(seen.replace(b"\x1bd\x05\x1dV\x00", b"/").decode())


async def main(tail: str) -> None:
    for k in range(1, STREAM + 1):
        print(await series(k, tail))


asyncio.run(main(sys.argv[2]))
