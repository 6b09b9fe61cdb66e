"""``/main.py`` on a Pico: starts the firmware that lies in ``/a`` or in ``/b``.

An update is written into the other folder while this one stands (see
``controller/devices/peripherals/installing.py``), and ``/slot`` is replaced by a rename at last: a
power cut at any instant leaves one of them whole. ``/slot`` holds ``GOOD TRIAL TRIES``: a folder on
trial is started ``TRIES_MAX`` times at most, which is written *before* it starts, unless the Pi
makes it the good one meanwhile. This file is never written but by a first installation.

MicroPython looks for ``time`` and its like in every folder of ``sys.path`` before it takes its own,
each time that one is imported (py/builtinimport.c, "extensible" modules): a third of the whole
start. Here they are taken at once and remembered.
"""

import sys

sys.path[:] = [".frozen"]  # where MicroPython's own modules in Python are
import os  # noqa: E402

import machine  # noqa: E402

SLOT = "/slot"
NONE = "-"
BUILT_IN = (
    "asyncio",
    "binascii",
    "deflate",
    "hashlib",
    "io",
    "json",
    "machine",
    "neopixel",
    "os",
    "select",
    "time",
)
TRIES_MAX = 2
TIMEOUT_MS = 8000
AT_PROMPT_MS = 10 * 60 * 1000


_way_back: "machine.Timer | None" = None
"""Held: see ending.py."""


def choose() -> str:
    """The folder to start, "a" or "b". Counts the try of one on trial."""
    try:
        with open(SLOT) as file:
            good, trial, tries = str(file.read()).split()
    except (OSError, ValueError):
        return "a"
    if trial == NONE:
        return good
    if int(tries) >= TRIES_MAX:
        remember(good, NONE, 0)
        return good
    remember(good, trial, int(tries) + 1)
    return trial


def remember(good: str, trial: str, tries: int) -> None:
    with open(SLOT + ".new", "w") as file:
        file.write(f"{good} {trial} {tries}")
    os.rename(SLOT + ".new", SLOT)


def on_trial() -> bool:
    try:
        with open(SLOT) as file:
            return str(file.read()).split()[1] != NONE
    except (OSError, IndexError):
        return False


def run() -> None:
    """Returns only to the prompt: on an interrupt, or when the good firmware cannot be started.

    A hang is the watchdog's to end. The prompt is left after ``AT_PROMPT_MS`` at the latest.
    """
    machine.WDT(timeout=TIMEOUT_MS)
    try:
        for name in BUILT_IN:
            try:
                sys.modules[name] = __import__(name)
            except ImportError:  # an image without it: the firmware says so when it needs it
                pass
        sys.path[:] = ["/" + choose(), ".frozen", ""]
        import main

        main.run()
        return  # it was interrupted, and has seen to everything
    except KeyboardInterrupt:
        pass
    except Exception as error:
        sys.print_exception(error)
        if on_trial():
            machine.reset()
    global _way_back
    machine.mem32[0x4005B000] = 1 << 30  # stops the watchdog: see ending.py
    _way_back = machine.Timer(
        -1,
        mode=machine.Timer.ONE_SHOT,
        period=AT_PROMPT_MS,
        callback=lambda timer: machine.reset(),
    )


if __name__ == "__main__":
    run()
