"""Commands of the region: verified, put into the mailbox, and what of them the uplink does itself.

All of them go to the station, which answers in its journal. Two need no station and are done here
at once, station or not: births again, and the logs.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edge.mailbox import Mailbox, verdict
from edge.report.facts import COMMAND
from edge.report.orders import AnyOrder, BadCommand, ReportNow, SendLogs, verify
from edge.sparkplug.payload import Metric
from ground.clock import Clock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

log = logging.getLogger("tram.edge")


class Commands:
    """``key``: the region's Ed25519 public key, 32 bytes; empty: this booth takes no commands."""

    def __init__(self, station: str, key: bytes, mailbox: Mailbox, clock: Clock) -> None:
        self._station = station
        self._key = key
        self._mailbox = mailbox
        self._clock = clock

    def arrived(self, metrics: Sequence[Metric]) -> list[ReportNow | SendLogs]:
        """What of a command message the uplink has to do itself, each command once."""
        orders = []
        for metric in metrics:
            if metric.name == COMMAND and isinstance(metric.value, bytes):
                order = self._take(metric.value)
                if isinstance(order, ReportNow | SendLogs):
                    orders.append(order)
        return orders

    def _take(self, wire: bytes) -> AnyOrder | None:
        if not self._key:
            log.warning("a command came, but the configuration has no uplink.command_key")
            return None
        try:
            command = verify(wire, self._station, _public(self._key))
        except BadCommand as error:
            log.warning("a command was not taken: %s", error)
            return None
        now_ms = self._clock.now_ms()
        try:
            new = self._mailbox.put(command, wire, now_ms)
        except sqlite3.Error as error:
            log.warning("command %s could not be stored: %s", command.id, error)
            return None
        if not new:
            return None
        refused = verdict(command, now_ms if self._clock.trusted() else 0)
        what = type(command.order).__struct_config__.tag
        log.info("command %s: %s%s", command.id, what, f", {refused.value}" if refused else "")
        return None if refused else command.order


def _public(key: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(key)
