"""Who this Pico is: boot id, hash of the firmware it runs, cause of the last reset."""

import binascii
import hashlib
import os

import machine

SOURCES = (
    "buttons",
    "buzzer",
    "chooser",
    "ending",
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
_WATCHDOG_REASON = 0x40058008
_TIMER = 1
_FORCE = 2
"""Both 0 after a power-up (RP2040 datasheet 4.7.6, register REASON)."""


def boot_id() -> str:
    """Eight hex digits, new at every start."""
    return binascii.hexlify(os.urandom(4)).decode()


def reset_cause() -> str:
    """One of ``wire.CAUSES``. ``machine.reset_cause()`` does not tell a watchdog that timed out
    from
    ``machine.reset()``, which rp2 has the watchdog do (ports/rp2/modmachine.c).
    """
    reason = machine.mem32[_WATCHDOG_REASON]
    if reason & _TIMER:
        return "watchdog"
    return "command" if reason & _FORCE else "power"


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
