"""Twin of the Pico: the real firmware on a real MicroPython (unix port), its USB port a pty.

``python -m hw.twins.pico --port PATH --control SOCK --printer PATH``. The firmware's stdin and
stdout are joined to the pty, where faults are injected byte by byte; ``machine`` is replaced by
``micropython/machine.py``, wired to this process, which also plays the watchdog: it ends and
restarts the interpreter when it is not fed. A reset takes the pty away and brings a new one, as
USB does. The printer's UART is joined to the printer twin's pty.

Side channel (see ``control.py``): ``press`` (button, ms, bounce), ``lid`` (open), ``lights``,
``temperature`` (celsius), ``supply`` (volts), ``reset`` (cause power or watchdog), ``state``,
``fault`` (kind silence, corrupt, loss, duplicate, hang, disconnect; percent for the middle three)
and ``heal``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import tty
from pathlib import Path
from typing import Any

from hw.twins import control
from hw.twins.pico_lines import Line, PrinterCable, received

ROOT = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).resolve().parent / "micropython"
BUTTONS = {"ticket": 14, "confirm": 15}
LID = 13
PRESSED_MS = 250
"""As long as people press, and longer than a busy machine keeps the firmware waiting: it looks at
the level behind the interrupt, so a shorter press may be over before it does."""
RELEASED_S = 0.1
"""A finger is off the button this long before the next press; ``press`` returns after it."""
LAMPS = {18: "red", 19: "amber", 20: "green", 21: "blue"}
SUPPLY_ADC = 26
TEMPERATURE_ADC = 27


def find_micropython() -> str:
    """The interpreter: TRAM_MICROPYTHON, else .cache/bin/micropython of the repo, else PATH."""
    cached = ROOT / ".cache" / "bin" / "micropython"
    found = os.environ.get("TRAM_MICROPYTHON") or (
        str(cached) if cached.exists() else shutil.which("micropython")
    )
    if not found:
        raise SystemExit("no MicroPython found: run setup/micropython first")
    return found


class Pico:
    def __init__(self, port: Path, printer: Path | None, flash: Path, options: Options) -> None:
        self._port = port
        self._flash = flash
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._cable = PrinterCable(printer)
        self._line = Line(options.seed)
        self._levels = {pin: 1 for pin in BUTTONS.values()} | {LID: 0}
        self._analog = {SUPPLY_ADC: _supply_u16(12.1), TEMPERATURE_ADC: _temperature_u16(27.0)}
        self._lights: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._stdio: socket.socket | None = None
        self._board: socket.socket | None = None
        self._board_part = b""
        self._master: int | None = None
        self._slave: int | None = None
        self._watchdog_ms: int | None = None
        self._fed = 0.0
        self.boots = 0

    # ---- power and USB ---------------------------------------------------------------------

    def power_up(self, watchdog_reset: bool = False) -> None:
        """Start the interpreter and show the port."""
        board, board_inside = socket.socketpair()
        stdio, stdio_inside = socket.socketpair()
        uart_inside = self._cable.plug()
        state = {
            "levels": self._levels,
            "analog": self._analog,
            "watchdog_reset": watchdog_reset,
            "speed": self._options.speed,
        }
        board.sendall(json.dumps(state).encode() + b"\n")
        self._lights = {name: False for name in LAMPS.values()} | {"ring": [], "buzzer_hz": 0}
        self._process = subprocess.Popen(
            [find_micropython(), str(STAND_INS / "start.py"), self._options.program],
            cwd=self._flash,
            env={
                "MICROPYPATH": f"{STAND_INS}:{self._options.firmware}:.frozen",
                "TWIN_BOARD_FD": str(board_inside.fileno()),
                "TWIN_UART_FD": str(uart_inside),
            },
            stdin=stdio_inside.fileno(),
            stdout=stdio_inside.fileno(),
            pass_fds=(board_inside.fileno(), uart_inside),
        )
        os.close(uart_inside)
        board_inside.close()
        stdio_inside.close()
        board.setblocking(False)
        stdio.setblocking(False)
        self._board, self._stdio, self._board_part = board, stdio, b""
        self._watchdog_ms = None
        self._loop.add_reader(board, self._from_board)
        self._loop.add_reader(stdio, self._from_firmware)
        self.boots += 1
        self.plug()

    def power_down(self) -> None:
        """End the interpreter at once and take the port away."""
        self.unplug()
        for end in (self._board, self._stdio):
            if end:
                self._loop.remove_reader(end)
        if self._process:
            self._process.kill()
            self._process.wait()
        for end in (self._board, self._stdio):
            if end:
                end.close()
        self._board = self._stdio = self._process = None

    def plug(self) -> None:
        """Show a new pty at the port's path. We hold its slave open, as a USB host would."""
        if self._master is None:
            self._master, self._slave = os.openpty()
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            fresh = self._port.with_name(self._port.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(os.ttyname(self._slave))
            fresh.rename(self._port)
            self._loop.add_reader(self._master, self._from_host)

    def unplug(self) -> None:
        if self._master is not None and self._slave is not None:
            self._port.unlink(missing_ok=True)
            self._loop.remove_reader(self._master)
            os.close(self._master)
            os.close(self._slave)
            self._master = self._slave = None

    async def watch(self) -> None:
        """The watchdog and, as on the Pico, a new start when the program ends."""
        while True:
            await asyncio.sleep(0.05)
            hungry = self._watchdog_ms and (self._loop.time() - self._fed) * 1000
            if self._process and self._process.poll() is not None:
                self.power_down()
                self.power_up()
            elif hungry and self._watchdog_ms and hungry > self._watchdog_ms:
                self.power_down()
                self.power_up(watchdog_reset=True)

    # ---- bytes -----------------------------------------------------------------------------

    def _from_host(self) -> None:
        assert self._master is not None
        with contextlib.suppress(OSError):
            data = self._line.carry(os.read(self._master, 4096))
            if data and self._stdio:
                self._stdio.send(data)

    def _from_firmware(self) -> None:
        assert self._stdio
        data = received(self._stdio)
        if data == b"":
            self._loop.remove_reader(self._stdio)
        elif data and self._master is not None:
            with contextlib.suppress(OSError):
                os.write(self._master, self._line.carry(data))

    def _from_board(self) -> None:
        assert self._board
        data = received(self._board)
        if data == b"":
            self._loop.remove_reader(self._board)
        if not data:
            return
        *lines, self._board_part = (self._board_part + data).split(b"\n")
        for line in lines:
            self._signal(json.loads(line))

    def _signal(self, signal: dict[str, Any]) -> None:
        if "pin" in signal:
            self._lights[LAMPS[signal["pin"]]] = bool(signal["level"])
        elif "ring" in signal:
            self._lights["ring"] = signal["ring"]
        elif "tone" in signal:
            self._lights["buzzer_hz"] = signal["tone"]
        elif "watchdog_ms" in signal:
            self._watchdog_ms = signal["watchdog_ms"]
            self._fed = self._loop.time()
        else:
            self._fed = self._loop.time()

    def _set(self, **signal: int) -> None:
        if self._board:
            with contextlib.suppress(OSError):
                self._board.send(json.dumps(signal).encode() + b"\n")

    def _set_level(self, pin: int, level: int) -> None:
        self._levels[pin] = level
        self._set(pin=pin, level=level)

    def _set_analog(self, pin: int, value: int) -> None:
        self._analog[pin] = value
        self._set(pin=pin, analog=value)

    # ---- side channel ----------------------------------------------------------------------

    async def handle(self, request: dict[str, Any]) -> dict[str, Any] | None:
        op = request["op"]
        if op == "press":
            await self._press(
                BUTTONS[request["button"]],
                request.get("ms", PRESSED_MS),
                request.get("bounce", False),
            )
        elif op == "lid":
            self._set_level(LID, int(bool(request["open"])))
        elif op == "lights":
            if self._board:
                self._from_board()  # what the firmware has set by now
            return dict(self._lights)
        elif op == "temperature":
            self._set_analog(TEMPERATURE_ADC, _temperature_u16(float(request["celsius"])))
        elif op == "supply":
            self._set_analog(SUPPLY_ADC, _supply_u16(float(request["volts"])))
        elif op == "reset":
            self.power_down()
            self.power_up(watchdog_reset=request.get("cause", "power") == "watchdog")
        elif op == "state":
            return {"boots": self.boots, "plugged": self._master is not None}
        elif op == "fault":
            self._fault(request["kind"], int(request.get("percent", 20)))
        elif op == "heal":
            self._line.heal()
            if self._process:
                self._process.send_signal(signal.SIGCONT)
            self.plug()
        else:
            raise ValueError(f"unknown op {op!r}")
        return None

    def _fault(self, kind: str, percent: int) -> None:
        if kind == "silence":
            self._line.silent = True
        elif kind in ("corrupt", "loss", "duplicate"):
            setattr(self._line, kind, percent)
        elif kind == "hang" and self._process:
            self._process.send_signal(signal.SIGSTOP)
        elif kind == "disconnect":
            self.unplug()
        else:
            raise ValueError(f"the Pico has no fault {kind!r}")

    async def _press(self, pin: int, duration_ms: int, bounce: bool) -> None:
        for _ in range(4 if bounce else 0):
            self._set_level(pin, 0)
            await asyncio.sleep(0.001)
            self._set_level(pin, 1)
            await asyncio.sleep(0.001)
        self._set_level(pin, 0)
        await asyncio.sleep(duration_ms / 1000)
        self._set_level(pin, 1)
        await asyncio.sleep(RELEASED_S)


class Options(argparse.Namespace):
    port: Path
    control: Path
    printer: Path | None
    flash: Path | None
    firmware: Path
    program: str
    speed: float
    seed: int


def _supply_u16(volts: float) -> int:
    """ADC reading behind the 100k/22k divider, 3.3 V full scale."""
    return min(65535, round(volts * 22 / 122 / 3.3 * 65535))


def _temperature_u16(celsius: float) -> int:
    """ADC reading of a TMP36: 500 mV at 0 C, 10 mV/K."""
    return max(0, min(65535, round((0.5 + celsius / 100) / 3.3 * 65535)))


async def run(options: Options, flash: Path) -> None:
    """Serve until SIGTERM or SIGINT."""
    pico = Pico(options.port, options.printer, flash, options)
    pico.power_up()
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    server = await control.serve(options.control, pico.handle)
    duties = [asyncio.create_task(pico.watch()), asyncio.create_task(pico._cable.keep_connected())]
    await done.wait()
    for duty in duties:
        duty.cancel()
    server.close()
    pico.power_down()


def main() -> None:
    parser = argparse.ArgumentParser(description="Twin of the Pico")
    parser.add_argument("--port", type=Path, required=True, help="where the pty appears")
    parser.add_argument("--control", type=Path, required=True, help="socket of the side channel")
    parser.add_argument("--printer", type=Path, help="pty of the printer twin")
    parser.add_argument("--flash", type=Path, help="folder that plays the flash (default: new)")
    parser.add_argument("--firmware", type=Path, default=ROOT / "firmware")
    parser.add_argument("--program", default="main", help="module of the firmware to run")
    parser.add_argument("--speed", type=float, default=1.0, help="of the UART, times real pace")
    parser.add_argument("--seed", type=int, default=1, help="of the random faults")
    options = parser.parse_args(namespace=Options())
    options.port.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pico-") as fresh:
        flash = options.flash or Path(fresh)
        flash.mkdir(parents=True, exist_ok=True)
        asyncio.run(run(options, flash))


if __name__ == "__main__":
    main()
