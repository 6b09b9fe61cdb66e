"""The emulated Pico in simulated time: a chip that a test drives step by step.

>>> with Chip(firmware_files()) as chip:
...     chip.power_on()
...     chip.until(lambda: b"boot" in chip.usb, within_ms=2000)

Nothing happens but while the chip is told to ``advance`` (or a call here waits for something), so
every figure is the chip's own and the same on any machine. Times are ms of simulated time since
the board was made. ``mark`` and ``rewind`` go back to an instant: booting costs seconds of the CPU,
going back milliseconds. What it lacks of a real Pico: the XIP cache (a real one is somewhat
slower), the second core, USB suspend.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import subprocess
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from hw.twins.booth import die_with_parent
from hw.twins.rp2040 import flash, parts

SLICE_MS = 250.0
"""Of simulated time a request: an answer comes within seconds even on a busy machine."""
ANSWER_S = 300.0
"""Of the wall: node that says nothing for so long hangs."""
ANY = ("usb", "usb_up", "uart", "flash", "pin", "ring", "tone", "reset")

Bug = Literal["", "uart-interrupt-dropped", "cts-ignored"]
Peer = Callable[[bytes], bytes]
"""The device at the UART: gets what the chip sent, gives what it answers at once."""


class ChipFailed(Exception):
    """The emulator ended or refused; or the chip did not do within the time what was waited for."""


@dataclass(frozen=True)
class Options:
    """``erase_ms`` a sector of 4 kB, ``program_ms`` a page of 256 bytes: W25Q16JV, typical values
    (limits: 400 and 3). ``uart_speed``: times the baud rate. ``bug``: seeded in the emulator,
    TRAM_RP2040_BUG unless given. ``seed``: of all that is random.
    """

    erase_ms: float = 45.0
    program_ms: float = 0.7
    uart_speed: float = 1.0
    bug: Bug | None = None
    seed: int = 1

    def told(self) -> dict[str, object]:
        bug = os.environ.get("TRAM_RP2040_BUG", "") if self.bug is None else self.bug
        return {
            "eraseMs": self.erase_ms,
            "programMs": self.program_ms,
            "uartSpeed": self.uart_speed,
            "bug": bug,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Mark:
    """An instant to go back to."""

    name: str
    seen: dict[str, Any]


class Chip:
    """``files`` lie in its flash at first. It has no power yet."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        options: Options | None = None,
        *,
        image: Path | None = None,
    ) -> None:
        self.events: list[dict[str, Any]] = []
        """All that happened, as board.mjs tells it, each with its time ``t``."""
        self.now_ms = 0.0
        self.peer: Peer | None = None
        self._names = itertools.count()
        self._read = b""
        self._usb = bytearray()
        self.lamps: dict[int, int] = {}
        self.ring: list[list[int]] = []
        self.tone = 0
        self._node = subprocess.Popen(
            [parts.node(), str(parts.SERVE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=parts.environment(),
            preexec_fn=die_with_parent,
        )
        told = (options or Options()).told()
        self._ask(
            parts.setup(flash.littlefs_of(files), flash.OFFSET, options=told, image_path=image)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._node.kill()
        self._node.communicate()

    # ---- time --------------------------------------------------------------------------------

    def advance(self, ms: float) -> None:
        """Let simulated time pass."""
        self.step(ms)

    def until(self, condition: Callable[[], object], within_ms: float, stops: Any = ANY) -> float:
        """Let time pass until ``condition`` holds, looked at after every event of the kinds
        ``stops``; gives the time that took. ChipFailed when it does not within ``within_ms``.
        """
        began = self.now_ms
        while not condition():
            if self.now_ms >= began + within_ms:
                raise ChipFailed(f"waited in vain for {within_ms} ms of the chip; it said {self}")
            self.step(began + within_ms - self.now_ms, stops)
        return self.now_ms - began

    def mark(self) -> Mark:
        name = str(next(self._names))
        self._ask({"op": "mark", "name": name})
        return Mark(name, {name: copy(getattr(self, name)) for name in self.REMEMBERED})

    def rewind(self, mark: Mark) -> None:
        """Back to ``mark``: chip, flash, what is planned, and all that was seen since."""
        self._ask({"op": "rewind", "name": mark.name})
        self.__dict__.update({name: copy(value) for name, value in mark.seen.items()})

    def forget(self, mark: Mark) -> None:
        """It is not needed any more: its memory is given back."""
        self._ask({"op": "forget", "name": mark.name})

    REMEMBERED: tuple[str, ...] = ("now_ms", "peer", "events", "lamps", "ring", "tone", "_usb")
    """Of this object: what belongs to an instant."""

    def step(self, ms: float, stops: Sequence[str] = ()) -> None:
        """Let at most ``ms`` pass: less when an event of a kind in ``stops`` comes. The peer is
        asked as soon as the UART has sent something (bytes of one ms at the most).
        """
        end_ms = self.now_ms + ms
        told = (*stops, "uart") if self.peer else stops
        while self.now_ms < end_ms:
            before = len(self.events)
            ms = min(SLICE_MS, end_ms - self.now_ms)
            self._ask({"op": "advance", "ms": ms, "stops": list(told)})
            fresh = self.events[before:]
            if self.peer:
                for event in fresh:
                    if "uart" in event and (answer := self.peer(event["uart"])):
                        self.uart_feed(answer)
            if any(kind in event for event in fresh for kind in stops):
                return

    # ---- power and resets --------------------------------------------------------------------

    def power_on(self) -> None:
        self.do({"power": True})

    def skip(self, ms: float) -> None:
        """Days without waiting for them: only the chip's timer, and so its ticks, jumps."""
        self.do({"skip": ms})

    def power_off(self) -> None:
        self.do({"power": False})

    def reset(self) -> None:
        """By the pin RUN, as a technician's bridge to ground does."""
        self.do({"run": True})

    def cut_in_flash_operation(self, n: int, torn: float = 0.5) -> None:
        """Cut the power within the ``n``-th erase or program from now, when ``torn`` of it is
        done; 0: do not.
        """
        self.do({"cut": n, "torn": torn})

    def hang(self, hangs: bool = True) -> None:
        """The core executes nothing more, as in a loop with interrupts off; timers run on."""
        self.do({"stuck": hangs})

    @property
    def on(self) -> bool:
        return bool(self.state()["on"])

    @property
    def resets(self) -> list[str]:
        """What ended each life so far: power, watchdog (it bit), reset (by the program), run."""
        return [event["reset"] for event in self.events if "reset" in event]

    @property
    def flash_operations(self) -> int:
        """Erases and programs since the board was made."""
        return int(self.state()["operations"]["all"])

    def state(self) -> dict[str, Any]:
        """What the harness knows beyond its events: busy_ms, age_ms, operations, uart, gpio."""
        state: dict[str, Any] = self._ask({"op": "state"})["state"]
        return state

    def files(self) -> dict[str, bytes]:
        """What is in its flash now, by path; LittleFSError when that is no file system."""
        return flash.files_in(base64.b64decode(self._ask({"op": "files"})["files"]))

    # ---- hands and wires ---------------------------------------------------------------------

    def do(self, deed: Mapping[str, object], after_ms: float = 0) -> None:
        """What the world does (board.mjs, ``act``), now or later."""
        self._ask({"op": "do", "deed": dict(deed), "after": after_ms})

    def press(self, pin: int, ms: float, *, after_ms: float = 0, bounces: int = 0) -> None:
        """Plan a press of the button at ``pin``; each bounce takes 2 ms before it."""
        for bounce in range(bounces):
            self.do({"pin": pin, "level": parts.PRESSED}, after_ms + 2 * bounce)
            self.do({"pin": pin, "level": parts.RELEASED}, after_ms + 2 * bounce + 1)
        began = after_ms + 2 * bounces
        self.do({"pin": pin, "level": parts.PRESSED}, began)
        self.do({"pin": pin, "level": parts.RELEASED}, began + ms)

    def level(self, pin: int, level: int, after_ms: float = 0) -> None:
        self.do({"pin": pin, "level": level}, after_ms)

    def analog(self, pin: int, value_u16: int) -> None:
        self.do({"pin": pin, "analog": value_u16})

    def uart_feed(self, data: bytes, after_ms: float = 0) -> None:
        """Bytes from the device at the UART, at its pace."""
        self.do({"uart": base64.b64encode(data).decode()}, after_ms)

    def cts(self, holds: bool, after_ms: float = 0) -> None:
        """Whether that device holds the line."""
        self.do({"cts": holds}, after_ms)

    @property
    def printed(self) -> bytes:
        """All that the UART sent."""
        return b"".join(event["uart"] for event in self.events if "uart" in event)

    # ---- the serial port ---------------------------------------------------------------------

    def usb_write(self, data: bytes, after_ms: float = 0) -> None:
        """Bytes from the host. They go nowhere while the port is not there."""
        self.do({"usb": base64.b64encode(data).decode()}, after_ms)

    def usb_reads(self, reads: bool) -> None:
        """Whether the host takes what the chip sends; the port stays open."""
        self.do({"reads": reads})

    def usb_open(self, is_open: bool) -> None:
        """DTR, as opening and closing the port sets it."""
        self.do({"dtr": is_open})

    @property
    def usb(self) -> bytes:
        """All that the chip sent to the host."""
        return bytes(self._usb)

    # ---- node --------------------------------------------------------------------------------

    def _ask(self, request: Mapping[str, object]) -> dict[str, Any]:
        assert self._node.stdin
        try:
            self._node.stdin.write(json.dumps(request).encode() + b"\n")
            self._node.stdin.flush()
        except OSError as error:
            raise ChipFailed(f"the emulator is gone: {error}") from None
        answer: dict[str, Any] = json.loads(self._line())
        if "error" in answer:
            raise ChipFailed(answer["error"])
        for event in answer["events"]:
            self._take(event)
        self.now_ms = answer["now"]
        return answer

    def _line(self) -> bytes:
        assert self._node.stdout
        file = self._node.stdout.fileno()
        while b"\n" not in self._read:
            if not select.select([file], [], [], ANSWER_S)[0]:
                raise ChipFailed(f"the emulator says nothing for {ANSWER_S} s")
            if not (data := os.read(file, 1 << 20)):
                raise ChipFailed(f"the emulator ended with {self._node.wait()}")
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _take(self, event: dict[str, Any]) -> None:
        for kind in ("usb", "uart"):
            if kind in event:
                event[kind] = base64.b64decode(event[kind])
        self.events.append(event)
        if "usb" in event:
            self._usb += event["usb"]
        elif "pin" in event:
            self.lamps[event["pin"]] = event["level"]
        elif "ring" in event:
            self.ring = event["ring"]
        elif "tone" in event:
            self.tone = event["tone"]

    def __str__(self) -> str:
        return f"{self.usb[-200:]!r}, resets {self.resets}, at {self.now_ms:.1f} ms"
