"""Runs on MicroPython: the printer's part of the firmware on a line that a test plays.

``proving.py FOLDER CASE``: FOLDER holds the firmware, the current folder plays the flash. Prints
what CASE is about.
"""

import asyncio
import sys
import time

sys.path.insert(0, sys.argv[1])


class Pin:
    def __init__(self, number: int) -> None:
        pass


class UART:
    """Takes all that is written while ``ready``; ``answers`` are read byte by byte."""

    CTS = 1
    RTS = 2
    IRQ_TXIDLE = 0x20
    ready = True
    loses_proofs = 0
    proofs_asked = 0
    settings: "dict[str, object]"

    def __init__(self, number: int, **settings: object) -> None:
        self.answers = b""
        UART.settings = settings

    def irq(self, handler: object, trigger: int) -> None:
        pass

    def write(self, data: bytes) -> "int | None":
        if not self.ready:
            return None
        sent = bytes(data)
        self.answers += b"\x12" * (sent.count(b"\x10\x04\x02") + sent.count(b"\x10\x04\x04"))
        for _ in range(sent.count(b"\x1dr\x01")):
            UART.proofs_asked += 1
            if UART.loses_proofs:
                UART.loses_proofs -= 1
            else:
                self.answers += b"\x00"
        return len(sent)

    def txdone(self) -> bool:
        return True

    def any(self) -> int:
        return len(self.answers)

    def readinto(self, buffer: bytearray) -> int:
        buffer[0] = self.answers[0]
        self.answers = self.answers[1:]
        return 1


class Machine:
    mem32: "dict[int, int]" = {}  # noqa: RUF012  (as the module has it)


machine = Machine()
machine.UART, machine.Pin = UART, Pin  # type: ignore[attr-defined]
sys.modules["machine"] = machine  # type: ignore[assignment]
import events  # type: ignore[import-not-found]  # noqa: E402  (on the line above)
import printer  # type: ignore[import-not-found]  # noqa: E402
import supervisor  # type: ignore[import-not-found]  # noqa: E402

printer.PROOF_AGAIN_MS = 100
printer.STUCK_MS = 100
printer.POLL_MS = 10
GIVE_UP_MS = 5000


async def until(true) -> None:  # type: ignore[no-untyped-def]
    began = time.ticks_ms()  # type: ignore[attr-defined]
    while not true():
        passed = time.ticks_diff(time.ticks_ms(), began)  # type: ignore[attr-defined]
        assert passed < GIVE_UP_MS, "waited in vain"
        await asyncio.sleep(0.001)


async def print_one(device, job: int) -> int:  # type: ignore[no-untyped-def]
    """A job of one chunk, until it is proven; gives how often the proof was asked for."""
    before = UART.proofs_asked
    device.begin(job, 1, "digest", 0)
    device.chunk(0, b"\x1bJ\x09")
    await until(device.done)
    return UART.proofs_asked - before


async def main(case: str) -> None:
    UART.ready = case != "stuck"
    device = printer.Printer(
        events.Events("boot", "events.txt"), "jobs.txt", supervisor.Pulse("printer")
    )
    running = asyncio.create_task(device.run())
    if case == "stuck":
        await until(lambda: device.state != "unknown")
        print(device.state)
        UART.ready = True
    await until(lambda: device.state == "ok")
    if case == "lost proof":
        UART.loses_proofs = 1
    for job in range(1, 4):
        print(await print_one(device, job))
    running.cancel()


asyncio.run(main(sys.argv[2]))
