"""What the twins of the Pico share: the board around the chip, as hosts and hands meet it.

One twin runs the firmware on the unix MicroPython (``pico.py``), the other on the rp2 image in an
emulated RP2040. Both have the same USB port (a pty, where faults are injected byte by byte), the
same buttons, lamps, sensors and printer cable, and this side channel (see ``control.py``):

``press`` (button, ms, bounce), ``contact`` (button, closed: until told otherwise), ``lid`` (open),
``lights``, ``temperature`` (celsius), ``supply`` (volts), ``reset`` (cause: power, watchdog or
forced; ticks_ms: what the chip's ticks begin at), ``power`` (on), ``type`` (text: characters 0 to
255 that arrive at the port as if the host had sent them), ``flash`` (erase_ms, program_ms; cut:
power goes within so many operations from now), ``cts`` (holds: the printer's, by hand), ``wait``
(ms), ``state``, ``fault`` (kind silence, corrupt, loss, duplicate, hang, disconnect; percent for
the middle three) and ``heal``.

A chip is a subclass: it says how the firmware is started and ended, takes bytes and levels, and
tells what comes back with ``to_host`` and ``show``.
"""

from __future__ import annotations

import abc
import argparse
import asyncio
import contextlib
import os
import signal
import tempfile
import tty
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from hw.twins import control
from hw.twins.pico_lines import Line, Openings, PrinterCable

ROOT = Path(__file__).resolve().parents[2]
BUTTONS = {"ticket": 14, "confirm": 15}
LID = 13
PRESSED_MS = 250
"""As long as people press, and longer than a busy machine keeps the firmware waiting: it looks at
the level behind the interrupt, so a shorter press may be over before it does."""
RELEASED_MS = 100
"""A finger is off the button this long before the next press; ``press`` returns after it."""
BOUNCES = 4
LAMPS = {18: "red", 19: "amber", 20: "green", 21: "blue"}
SUPPLY_ADC = 26
TEMPERATURE_ADC = 27

TX_BYTES = 256
"""The port's transmit FIFO (TinyUSB, CFG_TUD_CDC_TX_BUFSIZE)."""
FIRST_S = 0.016
"""After a host opened the port this passes before it is sent anything (mp_usbd_cdc.c)."""

Cause = Literal["power", "watchdog", "forced"]
"""Why the chip starts: power came, its watchdog timed out, or the program asked for it."""
CAUSES: tuple[Cause, ...] = ("power", "watchdog", "forced")


class Options(argparse.Namespace):
    """The command line; ``erase_ms`` and ``program_ms`` are a flash sector's and a page's time
    (W25Q16JV, the Pico's flash: 45 ms and 0.4 ms typical, 400 ms and 3 ms at most)."""

    port: Path
    control: Path
    printer: Path | None
    flash: Path
    firmware: Path
    program: str
    speed: float
    seed: int
    erase_ms: float
    program_ms: float


class PicoBoard(abc.ABC):
    """A Pico on its board. ``boots`` counts the starts of its chip."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.loop = asyncio.get_running_loop()
        self.cable = PrinterCable(options.printer)
        self.line = Line(options.seed)
        self.levels = {pin: 1 for pin in BUTTONS.values()} | {LID: 0}
        self.analog = {SUPPLY_ADC: _supply_u16(12.1), TEMPERATURE_ADC: _temperature_u16(27.0)}
        self.lights: dict[str, Any] = {}
        self.boots = 0
        self._port = options.port
        self._master: int | None = None
        self._slave: int | None = None
        self._openings: Openings | None = None
        self._unsent = b""
        self.opened = self.full = False
        self.ticks_ms = 0
        self.dark()

    # ---- what a chip does ------------------------------------------------------------------

    @abc.abstractmethod
    async def power_up(self, cause: Cause = "power") -> None:
        """Start the chip; show the port with ``plug`` when its USB is up."""

    @abc.abstractmethod
    async def power_down(self) -> None:
        """End the chip at once and take the port away (``unplug``)."""

    @abc.abstractmethod
    def receive(self, data: bytes) -> None:
        """Bytes from the host, after the line's faults."""

    @abc.abstractmethod
    def set_level(self, pin: int, level: int) -> None:
        """An input pin's level from now on; also keep it in ``levels`` for the next start."""

    @abc.abstractmethod
    def set_analog(self, pin: int, value: int) -> None:
        """An ADC pin's reading (16 bits) from now on; also keep it in ``analog``."""

    @abc.abstractmethod
    def hang(self, stopped: bool) -> None:
        """Stop the processor (its watchdog runs on), or let it go on."""

    @abc.abstractmethod
    async def wait_ms(self, ms: float) -> None:
        """Return after ``ms`` of the chip's time."""

    async def play(self, pin: int, steps: Sequence[tuple[int, float]]) -> None:
        """Set ``pin`` to each level in turn and hold it for so many ms of the chip's time."""
        for level, ms in steps:
            self.set_level(pin, level)
            await self.wait_ms(ms)

    @abc.abstractmethod
    async def settle(self) -> None:
        """Return when the chip knows what a hand did, and we what it has said by then."""

    def set_flash(self, erase_ms: float, program_ms: float) -> None:
        """How long the flash takes from now on."""
        self.options.erase_ms, self.options.program_ms = erase_ms, program_ms

    def cut_in_flash(self, operations: int) -> None:
        """Power goes within so many erases and programs from now; 0: it does not."""
        raise ValueError("this twin's power is not cut within an operation of its flash")

    def hold_printer(self, holds: bool) -> None:
        """The printer's CTS by hand, whatever room it has."""
        raise ValueError("this twin's printer holds the line by what it takes only")

    def set_opened(self, opened: bool) -> None:
        """A host has opened the port (DTR), or the last one has closed it."""
        self.opened = opened

    def set_full(self, full: bool) -> None:
        """The host has the port open and does not read, and no more fits; or there is room."""
        self.full = full

    def disconnect(self) -> None:
        """Pull the cable; the chip runs on. ``plug`` puts it in again."""
        self.unplug()

    @abc.abstractmethod
    async def watch(self) -> None:
        """What the chip's twin does in the background, until cancelled."""

    # ---- what it shows ---------------------------------------------------------------------

    def dark(self) -> None:
        """All outputs as they are on a chip that has just started."""
        self.lights = {name: False for name in LAMPS.values()} | {"ring": [], "buzzer_hz": 0}

    def show(self, signal: dict[str, Any]) -> None:
        """An output has changed: ``pin`` and ``level``, or ``ring``, or ``tone`` in Hz."""
        if "pin" in signal:
            if signal["pin"] in LAMPS:
                self.lights[LAMPS[signal["pin"]]] = bool(signal["level"])
        elif "ring" in signal:
            self.lights["ring"] = signal["ring"]
        elif "tone" in signal:
            self.lights["buzzer_hz"] = signal["tone"]

    # ---- USB -------------------------------------------------------------------------------

    @property
    def plugged(self) -> bool:
        return self._master is not None

    def plug(self) -> None:
        """Show a new pty at the port's path. We hold its slave open, as a USB host would."""
        if self._master is None:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            self._openings = Openings(os.ttyname(self._slave), self._is_open)
            fresh = self._port.with_name(self._port.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.rename(self._port)
            self.listen(True)

    def unplug(self) -> None:
        if self._master is not None and self._slave is not None and self._openings:
            self._port.unlink(missing_ok=True)
            self.listen(False)
            self.loop.remove_writer(self._master)
            self._openings.close()
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = None
            self._unsent = b""
            self._is_open(False)

    def listen(self, listens: bool) -> None:
        """Take bytes from the host, or let them wait there."""
        if self._master is not None:
            self.loop.remove_reader(self._master)
            if listens:
                self.loop.add_reader(self._master, self._from_host)

    def to_host(self, data: bytes) -> None:
        """Bytes from the chip, through the line's faults. While nobody has the port open the last
        of them wait for who comes; a host that does not read makes the port ``full``.
        """
        if self._master is None:
            return
        self._unsent += self.line.carry(data)
        if self.opened:
            self._send()
        else:
            self._unsent = self._unsent[-TX_BYTES:]

    def _send(self) -> None:
        if self._master is None or not self.opened:
            return
        with contextlib.suppress(OSError):
            while self._unsent:
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]
        self._unsent = self._unsent[: 2 * TX_BYTES]
        if self._unsent:
            self.loop.add_writer(self._master, self._send)
        else:
            self.loop.remove_writer(self._master)
        if self.full != (len(self._unsent) >= TX_BYTES):
            self.set_full(not self.full)

    def _is_open(self, opened: bool) -> None:
        if opened != self.opened:
            self.set_opened(opened)
            if self.full:
                self.set_full(False)
            if opened:
                self.loop.call_later(FIRST_S, self._send)
            else:
                self._unsent = self._unsent[-TX_BYTES:]

    def _from_host(self) -> None:
        assert self._master is not None
        with contextlib.suppress(OSError):
            if data := self.line.carry(os.read(self._master, 4096)):
                self.receive(data)

    # ---- side channel ----------------------------------------------------------------------

    async def handle(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request["op"]
        if op == "press":
            await self._press(
                BUTTONS[request["button"]],
                request.get("ms", PRESSED_MS),
                request.get("bounce", False),
            )
        elif op == "contact":
            self.set_level(BUTTONS[request["button"]], int(not request["closed"]))
        elif op == "lid":
            self.set_level(LID, int(bool(request["open"])))
        elif op == "lights":
            await self.settle()
            return dict(self.lights)
        elif op == "temperature":
            self.set_analog(TEMPERATURE_ADC, _temperature_u16(float(request["celsius"])))
        elif op == "supply":
            self.set_analog(SUPPLY_ADC, _supply_u16(float(request["volts"])))
        elif op == "reset":
            self.ticks_ms = int(request.get("ticks_ms", 0))
            await self.power_down()
            await self.power_up(_cause(request.get("cause", "power")))
        elif op == "power":
            await self.power_down()
            if request["on"]:
                await self.power_up()
        elif op == "type":
            self.receive(request["text"].encode("latin-1"))
        elif op == "flash":
            options = self.options
            self.set_flash(
                float(request.get("erase_ms", options.erase_ms)),
                float(request.get("program_ms", options.program_ms)),
            )
            if "cut" in request:
                self.cut_in_flash(int(request["cut"]))
            await self.settle()
        elif op == "wait":
            await self.wait_ms(float(request["ms"]))
        elif op == "cts":
            self.hold_printer(bool(request["holds"]))
            await self.settle()
        elif op == "state":
            return {"boots": self.boots, "plugged": self.plugged}
        elif op == "fault":
            self._fault(request["kind"], int(request.get("percent", 20)))
        elif op == "heal":
            self.line.heal()
            self.hang(False)
            self.plug()
        else:
            raise ValueError(f"unknown op {op!r}")
        return None

    def _fault(self, kind: str, percent: int) -> None:
        if kind == "silence":
            self.line.silent = True
        elif kind in ("corrupt", "loss", "duplicate"):
            setattr(self.line, kind, percent)
        elif kind == "hang":
            self.hang(True)
        elif kind == "disconnect":
            self.disconnect()
        else:
            raise ValueError(f"the Pico has no fault {kind!r}")

    async def _press(self, pin: int, ms: float, bounce: bool) -> None:
        bounces = [(0, 1.0), (1, 1.0)] * (BOUNCES if bounce else 0)
        await self.play(pin, [*bounces, (0, ms), (1, RELEASED_MS)])


def _cause(name: str) -> Cause:
    for cause in CAUSES:
        if cause == name:
            return cause
    raise ValueError(f"a reset's cause is one of {', '.join(CAUSES)}, not {name!r}")


def _supply_u16(volts: float) -> int:
    """ADC reading behind the 100k/22k divider, 3.3 V full scale."""
    return min(65535, round(volts * 22 / 122 / 3.3 * 65535))


def _temperature_u16(celsius: float) -> int:
    """ADC reading of a TMP36: 500 mV at 0 C, 10 mV/K."""
    return max(0, min(65535, round((0.5 + celsius / 100) / 3.3 * 65535)))


async def _serve(board: PicoBoard) -> None:
    """Until SIGTERM or SIGINT."""
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        board.loop.add_signal_handler(number, done.set)
    await board.power_up()
    server = await control.serve(board.options.control, board.handle)
    duties = [asyncio.create_task(board.watch()), asyncio.create_task(board.cable.keep_connected())]
    await done.wait()
    for duty in duties:
        duty.cancel()
    server.close()
    await board.power_down()


def run(chip: Callable[[Options], PicoBoard], description: str) -> None:
    """The program of a twin: its command line, its flash's folder, its life."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=Path, required=True, help="where the pty appears")
    parser.add_argument("--control", type=Path, required=True, help="socket of the side channel")
    parser.add_argument("--printer", type=Path, help="pty of the printer twin")
    parser.add_argument("--flash", type=Path, help="folder that keeps the flash (default: new)")
    parser.add_argument("--firmware", type=Path, default=ROOT / "firmware")
    parser.add_argument("--program", default="main", help="module of the firmware to run")
    parser.add_argument("--speed", type=float, default=1.0, help="of the UART, times real pace")
    parser.add_argument("--seed", type=int, default=1, help="of the random faults")
    parser.add_argument("--erase-ms", type=float, default=45.0, help="the flash: a sector erased")
    parser.add_argument(
        "--program-ms", type=float, default=0.7, help="the flash: a page programmed"
    )
    options = parser.parse_args(namespace=Options())
    options.port.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pico-") as fresh:
        options.flash = options.flash or Path(fresh)
        options.flash.mkdir(parents=True, exist_ok=True)

        async def live() -> None:
            await _serve(chip(options))

        asyncio.run(live())
