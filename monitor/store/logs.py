"""The last logs of each booth: what came as an answer to ``SendLogs``."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from monitor.store.batch import LOGS_KEPT
from monitor.store.schema import log

TEXT_BYTES = 8 << 20
"""More than any booth's log comes to: 64 kB of gzip may be made to unpack to a thousand times."""
_GZIP = 31
"""zlib's window bits for gzip with the largest window."""


@dataclass(frozen=True)
class Log:
    """``at``: when it came, ms UTC."""

    id: int
    at: int


def logs(connection: Connection, code: str) -> list[Log]:
    """Those kept of a booth, newest first."""
    query = select(log.c.id, log.c.at).where(log.c.station == code).order_by(log.c.id.desc())
    return [Log(*row) for row in connection.execute(query)]


def text_of(connection: Connection, code: str, id: int) -> str | None:
    """The log ``id`` of a booth; None: not kept, or no longer. "" when it cannot be read."""
    body = connection.scalar(select(log.c.body).where(log.c.station == code, log.c.id == id))
    return None if body is None else unpacked(bytes(body))


def unpacked(body: bytes) -> str:
    """Text of a gzip, at most ``TEXT_BYTES`` of it; "" when it is none."""
    try:
        return zlib.decompressobj(_GZIP).decompress(body, TEXT_BYTES).decode("utf-8", "replace")
    except zlib.error:
        return ""


def drop_old_logs(connection: Connection, code: str) -> None:
    """Keep the newest ``LOGS_KEPT`` of a booth."""
    mine = log.c.station == code
    newest = select(log.c.id).where(mine).order_by(log.c.id.desc()).offset(LOGS_KEPT).limit(1)
    connection.execute(delete(log).where(mine, log.c.id <= newest.scalar_subquery()))
