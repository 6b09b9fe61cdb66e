"""Who this Pico is: boot id, hash of the firmware it runs, cause of the last reset."""

import binascii
import hashlib
import os

import machine

SOURCES = (
    "buttons",
    "buzzer",
    "events",
    "flash",
    "identity",
    "jobs",
    "lights",
    "link",
    "main",
    "pins",
    "printer",
    "sensors",
    "supervisor",
    "wire",
)


def boot_id() -> str:
    """Eight hex digits, new at every start."""
    return binascii.hexlify(os.urandom(4)).decode()


def reset_cause() -> str:
    return "watchdog" if machine.reset_cause() == machine.WDT_RESET else "power"


def firmware_hash(folder: str) -> str:
    """First 16 hex digits of SHA-256 over name and content of each source file, in name order.

    A Pico flashed with compiled files has no sources: whoever flashed it left the hash of the
    sources in ``firmware.hash``.
    """
    digest = hashlib.sha256()
    try:
        for name in SOURCES:
            digest.update(name.encode() + b"\n")
            with open(folder + name + ".py", "rb") as file:
                digest.update(file.read())
    except OSError:
        try:
            with open(folder + "firmware.hash") as file:
                return str(file.read()).strip()
        except OSError:
            return "unknown"
    return binascii.hexlify(digest.digest()).decode()[:16]
