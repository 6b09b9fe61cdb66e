"""The region in tests: commands, signed, put into a booth's mailbox by the edge's own code."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.mailbox import Mailbox
from edge.report import orders as o
from edge.uplink.db import EdgeDb

_KEY = Ed25519PrivateKey.generate()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def command(
    no: int,
    order: o.AnyOrder,
    *,
    role: o.Role = o.Role.ADMINISTRATOR,
    issued_at: int | None = None,
    valid_s: float = 600,
) -> o.Command:
    """The region's command number ``no``; its id is ``no`` in hex."""
    issued_at = now_ms() if issued_at is None else issued_at
    return o.Command(
        f"{no:016x}", "TH0417", role, issued_at, issued_at + round(valid_s * 1000), order
    )


class Sender:
    """Gives commands their numbers, from 1."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self.sent: list[o.Command] = []

    def send(
        self, order: o.AnyOrder, *, role: o.Role = o.Role.ADMINISTRATOR, valid_s: float = 600
    ) -> str:
        """The id of the command."""
        made = command(len(self.sent) + 1, order, role=role, valid_s=valid_s)
        assert self._mailbox.put(made, o.sign(made, _KEY), now_ms())
        self.sent.append(made)
        return made.id


@contextmanager
def mailbox(data: Path) -> Iterator[Sender]:
    """The uplink's end of the booth at ``data``, as if the uplink were running."""
    edge = EdgeDb(data / "edge.db")
    try:
        yield Sender(Mailbox(edge.db))
    finally:
        edge.close()
