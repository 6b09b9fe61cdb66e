"""What the station asks of the machine's systemd: to watch that it lives, and to shut down.

Both without rights of its own: it writes to the socket and the folder that its unit gives it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from pathlib import Path

log = logging.getLogger(__name__)

WISH = "power-off"
"""File in the unit's folder below /run; provisioning/units/tram-power-off.path waits for it."""


def switch_off() -> bool:
    """Have the machine shut down; False outside the unit. Services end in order: SIGTERM comes."""
    folder = os.environ.get("RUNTIME_DIRECTORY")
    if not folder:
        return False
    try:
        Path(folder, WISH).touch()
    except OSError as error:
        log.error("power off: %s", error.strerror)
        return False
    return True


async def sign_of_life() -> None:
    """For ever, where the unit has WatchdogSec=: a sign twice in that time, as sd_notify(3) and
    sd_watchdog_enabled(3) have it. From the event loop: one that hangs gives none, and systemd
    starts the station again. Returns at once where nobody watches."""
    address, span_us = os.environ.get("NOTIFY_SOCKET"), os.environ.get("WATCHDOG_USEC")
    if (
        not address
        or not span_us
        or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid())
    ):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)
        while True:
            try:
                line.sendto(b"WATCHDOG=1", address.replace("@", "\0", 1))
            except OSError as error:  # systemd is busy or starts again; the next sign counts
                log.warning("watchdog: %s", error.strerror)
            await asyncio.sleep(int(span_us) / 2e6)
