"""Puts the firmware onto a Pico over its raw REPL: the first time, as an update, or as a rescue.

The Pico runs from one of two folders, ``/a`` and ``/b`` (see ``firmware/chooser.py``). The new
files go into the other one, are compared there by their SHA-256, and one rename switches; a Pico
with the files in its root (as before there were folders) or with nothing at all gets its
``/main.py`` by that rename. A cut at any instant leaves the old or the new firmware, whole, and
installing again goes on from there. The watchdog is stopped meanwhile.

An update is on trial until it has answered here: if it does not, the Pico itself goes back.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import random
from collections.abc import Callable
from typing import Protocol

from controller.devices.peripherals.release import HASH_FILE, Release
from controller.devices.peripherals.repl import Line, Repl
from firmware import wire
from ground.config import Line as Said
from ground.config import line
from ground.error import TramError
from ground.text import N_

SLOTS = ("a", "b")
NONE = "-"
PART_BYTES = 384
"""Of a file in one program: its line and what it takes to compile it fit any free memory."""
HELLO_TRIES = 40
HELLO_S = 0.5

_TOOLS = """
import binascii, hashlib, json, machine, os
machine.mem32[0x4005B000] = 1 << 30
def names(folder):
    try:
        return [row[0] for row in os.ilistdir(folder) if row[1] == 0x8000]
    except OSError:
        return []
def digest(path):
    sha = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while part := file.read(256):
                sha.update(part)
    except OSError:
        return ""
    return binascii.hexlify(sha.digest()).decode()
def sound(folder):
    return [[name, digest(folder + "/" + name)] for name in sorted(names(folder))]
def add(text):
    out.write(binascii.a2b_base64(text))
def slot():
    try:
        with open("/slot") as file:
            return file.read()
    except OSError:
        return ""
def remember(text):
    with open("/slot.new", "w") as file:
        file.write(text)
    os.rename("/slot.new", "/slot")
"""
"""The first line of work stops the watchdog (RP2040 datasheet 4.7.6; bits are cleared at this
address): no saving may be cut off, however long this takes."""


class InstallFailed(TramError):
    """The new firmware is not what runs now."""

    DAMAGED = N_(
        "The Pico's flash did not keep what was written to it ({what}). The firmware that it had "
        "is still there. Try again; if the problem persists, change the Pico."
    )
    NOT_STARTED = N_(
        "The new firmware did not answer. A Pico that had one before goes back to it. Pull its "
        "USB cable, put it back and try again; if the problem persists, report it with the log."
    )
    NO_PORT = N_(
        "The Pico's port {port} could not be opened ({what}). Stop the station (systemctl stop "
        "tram), look at the cable and at the names in /dev/serial/by-id, then try again."
    )
    GONE = N_(
        "The Pico disconnected before it was done: its cable came off, or it restarted. The "
        "firmware that it had is still intact. Put the cable back and try again."
    )


class Port(Line, Protocol):
    """A line that can be opened anew after the Pico was reset."""

    def reopen(self) -> None:
        """Wait for the port to come back and open it. OSError when it does not."""
        ...


def install(port: Port, release: Release, tell: Callable[[Said], None]) -> None:
    """Make ``release`` what the Pico runs. Raises InstallFailed, ReplFailed.

    ``tell`` gets a line for people at each step.
    """
    try:
        _install(port, release, tell)
    except OSError:
        raise InstallFailed("gone", InstallFailed.GONE) from None


def _install(port: Port, release: Release, tell: Callable[[Said], None]) -> None:
    repl = Repl(port)
    _open_tools(repl)
    good = _good(repl)
    kept = good or (SLOTS[0] if _started_from(repl, SLOTS[0]) else SLOTS[1])
    fresh = SLOTS[1 - SLOTS.index(kept)]
    tell(
        line(
            N_("writing firmware {firmware} to {slot}"), firmware=release.firmware, slot=f"/{fresh}"
        )
    )
    if good:
        _remember(repl, f"{good} {NONE} 0")  # an older trial is over before its files go
    _write_slot(repl, fresh, release)
    chooser = _write_chooser(repl, release)
    # Each of these is one rename, and what starts between them is whole.
    if good and chooser:
        repl.run('os.rename("/main.py.new", "/main.py")')
    _remember(repl, f"{good} {fresh} 0" if good else f"{fresh} {NONE} 0")
    if chooser and not good:
        repl.run('os.rename("/main.py.new", "/main.py")')
    _sweep(repl, release)
    tell(line(N_("starting it")))
    _restart(repl, port, release)
    if good:
        tell(line(N_("it answers: keeping it")))
        _open_tools(repl)
        _remember(repl, f"{fresh} {NONE} 0")
        _restart(repl, port, release)
    tell(line(N_("the Pico runs firmware {firmware}"), firmware=release.firmware))


def _open_tools(repl: Repl) -> None:
    repl.enter()
    repl.run(_TOOLS)


def _remember(repl: Repl, text: str) -> None:
    """Replace ``/slot``, where it says something else."""
    repl.run(f"if slot() != {text!r}: remember({text!r})")


def _good(repl: Repl) -> str:
    """The folder of the firmware that was kept last; empty when there is none."""
    words = repl.run("print(slot())").split()
    if len(words) == 3 and words[0] in SLOTS and _started_from(repl, words[0]):
        return words[0]
    return ""


def _started_from(repl: Repl, slot: str) -> bool:
    """Whether a firmware lies there, whole or not."""
    return "main.mpy" in json.loads(repl.run(f"print(json.dumps(names('/{slot}')))"))


def _sweep(repl: Repl, release: Release) -> None:
    """Remove the files of a firmware from before there were folders."""
    old = [name.removesuffix(".mpy") + ".py" for name in release.slot if name.endswith(".mpy")]
    old = [name for name in (*old, "chooser.py", HASH_FILE) if name != "main.py"]
    repl.run(f"for name in names('/'):\n if name in {old!r}: os.remove('/' + name)")


def _write_slot(repl: Repl, slot: str, release: Release) -> None:
    repl.run(
        f"for name in names('/{slot}'): os.remove('/{slot}/' + name)\n"
        f"if '{slot}' not in os.listdir('/'): os.mkdir('/{slot}')"
    )
    for name, data in release.slot.items():
        _write(repl, f"/{slot}/{name}", data)
    wanted = sorted([name, hashlib.sha256(data).hexdigest()] for name, data in release.slot.items())
    found = json.loads(repl.run(f"print(json.dumps(sound('/{slot}')))"))
    if found != wanted:
        wrong = [name for name, digest in wanted if [name, digest] not in found]
        raise InstallFailed("damaged", InstallFailed.DAMAGED, what=", ".join(wrong) or f"/{slot}")


def _write_chooser(repl: Repl, release: Release) -> bool:
    """Whether ``/main.py`` has to be replaced by ``/main.py.new``, which is then there."""
    wanted = hashlib.sha256(release.chooser).hexdigest()
    if repl.run('print(digest("/main.py"))').strip() == wanted:
        return False
    _write(repl, "/main.py.new", release.chooser)
    if repl.run('print(digest("/main.py.new"))').strip() != wanted:
        raise InstallFailed("damaged", InstallFailed.DAMAGED, what="main.py")
    return True


def _write(repl: Repl, path: str, data: bytes) -> None:
    """One file, open until it is whole: littlefs copies the last block at each opening."""
    repl.run(f"out = open({path!r}, 'wb')")
    for at in range(0, len(data), PART_BYTES):
        text = binascii.b2a_base64(data[at : at + PART_BYTES], newline=False).decode()
        repl.run(f"add({text!r})")
    repl.run("out.close()")


def _restart(repl: Repl, port: Port, release: Release) -> None:
    """Reset, and wait until the firmware says that it is the one. Raises InstallFailed."""
    repl.reset()
    port.reopen()
    seq = random.SystemRandom().randrange(1, wire.SESSION_MAX)
    lines = wire.Lines()
    for _ in range(HELLO_TRIES):
        try:
            port.write(wire.encode([seq, "hello"]))
            if any(_says(line, seq, release.firmware) for line in lines.feed(port.read(HELLO_S))):
                return
        except OSError:  # it starts once more
            port.reopen()
    raise InstallFailed("no hello", InstallFailed.NOT_STARTED)


def _says(line: bytes, seq: int, firmware: str) -> bool:
    """Whether this is the answer to ``hello`` of that firmware."""
    try:
        message = wire.decode(line)
    except ValueError:
        return False
    return message[:2] == [seq, "ok"] and firmware in message[2:]
