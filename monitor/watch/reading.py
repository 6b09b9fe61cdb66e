"""The alarm rows that a judge starts with."""

from __future__ import annotations

from sqlalchemy import Connection, select

from monitor.store.schema import alarm
from monitor.watch.alarms import Before, Key
from monitor.watch.rules import Kind


def read_alarms(connection: Connection, since: int) -> list[Before]:
    """Open alarms, and those raised after ``since``, oldest first."""
    rows = connection.execute(
        select(alarm)
        .where(alarm.c.cleared_at.is_(None) | (alarm.c.raised_at >= since))
        .order_by(alarm.c.raised_at, alarm.c.id)
    )
    known = {kind.value for kind in Kind}
    return [
        Before(
            Key(Kind(row.kind), row.station or row.place, row.device),
            row.raised_at,
            row.cleared_at,
            row.held,
        )
        for row in rows
        if row.kind in known
    ]
